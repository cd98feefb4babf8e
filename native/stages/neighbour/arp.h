// ARP for IPv4 over Ethernet (RFC 826).
//
//   0        2        4   5   6        8            14           18           24
//   | 1      | 0x0800 | 6 | 4 | op     | sender MAC | sender IP  | target MAC | target IP |
#ifndef SLUICE_NEIGHBOUR_ARP_H
#define SLUICE_NEIGHBOUR_ARP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

#define ARP_SIZE 28

enum { ARP_REQUEST = 1, ARP_REPLY = 2 };

struct arp {
	uint16_t operation;
	struct rte_ether_addr sender_mac, target_mac;
	uint8_t sender[4], target[4];
};

// False: shorter, of another kind, an operation other than the two, or a sender that nobody can be: a MAC that is a
// group's, an address that is one (a sender of 0.0.0.0 is a probe, RFC 5227, 2.1.1).
bool arp_parse(const uint8_t *bytes, uint32_t length, struct arp *arp);
void arp_write(const struct arp *arp, uint8_t bytes[ARP_SIZE]);

#endif
