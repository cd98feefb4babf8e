// Handing a burst on to the next nodes.
#ifndef SLUICE_STAGES_ENQUEUE_H
#define SLUICE_STAGES_ENQUEUE_H

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../main/dataplane.h"

// Gives packet i of a chunk of at most MAX_BURST to edge[i], in runs. `whole` says that the chunk is all that the node
// got: a burst that goes one way is then moved without copying a pointer.
static inline void enqueue_runs(struct rte_graph *graph, struct rte_node *node, void **objs, const uint8_t *edge,
				uint16_t n, bool whole)
{
	uint16_t from = 0;

	for (uint16_t i = 1; i <= n; i++) {
		if (i < n && edge[i] == edge[from]) continue;
		if (whole && from == 0 && i == n)
			rte_node_next_stream_move(graph, node, edge[0]);
		else
			rte_node_enqueue(graph, node, edge[from], objs + from, i - from);
		from = i;
	}
}

#endif
