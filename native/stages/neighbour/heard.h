// What neighbours say: ARP and Neighbor Discovery on the control thread.
#ifndef SLUICE_NEIGHBOUR_HEARD_H
#define SLUICE_NEIGHBOUR_HEARD_H

#include <rte_mbuf.h>

// Each takes a packet of its node.
void heard_arp(struct rte_mbuf *m);
void heard_nd(struct rte_mbuf *m);

#endif
