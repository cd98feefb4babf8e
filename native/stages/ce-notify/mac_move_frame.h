// The frame that moves a MAC at the CE: RARP (RFC 903) with that MAC as its source.
//
//   DA (6) the port's own MAC, SA (6) the MAC that moves, 0, 1 or 2 tags, type 0x8035,
//   hardware type 1, protocol type 0x0800, lengths 6 and 4, operation 3 (request reverse),
//   sender MAC, sender IPv4 0.0.0.0, target MAC, target IPv4 0.0.0.0; zeroes up to 60 bytes
//
// RARP is what virtual machine hosts send when a machine moves: switches know it, learn
// from it and forward it, analysers decode it, and no host answers one that it does not
// get. The destination is an address that the CE has just learned behind this very
// port, so that it forwards the frame nowhere.
#ifndef SLUICE_MAC_MOVE_FRAME_H
#define SLUICE_MAC_MOVE_FRAME_H

#include "../classify/tags.h"

#define MAC_MOVE_FRAME_MAX (60 + 2 * TAG_SIZE)

// Writes the frame that moves `source`; with source equal to `own` it teaches the CE the port's own address. Returns
// the length: 60 bytes and 4 for each tag.
size_t mac_move_frame(uint8_t frame[MAC_MOVE_FRAME_MAX], const struct rte_ether_addr *own,
		      const struct rte_ether_addr *source, const struct vlan_tag *tag, unsigned tags);

#endif
