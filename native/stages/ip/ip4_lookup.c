// Node "ip4-lookup": the route of a packet, its next hop, and in the same pass the rewrite.
#include "lookup.h"

static uint16_t ip4_lookup_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return lookup_process(graph, node, objs, n, IP_V4);
}

static struct rte_node_register ip4_lookup_node = {
	.name = "ip4-lookup",
	.process = ip4_lookup_process,
	.nb_edges = FORWARD_EDGES,
	.next_nodes = {FORWARD_NODES("ip4-fragment")},
};
RTE_NODE_REGISTER(ip4_lookup_node);
