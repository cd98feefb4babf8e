// Counters: reasons for drops, and exact sums over the workers.
#ifndef SLUICE_MAIN_COUNTERS_H
#define SLUICE_MAIN_COUNTERS_H

#include "stage.h"

// Sum of the workers' slots.
void counters_sum(const struct counters *slots, struct counters *sum);

// Counts received packets by the kind of their destination address. Worker.
static inline void counters_in(struct counters *c, const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);

	c->in_octets += m->pkt_len;
	if (likely((eth->dst_addr.addr_bytes[0] & 1) == 0))
		c->in_unicast++;
	else if (rte_is_broadcast_ether_addr(&eth->dst_addr))
		c->in_broadcast++;
	else
		c->in_multicast++;
}

#endif
