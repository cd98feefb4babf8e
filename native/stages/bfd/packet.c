#include "packet.h"

#include <string.h>

#include "sha1.h"

#define VERSION    1
#define HASH       (BFD_HEADER + 8)
#define POLL       0x20
#define FINAL      0x10
#define CONTROL    0x08
#define SECTION    0x04
#define DEMAND     0x02
#define MULTIPOINT 0x01

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put32(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static bool is_sha1(uint8_t type)
{
	return type == BFD_AUTH_KEYED_SHA1 || type == BFD_AUTH_METICULOUS_SHA1;
}

static enum bfd_fault parse_section(const uint8_t *section, uint32_t length, struct bfd_packet *packet)
{
	packet->auth_type = section[0];
	if (section[0] == 0 || section[1] != length) return BFD_FAULT_SECTION;
	if (!is_sha1(section[0])) return BFD_FINE;
	if (length != BFD_SHA1) return BFD_FAULT_SECTION;
	packet->key_id = section[2];
	packet->sequence = get32(section + 4);
	return BFD_FINE;
}

enum bfd_fault bfd_parse(const uint8_t *bytes, uint32_t length, struct bfd_packet *packet)
{
	*packet = (struct bfd_packet){0};
	if (length < BFD_HEADER) return BFD_FAULT_LENGTH;
	packet->diagnostic = bytes[0] & 0x1f;
	packet->state = bytes[1] >> 6;
	packet->poll = (bytes[1] & POLL) != 0;
	packet->final = (bytes[1] & FINAL) != 0;
	packet->control_plane_independent = (bytes[1] & CONTROL) != 0;
	packet->demand = (bytes[1] & DEMAND) != 0;
	packet->detect_mult = bytes[2];
	packet->my_discriminator = get32(bytes + 4);
	packet->your_discriminator = get32(bytes + 8);
	packet->desired_min_tx = get32(bytes + 12);
	packet->required_min_rx = get32(bytes + 16);
	packet->required_min_echo_rx = get32(bytes + 20);
	if (bytes[0] >> 5 != VERSION) return BFD_FAULT_VERSION;
	if (bytes[3] < BFD_HEADER + ((bytes[1] & SECTION) != 0 ? 2u : 0u) || bytes[3] > length) return BFD_FAULT_LENGTH;
	if (bytes[2] == 0 || packet->my_discriminator == 0 || (bytes[1] & MULTIPOINT) != 0) return BFD_FAULT_FIELD;
	if (packet->your_discriminator == 0 && packet->state > BFD_STATE_DOWN) return BFD_FAULT_DISCRIMINATOR;
	if ((bytes[1] & SECTION) == 0) return BFD_FINE;
	return parse_section(bytes + BFD_HEADER, bytes[3] - BFD_HEADER, packet);
}

uint32_t bfd_write(const struct bfd_packet *packet, const uint8_t key[20], uint8_t bytes[BFD_LONGEST])
{
	bool section = is_sha1(packet->auth_type);
	uint32_t length = section ? BFD_LONGEST : BFD_HEADER;
	uint8_t digest[SHA1_SIZE];

	bytes[0] = (uint8_t)(VERSION << 5 | packet->diagnostic);
	bytes[1] = (uint8_t)(packet->state << 6 | (packet->poll ? POLL : 0) | (packet->final ? FINAL : 0) |
			     (packet->control_plane_independent ? CONTROL : 0) | (section ? SECTION : 0) |
			     (packet->demand ? DEMAND : 0));
	bytes[2] = packet->detect_mult;
	bytes[3] = (uint8_t)length;
	put32(bytes + 4, packet->my_discriminator);
	put32(bytes + 8, packet->your_discriminator);
	put32(bytes + 12, packet->desired_min_tx);
	put32(bytes + 16, packet->required_min_rx);
	put32(bytes + 20, packet->required_min_echo_rx);
	if (!section) return length;
	bytes[24] = packet->auth_type;
	bytes[25] = BFD_SHA1;
	bytes[26] = packet->key_id;
	bytes[27] = 0;
	put32(bytes + 28, packet->sequence);
	memcpy(bytes + HASH, key, SHA1_SIZE);
	sha1(bytes, length, digest);
	memcpy(bytes + HASH, digest, SHA1_SIZE);
	return length;
}

bool bfd_digest_is_right(const uint8_t bytes[BFD_LONGEST], const uint8_t key[20])
{
	uint8_t copy[BFD_LONGEST], digest[SHA1_SIZE], difference = 0;

	memcpy(copy, bytes, sizeof(copy));
	memcpy(copy + HASH, key, SHA1_SIZE);
	sha1(copy, sizeof(copy), digest);
	// In the same time wherever they differ.
	for (unsigned i = 0; i < SHA1_SIZE; i++)
		difference |= digest[i] ^ bytes[HASH + i];
	return difference == 0;
}
