// Node "vlan-in": the tag rewrite of the logical port on the way in. Frames whose logical port
// changes nothing do not come here.
#include "../../main/stage.h"
#include "../classify/next.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "rewrite.h"

enum { EDGE_NO_HEADROOM = NEXT_SERVICES, EDGES };

static uint16_t vlan_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	const struct dataplane *dp = worker->dataplane;
	const struct logical_port *lp = NULL;
	bool pops_one = false;
	struct flow_record *record;
	uint8_t next = NEXT_BRIDGE;
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct rte_mbuf *m = objs[done + i];
			const struct packet_meta *meta = packet_meta(m);

			if (lp == NULL || lp->id != meta->ingress) {
				lp = dataplane_logical_port(dp, meta->ingress);
				pops_one = lp->rewrite == REWRITE_KIND_POP && lp->matches == 1;
				next = next_service(lp);
			}
			if (unlikely((record = flow_record_of(worker, m)) != NULL)) record_stage(record, node->id);
			if (pops_one) {
				tag_pop(m);
				edge[i] = next;
				continue;
			}
			edge[i] = likely(rewrite_in(m, lp, meta->priority) == REWRITE_OK) ? next : EDGE_NO_HEADROOM;
			if (unlikely(record != NULL && edge[i] == EDGE_NO_HEADROOM))
				record_refuse(record, "no headroom");
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register vlan_in_node = {
	.name = "vlan-in",
	.process = vlan_in_process,
	.nb_edges = EDGES,
	.next_nodes = {NEXT_SERVICE_NODES, [EDGE_NO_HEADROOM] = "drop-no-headroom"},
};
RTE_NODE_REGISTER(vlan_in_node);
