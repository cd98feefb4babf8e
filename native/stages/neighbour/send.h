// Frames of the control thread that leave by an L3 interface, through the node "l3-out": tags, bridge domains and block
// points are looked after there.
#ifndef SLUICE_NEIGHBOUR_SEND_H
#define SLUICE_NEIGHBOUR_SEND_H

#include "../../main/stage.h"
#include "arp.h"
#include "nd.h"

int send_start(void);

// A frame with its L2 header on; *payload is where its `size` bytes go. NULL: no buffer.
struct rte_mbuf *frame_new(const struct l3_interface *interface, const struct rte_ether_addr *destination,
			   const struct rte_ether_addr *source, uint16_t type, uint32_t size, uint8_t **payload);
// Takes it. port_inject_flush() after a batch.
void frame_send(struct rte_mbuf *m);

void send_arp(const struct l3_interface *interface, const struct arp *arp, const struct rte_ether_addr *destination);
// `source`: the MAC that it comes from.
void send_nd(const struct l3_interface *interface, const struct nd *nd, const struct rte_ether_addr *destination,
	     const struct rte_ether_addr *source);

#endif
