// Any message as a VRRP advertisement: the parser stays inside it, and what it accepts is accepted again when written.
#include <stdio.h>
#include <string.h>

#include "../stages/vrrp/packet.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t from[16] = {0xfe, 0x80, [15] = 1}, to[16] = {0xff, 2, [15] = 0x12};
	uint8_t bytes[VRRP_HEADER + 255 * 16];
	struct vrrp_packet packet, again;
	enum ip_version version;
	uint32_t length, length_of_addresses;
	enum vrrp_fault fault;

	if (size < 1) return 0;
	version = data[0] % 2 == 0 ? IP_V4 : IP_V6;
	fault = vrrp_parse(data + 1, (uint32_t)size - 1, version, from, to, &packet);
	if (fault == VRRP_FAULT_LENGTH || fault == VRRP_FAULT_VERSION || fault == VRRP_FAULT_TYPE) return 0;
	length_of_addresses = packet.count * (version == IP_V4 ? 4u : 16u);
	MUST(VRRP_HEADER + length_of_addresses <= size - 1);
	if (packet.count > VRRP_MOST_ADDRESSES) return 0;
	length = vrrp_write(&packet, version, from, to, bytes);
	MUST(vrrp_parse(bytes, length, version, from, to, &again) == VRRP_FINE);
	MUST(again.vrid == packet.vrid && again.priority == packet.priority && again.interval == packet.interval &&
	     again.count == packet.count && memcmp(again.addresses, packet.addresses, length_of_addresses) == 0);
	return 0;
}
