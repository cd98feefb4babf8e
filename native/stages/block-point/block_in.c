// Nodes "block-in" and "drop-block-point": stops what enters by a blocked VLAN.
//
// What the router itself answers has left before: frames to 01-80-C2-00-00-00..0F go from classify to their protocol,
// CFM frames to their MEP (../cfm). Frames of an ethernet segment's PEs to each other leave here, before any block.
// A frame of MRP or CFM that no protocol of ours takes is the customer's, and is stopped like any other.
#include "block_in.h"
#include "../bridge/bridge.h"
#include "../classify/next.h"
#include "../classify/tags.h"
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "block_map.h"
#include "copies.h"

DROP_NODE(block_point, "block-point", DROP_INGRESS);

enum { EDGE_VLAN_IN = BLOCK_IN_EDGES, EDGE_DROP, EDGES };

// What a closed gate does with a frame.
static inline uint8_t stop(const struct worker *worker, const struct gate *gate, const struct rte_mbuf *m,
			   const struct packet_meta *meta)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint16_t vid = meta->vid;

	if (meta->bridge_domain != 0 && !worker_traces(worker))
		gate_saw(gate, fdb_key(frame + RTE_ETHER_ADDR_LEN, (uint16_t)meta->bridge_domain), meta->ingress,
			 bridge_seconds());
	if (gate_redirects(gate, vid) && (frame[0] & 1) == 0) return BLOCK_IN_REDIRECT;
	gate->counters[worker->index].in_dropped[vid]++;
	return EDGE_DROP;
}

static bool is_copy(const struct worker *worker, const struct gate *gate, const struct rte_mbuf *m)
{
	return (rte_pktmbuf_mtod(m, const uint8_t *)[0] & 1) == 0 && copies_second(worker, gate, m, COPY_DIRECT);
}

static inline uint8_t block_in_packet(const struct worker *worker, const struct rte_mbuf *m,
				      const struct packet_meta *meta)
{
	const struct block_map *map = dataplane_port(worker->dataplane, meta->ingress_port)->blocks;
	const struct block_point *point = block_map_get(map, meta->vid);
	const struct gate *gate = block_map_gate(map, meta->vid);
	const struct logical_port *lp;

	if (gate != NULL && unlikely(map->vlans->probes && m->data_len >= TAGS_WINDOW &&
				     is_segment_probe(rte_pktmbuf_mtod(m, const uint8_t *))))
		return BLOCK_IN_PROBE;
	if (point != NULL) {
		point->counters[worker->index].in_dropped++;
		return EDGE_DROP;
	}
	if (gate != NULL && !gate_is_open(gate, meta->vid)) return stop(worker, gate, m, meta);
	if (gate != NULL && unlikely(gate_doubles(gate, meta->vid)) && is_copy(worker, gate, m)) return BLOCK_IN_COPY;
	lp = dataplane_logical_port(worker->dataplane, meta->ingress);
	if (lp->interface != 0) return NEXT_L3;
	if (lp->rewrite == REWRITE_KIND_NONE &&
	    (meta->tags != 0 || !is_tag(read_be16(rte_pktmbuf_mtod(m, const uint8_t *) + 12))))
		return next_service(lp);
	return EDGE_VLAN_IN;
}

// Before the gate is read: it changes while packets are under way.
static void block_in_watch(const struct worker *worker, const struct rte_node *node, struct rte_mbuf *m,
			   struct flow_record *record)
{
	const struct packet_meta *meta = packet_meta(m);

	record_stage(record, node->id);
	record_element(record, FLOW_BLOCK, flow_tag_id(meta->ingress_port, meta->vid));
}

static void block_in_record(const struct worker *worker, struct rte_mbuf *m, uint8_t edge, struct flow_record *record)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct port *port = dataplane_port(worker->dataplane, meta->ingress_port);
	const struct gate *gate = block_map_gate(port->blocks, meta->vid);

	if (edge == EDGE_DROP) block_record(worker, port->blocks, meta->vid, false, record);
	if (edge == BLOCK_IN_REDIRECT) record_refuse(record, "redirected to a peer of the segment");
	if (gate != NULL && gate_doubles(gate, meta->vid)) record_refuse(record, "may come twice");
}

static uint16_t block_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct flow_record *record = flow_record_of(worker, objs[done + i]);

			if (unlikely(record != NULL)) block_in_watch(worker, node, objs[done + i], record);
			edge[i] = block_in_packet(worker, objs[done + i], packet_meta(objs[done + i]));
			if (unlikely(record != NULL)) block_in_record(worker, objs[done + i], edge[i], record);
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register block_in_node = {
	.name = "block-in",
	.process = block_in_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			NEXT_SERVICE_NODES,
			[BLOCK_IN_PROBE] = "drop-block-point",
			[BLOCK_IN_REDIRECT] = "drop-block-point",
			[BLOCK_IN_COPY] = "drop-block-point",
			[EDGE_VLAN_IN] = "vlan-in",
			[EDGE_DROP] = "drop-block-point",
		},
};
RTE_NODE_REGISTER(block_in_node);
