// The loop of ip4-rewrite and ip6-rewrite.
#ifndef SLUICE_STAGES_IP_REWRITE_H
#define SLUICE_STAGES_IP_REWRITE_H

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../enqueue.h"
#include "forward.h"

static inline uint16_t rewrite_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
				       enum ip_version version)
{
	struct forward f = {.worker = worker_self(), .version = version};
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		struct rte_mbuf **packets = (struct rte_mbuf **)objs + done;
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct flow_record *record = flow_record_of(f.worker, packets[i]);

			if (unlikely(record != NULL)) record_stage(record, node->id);
			forward_meta_in(&f, packets[i]);
			edge[i] = forward_to(&f, packets[i], ip_header(packets[i]), packet_meta(packets[i])->adjacency);
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	forward_count(&f);
	return n;
}

#endif
