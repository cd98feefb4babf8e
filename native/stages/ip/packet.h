// What the nodes of IP do to packets among themselves.
#ifndef SLUICE_STAGES_IP_PACKET_H
#define SLUICE_STAGES_IP_PACKET_H

#include "../classify/tags.h"
#include "ip.h"

// Once the nodes are there.
void packet_start(void);

// Shares `length` bytes of a packet from `offset` on: indirect buffers, whose pkt_len is that. The packet itself may be
// freed before. NULL: a pool is empty.
struct rte_mbuf *packet_part(const struct worker *worker, struct rte_mbuf *m, uint32_t offset, uint32_t length);

// The Internet checksum (RFC 1071) of a part of a packet, on top of `sum`; 0 if it includes its own.
uint16_t packet_checksum(struct rte_mbuf *m, uint32_t offset, uint32_t length, uint32_t sum);
// The sum of a pseudo header (RFC 768; RFC 8200, 8.1).
uint32_t packet_pseudo_header(const uint8_t *ip, uint8_t protocol, uint32_t length);
// Writes the checksum of an IPv4 header.
void packet_ip4_checksum(uint8_t *ip);

// Gives a node's edge to another node, if that is there. Before the first graph is made.
void node_wire(const char *node, unsigned edge, const char *to);

// Of a stage's start(): edges to nodes that other stages bring.
void icmp_in_start(void);

#endif
