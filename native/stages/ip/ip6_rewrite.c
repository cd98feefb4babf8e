// Node "ip6-rewrite": packets whose adjacency is in their meta, because they waited for it, are fragments, or have
// been answered by a redirect.
#include "rewrite.h"

static uint16_t ip6_rewrite_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return rewrite_process(graph, node, objs, n, IP_V6);
}

static struct rte_node_register ip6_rewrite_node = {
	.name = "ip6-rewrite",
	.process = ip6_rewrite_process,
	.nb_edges = FORWARD_EDGES,
	.next_nodes = {FORWARD_NODES("ip6-fragment")},
};
RTE_NODE_REGISTER(ip6_rewrite_node);
