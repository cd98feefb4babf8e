// Node "block-out": stops what would leave by a blocked VLAN. The router's own frames (inject) do not pass here.
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "block_in.h"

// Counted at the port and logical port by which the frame would have left.
DROP_NODE_NAMED(block_point_out, "drop-block-point-out", "block-point", DROP_EGRESS);

enum { EDGE_DROP = BLOCK_OUT_EDGES, EDGES };

static inline uint8_t block_out_packet(const struct worker *worker, const struct rte_mbuf *m,
				       const struct packet_meta *meta)
{
	const struct block_map *map = dataplane_port(worker->dataplane, meta->egress_port)->blocks;
	const struct block_point *point = block_map_get(map, meta->egress_vid);
	const struct gate *gate;

	if (point != NULL) {
		point->counters[worker->index].out_dropped++;
		return EDGE_DROP;
	}
	gate = block_map_gate(map, meta->egress_vid);
	if (gate == NULL || gate_is_open(gate, meta->egress_vid)) return BLOCK_OUT_TX;
	if (gate_redirects(gate, meta->egress_vid) && (rte_pktmbuf_mtod(m, const uint8_t *)[0] & 1) == 0)
		return BLOCK_OUT_REDIRECT;
	gate->counters[worker->index].out_dropped[meta->egress_vid]++;
	return EDGE_DROP;
}

// Before the gate is read: it changes while packets are under way.
static void block_out_watch(const struct rte_node *node, struct rte_mbuf *m, struct flow_record *record)
{
	const struct packet_meta *meta = packet_meta(m);

	record_stage(record, node->id);
	record_element(record, FLOW_BLOCK, flow_tag_id(meta->egress_port, meta->egress_vid));
}

static void block_out_record(const struct worker *worker, struct rte_mbuf *m, uint8_t edge, struct flow_record *record)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct port *port = dataplane_port(worker->dataplane, meta->egress_port);

	if (edge == EDGE_DROP) block_record(worker, port->blocks, meta->egress_vid, true, record);
	if (edge == BLOCK_OUT_REDIRECT) record_refuse(record, "redirected to a peer of the segment");
}

static uint16_t block_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct flow_record *record = flow_record_of(worker, objs[done + i]);

			if (unlikely(record != NULL)) block_out_watch(node, objs[done + i], record);
			edge[i] = block_out_packet(worker, objs[done + i], packet_meta(objs[done + i]));
			if (unlikely(record != NULL)) block_out_record(worker, objs[done + i], edge[i], record);
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register block_out_node = {
	.name = "block-out",
	.process = block_out_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[BLOCK_OUT_TX] = "tx",
			[BLOCK_OUT_REDIRECT] = "drop-block-point-out",
			[EDGE_DROP] = "drop-block-point-out",
		},
};
RTE_NODE_REGISTER(block_out_node);
