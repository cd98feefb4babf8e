#include "packet.h"

#include <string.h>

#define VERSION       3
#define ADVERTISEMENT 1

static unsigned size_of(enum ip_version version)
{
	return version == IP_V4 ? 4 : 16;
}

static uint32_t sum_of(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	for (uint32_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (length % 2 != 0) sum += (uint32_t)bytes[length - 1] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint32_t pseudo_header(enum ip_version version, const uint8_t *source, const uint8_t *destination,
			      uint32_t length)
{
	return sum_of(source, size_of(version), sum_of(destination, size_of(version), VRRP_PROTOCOL + length));
}

enum vrrp_fault vrrp_parse(const uint8_t *bytes, uint32_t length, enum ip_version version, const uint8_t *source,
			   const uint8_t *destination, struct vrrp_packet *packet)
{
	*packet = (struct vrrp_packet){0};
	if (length < VRRP_HEADER) return VRRP_FAULT_LENGTH;
	packet->vrid = bytes[1];
	packet->priority = bytes[2];
	packet->count = bytes[3];
	packet->interval = (uint16_t)((bytes[4] & 0xf) << 8 | bytes[5]);
	packet->addresses = bytes + VRRP_HEADER;
	if (bytes[0] >> 4 != VERSION) return VRRP_FAULT_VERSION;
	if ((bytes[0] & 0xf) != ADVERTISEMENT) return VRRP_FAULT_TYPE;
	if (length < VRRP_HEADER + packet->count * size_of(version)) return VRRP_FAULT_LENGTH;
	if (fold(sum_of(bytes, length, pseudo_header(version, source, destination, length))) != 0 &&
	    (version == IP_V6 || fold(sum_of(bytes, length, 0)) != 0))
		return VRRP_FAULT_CHECKSUM;
	return VRRP_FINE;
}

uint32_t vrrp_write(const struct vrrp_packet *packet, enum ip_version version, const uint8_t *source,
		    const uint8_t *destination, uint8_t bytes[VRRP_MOST])
{
	uint32_t length = VRRP_HEADER + packet->count * size_of(version);
	uint16_t sum;

	memset(bytes, 0, VRRP_HEADER);
	bytes[0] = VERSION << 4 | ADVERTISEMENT;
	bytes[1] = packet->vrid;
	bytes[2] = packet->priority;
	bytes[3] = packet->count;
	bytes[4] = (uint8_t)(packet->interval >> 8 & 0xf);
	bytes[5] = (uint8_t)packet->interval;
	memcpy(bytes + VRRP_HEADER, packet->addresses, length - VRRP_HEADER);
	sum = fold(sum_of(bytes, length, pseudo_header(version, source, destination, length)));
	bytes[6] = (uint8_t)(sum >> 8);
	bytes[7] = (uint8_t)sum;
	return length;
}
