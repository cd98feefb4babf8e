// Node "l2xc": a frame of a cross-connected logical port leaves by the one at the other end. Nothing is learned, and
// group addresses are like any other; what the router must not forward has left at classify.
#include "../../main/stage.h"

#include <rte_graph.h>
#include <rte_graph_worker.h>

enum { EDGE_VLAN_OUT, EDGES };

static uint16_t l2xc_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct dataplane *dp = worker_self()->dataplane;
	uint32_t ingress = 0, egress = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct packet_meta *meta = packet_meta(objs[i]);

		if (unlikely(meta->ingress != ingress)) {
			ingress = meta->ingress;
			egress = dataplane_logical_port(dp, ingress)->cross_connect;
		}
		meta->egress = egress;
	}
	rte_node_next_stream_move(graph, node, EDGE_VLAN_OUT);
	return n;
}

static struct rte_node_register l2xc_node = {
	.name = "l2xc",
	.process = l2xc_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_VLAN_OUT] = "vlan-out"},
};
RTE_NODE_REGISTER(l2xc_node);
