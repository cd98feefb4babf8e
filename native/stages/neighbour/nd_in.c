// Node "nd-in": Neighbor Discovery, checked (RFC 4861, 6.1 and 7.1), goes to the control thread. A router does not
// listen to other routers' advertisements, nor to redirects (8.2): those end here.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "../flow/record.h"
#include "inbox.h"
#include "nd.h"

// Against RFC 4861, 6.1, 7.1 or 8.1.
DROP_NODE(nd_malformed, "nd-malformed", DROP_INGRESS);
// Router advertisements of others, redirects.
DROP_NODE(nd_ignored, "nd-ignored", DROP_INGRESS);
// More than the control thread takes.
DROP_NODE(nd_queue_full, "nd-queue-full", DROP_INGRESS);

enum { EDGE_MALFORMED, EDGE_IGNORED, EDGE_POLICED, EDGE_QUEUE_FULL, EDGES };

// What is looked at of a packet: a message longer than that is none of ours.
#define LONGEST 1280

// EDGES: for the control thread.
static uint8_t nd_packet(struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	uint32_t length = m->pkt_len - RTE_MIN(m->pkt_len, (uint32_t)meta->l3_offset);
	uint8_t scratch[LONGEST];
	struct nd nd;

	if (length > LONGEST) return EDGE_MALFORMED;
	if (!nd_parse(rte_pktmbuf_read(m, meta->l3_offset, length, scratch), length, meta->l4_offset * 4u, &nd))
		return EDGE_MALFORMED;
	return nd.type == ND_TYPE_ROUTER_ADVERTISEMENT || nd.type == ND_TYPE_REDIRECT ? EDGE_IGNORED : EDGES;
}

static uint16_t nd_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	bool any = false;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		struct flow_record *record = flow_record_of(worker, m);
		uint8_t edge = nd_packet(m);

		if (unlikely(record != NULL)) {
			record_stage(record, node->id);
			record_refuse(record, "Neighbor Discovery");
			packet_meta(m)->record = 0;
		}
		if (edge == EDGES && !control_plane_takes(worker, CONTROL_ND)) edge = EDGE_POLICED;
		if (edge == EDGES && !inbox_put(worker, INBOX_ND, m)) edge = EDGE_QUEUE_FULL;
		if (edge != EDGES)
			rte_node_enqueue_x1(graph, node, edge, m);
		else
			any = true;
	}
	if (any) control_wake();
	return n;
}

static struct rte_node_register nd_in_node = {
	.name = "nd-in",
	.process = nd_in_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_MALFORMED] = "drop-nd-malformed",
		       [EDGE_IGNORED] = "drop-nd-ignored",
		       [EDGE_POLICED] = CONTROL_PLANE_DROP,
		       [EDGE_QUEUE_FULL] = "drop-nd-queue-full"},
};
RTE_NODE_REGISTER(nd_in_node);
