// Node "slow-protocols": what a member of a bundle receives of LACP and Marker (IEEE 802.1AX-2014, annex A) goes to the
// control thread, through a bounded ring.
#include "slow_protocols.h"
#include "../drop/drop_node.h"

// More than the control thread takes in.
DROP_NODE(slow_protocol_limit, "slow-protocol-limit", DROP_INGRESS);

enum { EDGE_LIMIT, EDGES };

#define LONGEST 128

struct rte_ring *slow_protocols_ring;

static uint16_t slow_protocols_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i], *copy;

		if (worker_traces(worker)) {
			rte_pktmbuf_free(m);
			continue;
		}
		// Its own buffer: the device's pool may go before it is read.
		copy = rte_pktmbuf_copy(m, worker->packets, 0, RTE_MIN(m->pkt_len, (uint32_t)LONGEST));
		if (copy != NULL) *packet_meta(copy) = *packet_meta(m);
		if (unlikely(copy == NULL || rte_ring_mp_enqueue(slow_protocols_ring, copy) != 0)) {
			rte_pktmbuf_free(copy);
			rte_node_enqueue_x1(graph, node, EDGE_LIMIT, m);
			continue;
		}
		rte_pktmbuf_free(m);
		control_wake();
	}
	return n;
}

static struct rte_node_register slow_protocols_node = {
	.name = "slow-protocols",
	.process = slow_protocols_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_LIMIT] = "drop-slow-protocol-limit"},
};
RTE_NODE_REGISTER(slow_protocols_node);
