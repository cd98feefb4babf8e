// Node "block-out": stops what would leave by a blocked VLAN. The router's own frames (inject) do not pass here.
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "block_map.h"

// Counted at the port and logical port by which the frame would have left.
DROP_NODE_NAMED(block_point_out, "drop-block-point-out", "block-point", DROP_EGRESS);

enum { EDGE_TX, EDGE_DROP, EDGES };

static uint16_t block_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			const struct packet_meta *meta = packet_meta(objs[done + i]);
			const struct port *port = dataplane_port(worker->dataplane, meta->egress_port);
			const struct block_point *point = block_map_get(port->blocks, meta->egress_vid);

			edge[i] = point == NULL ? EDGE_TX : EDGE_DROP;
			if (point != NULL) point->counters[worker->index].out_dropped++;
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register block_out_node = {
	.name = "block-out",
	.process = block_out_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_TX] = "tx", [EDGE_DROP] = "drop-block-point-out"},
};
RTE_NODE_REGISTER(block_out_node);
