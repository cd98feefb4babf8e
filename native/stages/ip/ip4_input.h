// Checks of an IPv4 header as it comes in (RFC 1812, 5.2.2 and 5.3.7).
//
//   0        1        2        3
//   | 4 |IHL | TOS    | total length    |
//   | identification  | flags, offset   |
//   | TTL    | proto  | header checksum |
//   | source                            |
//   | destination                       |     RFC 791, 3.1
#ifndef SLUICE_STAGES_IP_IP4_INPUT_H
#define SLUICE_STAGES_IP_IP4_INPUT_H

#include <string.h>

#include <rte_byteorder.h>

#include "l3_in.h"

#define IP4_HEADER 20

// First octets that need a second look: 0, 127, 169 (link-local) and from 224 on.
static inline bool ip4_is_odd(uint8_t octet)
{
	return (uint8_t)(octet - 1) >= 223 || octet == 127 || octet == 169;
}

static inline uint8_t ip4_odd_addresses(const struct l3_run *run, const uint8_t *ip, bool group_frame)
{
	const uint8_t *source = ip + 12, *destination = ip + 16;
	bool broadcast = (destination[0] & destination[1] & destination[2] & destination[3]) == 0xff;
	bool group = broadcast || (destination[0] & 0xf0) == 0xe0;

	// A host that has no address yet asks everybody: DHCP.
	if (source[0] == 0 && !(broadcast && (source[1] | source[2] | source[3]) == 0)) return IN_SOURCE;
	if (source[0] == 127 || source[0] >= 224) return IN_SOURCE;
	if (destination[0] == 0 || destination[0] == 127 || (destination[0] >= 240 && !broadcast))
		return IN_DESTINATION;
	if (group) return IN_LOCAL;
	if (group_frame) return ip_is_broadcast(run->it, destination) ? IN_LOCAL : IN_LINK_GROUP;
	if ((source[0] == 169 && source[1] == 254) || (destination[0] == 169 && destination[1] == 254))
		return ip_is_own(run->it, IP_V4, destination) ? IN_LOCAL : IN_LINK_LOCAL;
	return run->next[IP_V4];
}

// The edge of a header that is not the usual one.
static __rte_noinline uint8_t ip4_input_slow(const struct l3_run *run, const struct rte_mbuf *m, const uint8_t *ip,
					     bool group_frame)
{
	uint32_t room = m->pkt_len - run->offset, header = (ip[0] & 0xfu) * 4, length = read_be16(ip + 2);
	uint8_t edge;

	if (ip[0] >> 4 != 4 || header < IP4_HEADER) return IN_HEADER;
	if (header > room || length < header || length > room) return IN_LENGTH;
	if (run->offset + header > m->data_len) return IN_HEADER;
	if (rte_raw_cksum(ip, header) != 0xffff) return IN_CHECKSUM;
	edge = ip4_odd_addresses(run, ip, group_frame);
	if (header > IP4_HEADER && (edge == run->next[IP_V4] || edge == IN_LOCAL)) return IN_OPTIONS;
	return edge;
}

// The edge of a packet with IP4_HEADER bytes of it in the first segment.
static inline uint8_t ip4_input(const struct l3_run *run, const struct rte_mbuf *m, const uint8_t *ip)
{
	uint32_t word[5], length, sum;
	uint64_t wide;

	memcpy(word, ip, sizeof(word));
	length = rte_be_to_cpu_16((uint16_t)(word[0] >> 16));
	wide = (uint64_t)word[0] + word[1] + word[2] + word[3] + word[4];
	sum = (uint32_t)(wide & 0xffff) + (uint32_t)(wide >> 16 & 0xffff) + (uint32_t)(wide >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	if (unlikely((word[0] & 0xff) != 0x45 || sum != 0xffff ||
		     length - IP4_HEADER > m->pkt_len - run->offset - IP4_HEADER))
		return ip4_input_slow(run, m, ip, false);
	if (unlikely(ip4_is_odd((uint8_t)word[3]) || ip4_is_odd((uint8_t)word[4])))
		return ip4_odd_addresses(run, ip, false);
	return run->next[IP_V4];
}

#endif
