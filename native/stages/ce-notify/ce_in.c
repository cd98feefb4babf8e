// Node "ce-in": what a CE says by MVRP or E-LMI goes to the control thread, through a bounded ring and within the
// limits of its class of control-plane packets. It comes before block points: a blocked CE has to be heard.
#include <errno.h>
#include <stdlib.h>

#include <rte_ring.h>

#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "ce_in.h"

// More than the control thread takes in.
DROP_NODE(ce_in_limit, "ce-in-limit", DROP_INGRESS);

enum { EDGE_LIMIT, EDGE_POLICED, EDGES };

// Of an MRPDU.
#define LONGEST 1600

_Atomic uint8_t ce_takes[MAX_PORTS];
static struct rte_ring *ring;

static uint16_t ce_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i], *copy;
		bool e_lmi = ce_in_kind(rte_pktmbuf_mtod(m, const uint8_t *)) == CE_IN_E_LMI;

		if (!control_plane_takes(worker, e_lmi ? CONTROL_E_LMI : CONTROL_MRP)) {
			rte_node_enqueue_x1(graph, node, EDGE_POLICED, m);
			continue;
		}
		if (worker_traces(worker)) {
			rte_pktmbuf_free(m);
			continue;
		}
		// Its own buffer: the device's pool may go before it is read.
		copy = rte_pktmbuf_copy(m, worker->packets, 0, RTE_MIN(m->pkt_len, (uint32_t)LONGEST));
		if (copy != NULL) *packet_meta(copy) = *packet_meta(m);
		if (unlikely(copy == NULL || rte_ring_mp_enqueue(ring, copy) != 0)) {
			rte_pktmbuf_free(copy);
			rte_node_enqueue_x1(graph, node, EDGE_LIMIT, m);
			continue;
		}
		rte_pktmbuf_free(m);
		control_wake();
	}
	return n;
}

static struct rte_node_register ce_in_node = {
	.name = "ce-in",
	.process = ce_in_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_LIMIT] = "drop-ce-in-limit", [EDGE_POLICED] = CONTROL_PLANE_DROP},
};
RTE_NODE_REGISTER(ce_in_node);

int ce_in_start(void)
{
	size_t size = RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(CE_IN_WAITING), RTE_CACHE_LINE_SIZE);

	ring = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (ring == NULL) return -ENOMEM;
	return rte_ring_init(ring, "ce-in", CE_IN_WAITING, RING_F_SC_DEQ);
}

struct rte_mbuf *ce_in_next(void)
{
	void *m;

	return ring != NULL && rte_ring_sc_dequeue(ring, &m) == 0 ? m : NULL;
}

void ce_in_stop(void)
{
	for (struct rte_mbuf *m; (m = ce_in_next()) != NULL;)
		rte_pktmbuf_free(m);
	free(ring);
	ring = NULL;
}
