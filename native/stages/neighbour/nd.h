// Neighbor Discovery messages (RFC 4861): what is checked and read of them, and how they are written.
//
//   0      1      2          4                 8                  24
//   | type | code | checksum | flags, reserved | target           | options …     135, 136
//   | type | code | checksum | reserved        | options …                         133
#ifndef SLUICE_NEIGHBOUR_ND_H
#define SLUICE_NEIGHBOUR_ND_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

enum {
	ND_TYPE_ROUTER_SOLICITATION = 133,
	ND_TYPE_ROUTER_ADVERTISEMENT,
	ND_TYPE_NEIGHBOUR_SOLICITATION,
	ND_TYPE_NEIGHBOUR_ADVERTISEMENT,
	ND_TYPE_REDIRECT,
};

#define ND_ROUTER    0x80 // flags of an advertisement
#define ND_SOLICITED 0x40
#define ND_OVERRIDE  0x20

#define IP6_SIZE 40
// IPv6 header, message with target, link-layer address option.
#define ND_SIZE (IP6_SIZE + 24 + 8)

struct nd {
	uint8_t type;
	uint8_t flags;
	uint8_t source[16], destination[16];
	uint8_t target[16]; // solicitation and advertisement of a neighbour
	struct rte_ether_addr mac;
	bool has_mac; // source (target) link-layer address option
};

// Reads a packet from its IPv6 header on, whose ICMPv6 header is `l4` bytes behind. Everything that RFC 4861 asks
// for in 6.1 and 7.1 but the checksum, which was looked at before. Router advertisements and redirects are checked
// like the others and read no further. False: to be dropped.
bool nd_parse(const uint8_t *packet, uint32_t length, uint32_t l4, struct nd *nd);

// Writes a whole IPv6 packet with its checksum, with the option if has_mac. Returns its length.
uint32_t nd_write(const struct nd *nd, uint8_t packet[ND_SIZE]);

// The solicited-node group of an address (RFC 4291, 2.7.1), and the MAC of a group (RFC 2464, 7).
void nd_solicited_group(const uint8_t address[16], uint8_t group[16]);
void nd_group_mac(const uint8_t group[16], struct rte_ether_addr *mac);

#endif
