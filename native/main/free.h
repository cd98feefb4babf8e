// Freeing a burst. Nearly every packet is one buffer of one pool that nobody else holds: those go back in runs, as they
// stand in the list.
#ifndef SLUICE_MAIN_FREE_H
#define SLUICE_MAIN_FREE_H

#include <rte_mbuf.h>

// One segment, one reference, a buffer of its own: nothing in the mbuf has to be put right for the next user.
static inline bool packet_is_plain(const struct rte_mbuf *m)
{
	return rte_mbuf_refcnt_read(m) == 1 && m->nb_segs == 1 &&
	       (m->ol_flags & (RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL)) == 0;
}

// Frees n packets, whole chains. NULL is not allowed.
static inline void packets_free(struct rte_mbuf **packets, uint16_t n)
{
	uint16_t from = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = packets[i];

		if (likely(packet_is_plain(m) && m->pool == packets[from]->pool)) continue;
		if (i > from) rte_mempool_put_bulk(packets[from]->pool, (void **)(packets + from), i - from);
		from = i;
		if (packet_is_plain(m)) continue;
		rte_pktmbuf_free(m);
		from++;
	}
	if (n > from) rte_mempool_put_bulk(packets[from]->pool, (void **)(packets + from), n - from);
}

#endif
