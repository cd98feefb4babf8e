// Checks of an IPv6 header as it comes in (RFC 8200, 3; RFC 4291, 2.5 and 2.7).
//
//   0        4        8
//   | 6, class, label | payload len | next | hop limit |
//   | source (16)                                      |
//   | destination (16)                                 |
#ifndef SLUICE_STAGES_IP_IP6_INPUT_H
#define SLUICE_STAGES_IP_IP6_INPUT_H

#include <string.h>

#include "l3_in.h"

#define IP6_HEADER 40

static inline bool ip6_is_link_local(const uint8_t *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

// First octets that need a second look: 0 (unspecified, loopback, mapped), 0xfe (link-local), 0xff (multicast).
static inline bool ip6_is_odd(uint8_t octet)
{
	return (uint8_t)(octet - 1) >= 0xfd;
}

// ::/96: unspecified, loopback and what RFC 4291, 2.5.5.1 has given up; and ::ffff:0:0/96, which is for sockets.
static inline bool ip6_is_martian(const uint8_t *address)
{
	static const uint8_t zeros[12];
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(address, zeros, 12) == 0 || memcmp(address, mapped, 12) == 0;
}

static inline bool ip6_is_unspecified(const uint8_t *address)
{
	static const uint8_t zeros[16];

	return memcmp(address, zeros, 16) == 0;
}

static __rte_noinline uint8_t ip6_odd_addresses(const struct l3_run *run, struct rte_mbuf *m, const uint8_t *ip,
						bool group_frame)
{
	const uint8_t *source = ip + 8, *destination = ip + 24;
	bool group = destination[0] == 0xff;

	if (source[0] == 0xff) return IN_SOURCE;
	// Duplicate address detection comes from ::, and never leaves the link.
	if (ip6_is_martian(source) && !(group && ip6_is_unspecified(source))) return IN_SOURCE;
	if (ip6_is_martian(destination)) return IN_DESTINATION;
	// Scopes 0 (reserved) and 1 (the interface itself) are never on a wire (RFC 4291, 2.7).
	if (group) return (destination[1] & 0xf) <= 1 ? IN_DESTINATION : IN_LOCAL;
	if (group_frame) return IN_LINK_GROUP;
	if (ip6_is_link_local(destination))
		return ip_is_own(run->it, IP_V6, destination) || run->it->live->has_virtual_routers ? IN_LOCAL
												    : IN_LINK_LOCAL;
	return run->next[IP_V6];
}

// The edge of a packet with IP6_HEADER bytes of it in the first segment.
static inline uint8_t ip6_input(const struct l3_run *run, struct rte_mbuf *m, const uint8_t *ip, bool group_frame)
{
	if (unlikely(ip[0] >> 4 != 6)) return IN_HEADER;
	if (unlikely(read_be16(ip + 4) > m->pkt_len - run->offset - IP6_HEADER)) return IN_LENGTH;
	if (unlikely(ip6_is_odd(ip[8]) || ip6_is_odd(ip[24]) || group_frame))
		return ip6_odd_addresses(run, m, ip, group_frame);
	return run->next[IP_V6];
}

#endif
