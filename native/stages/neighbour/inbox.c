#include "inbox.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_ring.h>

// Packets: what comes between two rounds of the control loop.
#define SIZE 512

static struct rte_ring *rings[MAX_WORKERS][INBOXES];

static struct rte_ring *ring_new(void)
{
	size_t size = RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(SIZE), RTE_CACHE_LINE_SIZE);
	struct rte_ring *ring = aligned_alloc(RTE_CACHE_LINE_SIZE, size);

	if (ring == NULL) return NULL;
	if (rte_ring_init(ring, "neighbour", SIZE, RING_F_SP_ENQ | RING_F_SC_DEQ) == 0) return ring;
	free(ring);
	return NULL;
}

int inbox_start(void)
{
	for (unsigned w = 0; w < worker_count; w++)
		for (unsigned i = 0; i < INBOXES; i++)
			if ((rings[w][i] = ring_new()) == NULL) return -ENOMEM;
	return 0;
}

void inbox_stop(void)
{
	void *m;

	for (unsigned w = 0; w < MAX_WORKERS; w++)
		for (unsigned i = 0; i < INBOXES; i++) {
			while (rings[w][i] != NULL && rte_ring_dequeue(rings[w][i], &m) == 0)
				rte_pktmbuf_free(m);
			free(rings[w][i]);
			rings[w][i] = NULL;
		}
}

bool inbox_put(const struct worker *worker, enum inbox inbox, struct rte_mbuf *m)
{
	if (worker_traces(worker)) {
		rte_pktmbuf_free(m);
		return true;
	}
	return rte_ring_sp_enqueue(rings[worker->index][inbox], m) == 0;
}

void inbox_empty(enum inbox inbox, void (*take)(struct rte_mbuf *m))
{
	void *packets[64];
	unsigned got;

	// At most one ring full each: what comes meanwhile waits for the next round.
	for (unsigned w = 0; w < worker_count; w++)
		for (unsigned done = 0; done < SIZE; done += got) {
			got = rte_ring_sc_dequeue_burst(rings[w][inbox], packets, RTE_DIM(packets), NULL);
			for (unsigned i = 0; i < got; i++)
				take(packets[i]);
			if (got < RTE_DIM(packets)) break;
		}
}
