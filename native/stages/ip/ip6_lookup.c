// Node "ip6-lookup": the route of a packet, its next hop, and in the same pass the rewrite.
#include "lookup.h"

static uint16_t ip6_lookup_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return lookup_process(graph, node, objs, n, IP_V6);
}

static struct rte_node_register ip6_lookup_node = {
	.name = "ip6-lookup",
	.process = ip6_lookup_process,
	.nb_edges = FORWARD_EDGES,
	.next_nodes = {FORWARD_NODES("ip6-fragment")},
};
RTE_NODE_REGISTER(ip6_lookup_node);
