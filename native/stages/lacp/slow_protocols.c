// Node "slow-protocols": what a member of a bundle receives of LACP and Marker (IEEE 802.1AX-2014, annex A) goes to the
// control thread, through a bounded ring.
#include "slow_protocols.h"
#include "../../main/control_ring.h"
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
		struct rte_mbuf *m = objs[i];

		if (unlikely(!worker_traces(worker) && !control_ring_copy(slow_protocols_ring, worker, m, LONGEST)))
			rte_node_enqueue_x1(graph, node, EDGE_LIMIT, m);
		else
			rte_pktmbuf_free(m);
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
