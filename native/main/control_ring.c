#include "control_ring.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_ring.h>

int control_ring_open(struct rte_ring **ring, const char *name, unsigned waiting)
{
	size_t size = RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(waiting), RTE_CACHE_LINE_SIZE);

	*ring = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (*ring == NULL) return -ENOMEM;
	return rte_ring_init(*ring, name, waiting, RING_F_SC_DEQ);
}

void control_ring_close(struct rte_ring **ring)
{
	for (struct rte_mbuf *m; (m = control_ring_next(*ring)) != NULL;)
		rte_pktmbuf_free(m);
	free(*ring);
	*ring = NULL;
}

bool control_ring_copy(struct rte_ring *ring, const struct worker *worker, struct rte_mbuf *m, uint32_t longest)
{
	// Its own buffer: the device's pool may go before it is read.
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, worker->packets, 0, RTE_MIN(m->pkt_len, longest));

	if (unlikely(copy == NULL)) return false;
	*packet_meta(copy) = *packet_meta(m);
	if (unlikely(rte_ring_mp_enqueue(ring, copy) != 0)) {
		rte_pktmbuf_free(copy);
		return false;
	}
	control_wake();
	return true;
}

struct rte_mbuf *control_ring_next(struct rte_ring *ring)
{
	void *m;

	return ring != NULL && rte_ring_sc_dequeue(ring, &m) == 0 ? m : NULL;
}
