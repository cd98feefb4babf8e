// Source node "flow-credit": once a walk, what is not the work of a packet. Answers the control thread, lets idle
// entries go.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "flow.h"

static uint16_t flow_credit_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct flow_cache *cache = flow_caches[worker_self()->index];

	RTE_SET_USED(graph);
	RTE_SET_USED(node);
	RTE_SET_USED(objs);
	RTE_SET_USED(n);
	if (likely(cache == NULL)) return 0;
	flow_cache_answer(cache, worker_self()->index);
	flow_cache_tidy(cache);
	return 0;
}

static struct rte_node_register flow_credit_node = {
	.name = "flow-credit",
	.flags = RTE_NODE_SOURCE_F,
	.process = flow_credit_process,
	// The graph asks for one; nothing goes there.
	.nb_edges = 1,
	.next_nodes = {"flow"},
};
RTE_NODE_REGISTER(flow_credit_node);
