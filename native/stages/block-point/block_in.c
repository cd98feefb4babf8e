// Nodes "block-in" and "drop-block-point": stops what enters by a blocked VLAN.
//
// What the router itself answers has left before: frames to 01-80-C2-00-00-00..0F go from classify to their protocol,
// CFM frames to their MEP (../cfm). A frame of MRP or CFM that no protocol of ours takes is the customer's, and is
// stopped like any other.
#include "../classify/next.h"
#include "../classify/tags.h"
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "block_map.h"

DROP_NODE(block_point, "block-point", DROP_INGRESS);

enum { EDGE_VLAN_IN = NEXT_SERVICES, EDGE_DROP, EDGES };

static inline uint8_t block_in_packet(const struct worker *worker, const struct rte_mbuf *m,
				      const struct packet_meta *meta)
{
	const struct port *port = dataplane_port(worker->dataplane, meta->ingress_port);
	const struct block_point *point = block_map_get(port->blocks, meta->vid);
	const struct logical_port *lp;

	if (point != NULL) {
		point->counters[worker->index].in_dropped++;
		return EDGE_DROP;
	}
	lp = dataplane_logical_port(worker->dataplane, meta->ingress);
	if (lp->interface != 0) return NEXT_L3;
	if (lp->rewrite == REWRITE_KIND_NONE &&
	    (meta->tags != 0 || !is_tag(read_be16(rte_pktmbuf_mtod(m, const uint8_t *) + 12))))
		return next_service(lp);
	return EDGE_VLAN_IN;
}

static void block_in_record(const struct worker *worker, const struct rte_node *node, struct rte_mbuf *m,
			    struct flow_record *record)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct port *port = dataplane_port(worker->dataplane, meta->ingress_port);
	const struct block_point *point = block_map_get(port->blocks, meta->vid);

	record_stage(record, node->id);
	record_element(record, FLOW_BLOCK, flow_tag_id(port->id, meta->vid));
	if (point == NULL) return;
	record_counter(record, &point->counters[worker->index].in_dropped, NULL, 0);
	record_verdict(record, "blocked by %s", point->name);
	record_object(record, "block-point", point->name, "");
}

static uint16_t block_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct flow_record *record = flow_record_of(worker, objs[done + i]);

			edge[i] = block_in_packet(worker, objs[done + i], packet_meta(objs[done + i]));
			if (unlikely(record != NULL)) block_in_record(worker, node, objs[done + i], record);
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register block_in_node = {
	.name = "block-in",
	.process = block_in_process,
	.nb_edges = EDGES,
	.next_nodes = {NEXT_SERVICE_NODES, [EDGE_VLAN_IN] = "vlan-in", [EDGE_DROP] = "drop-block-point"},
};
RTE_NODE_REGISTER(block_in_node);
