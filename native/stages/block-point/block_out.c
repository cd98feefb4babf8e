// Node "block-out": stops what would leave by a blocked VLAN. The router's own frames (inject) do not pass here.
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "block_map.h"

// Counted at the port and logical port by which the frame would have left.
DROP_NODE_NAMED(block_point_out, "drop-block-point-out", "block-point", DROP_EGRESS);

enum { EDGE_TX, EDGE_DROP, EDGES };

static void block_out_record(const struct worker *worker, const struct rte_node *node, struct rte_mbuf *m,
			     struct flow_record *record)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct port *port = dataplane_port(worker->dataplane, meta->egress_port);
	const struct block_point *point = block_map_get(port->blocks, meta->egress_vid);

	record_stage(record, node->id);
	record_element(record, FLOW_BLOCK, flow_tag_id(port->id, meta->egress_vid));
	if (point == NULL) return;
	record_counter(record, &point->counters[worker->index].out_dropped, NULL, 0);
	record_verdict(record, "blocked by %s", point->name);
	record_object(record, "block-point", point->name, "");
}

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
			struct flow_record *record;

			edge[i] = point == NULL ? EDGE_TX : EDGE_DROP;
			if (point != NULL) point->counters[worker->index].out_dropped++;
			record = flow_record_of(worker, objs[done + i]);
			if (unlikely(record != NULL)) block_out_record(worker, node, objs[done + i], record);
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
