// A drop is a node: DROP_NODE(block_point, "block-point", DROP_INGRESS) makes the node "drop-block-point", which
// counts what it gets under that reason for the packet's port and logical port, and frees it.
#ifndef SLUICE_STAGES_DROP_NODE_H
#define SLUICE_STAGES_DROP_NODE_H

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../../main/free.h"
#include "../../main/stage.h"
#include "../flow/record.h"

static inline void drop_recorded(struct worker *worker, const struct rte_node *node, uint8_t reason, struct rte_mbuf *m,
				 struct flow_record *record)
{
	uint64_t *counters[3];
	unsigned count = drop_counters(worker, reason, m, counters);

	record_stage(record, node->id);
	for (unsigned i = 0; i < count; i++)
		record_counter(record, counters[i], NULL, 0);
	record_dropped(worker, record, m, reason);
}

static inline void drop_burst(const struct rte_node *node, uint8_t reason, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct flow_record *record = flow_record_of(worker, objs[i]);

		drop_count(worker, reason, objs[i]);
		if (unlikely(record != NULL)) drop_recorded(worker, node, reason, objs[i], record);
	}
	rte_pktmbuf_free_bulk((struct rte_mbuf **)objs, n);
}

#define DROP_NODE(ident, reason, direction) DROP_NODE_NAMED(ident, "drop-" reason, reason, direction)

// The same under a node name of its own: two nodes of one reason, one a direction.
#define DROP_NODE_NAMED(ident, node_name, reason, direction)                                                           \
	static uint8_t drop_reason_##ident;                                                                            \
	RTE_INIT(drop_register_##ident)                                                                                \
	{                                                                                                              \
		drop_reason_##ident = drop_reason_register(reason, direction);                                         \
	}                                                                                                              \
	static uint16_t drop_process_##ident(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)  \
	{                                                                                                              \
		RTE_SET_USED(graph);                                                                                   \
		drop_burst(node, drop_reason_##ident, objs, n);                                                        \
		return n;                                                                                              \
	}                                                                                                              \
	static struct rte_node_register drop_node_##ident = {                                                          \
		.name = node_name, .process = drop_process_##ident, .nb_edges = 0};                                    \
	RTE_NODE_REGISTER(drop_node_##ident)

#endif
