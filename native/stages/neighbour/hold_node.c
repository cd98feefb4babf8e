// Node "neighbour-hold": packets whose neighbour is not known go to the control thread, which keeps them, asks, and
// sends them on.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "../flow/record.h"
#include "inbox.h"

// More packets wait for neighbours than may wait: the control thread is behind, or a scan fills the queues.
DROP_NODE(neighbour_queue_full, "neighbour-queue-full", DROP_INGRESS);

enum { EDGE_POLICED, EDGE_QUEUE_FULL, EDGES };

static uint16_t hold_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		struct flow_record *record = flow_record_of(worker, m);

		if (unlikely(record != NULL)) {
			record_stage(record, node->id);
			record_refuse(record, "waits for its neighbour");
			// It comes back in another walk.
			packet_meta(m)->record = 0;
		}
		if (unlikely(!control_plane_takes(worker, CONTROL_GLEAN)))
			rte_node_enqueue_x1(graph, node, EDGE_POLICED, m);
		else if (unlikely(!inbox_put(worker, INBOX_HOLD, m)))
			rte_node_enqueue_x1(graph, node, EDGE_QUEUE_FULL, m);
	}
	control_wake();
	return n;
}

static struct rte_node_register hold_node = {
	.name = "neighbour-hold",
	.process = hold_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_POLICED] = CONTROL_PLANE_DROP, [EDGE_QUEUE_FULL] = "drop-neighbour-queue-full"},
};
RTE_NODE_REGISTER(hold_node);
