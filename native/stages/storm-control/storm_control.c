// Node "storm-control": frames that are about to be flooded, from logical ports that limit them.
#include "../../main/stage.h"
#include "../bridge/bridge.h"
#include "../count.h"
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "storm.h"

DROP_NODE(storm_broadcast, "storm-broadcast", DROP_INGRESS);
DROP_NODE(storm_multicast, "storm-multicast", DROP_INGRESS);
DROP_NODE(storm_unknown_unicast, "storm-unknown-unicast", DROP_INGRESS);

// The edges of drops are those of their classes.
enum { EDGE_FLOOD = STORM_CLASSES, EDGES };

static inline enum storm_class class_of(const uint8_t *frame)
{
	if ((frame[0] & 1) == 0) return STORM_UNKNOWN_UNICAST;
	return is_broadcast(frame) ? STORM_BROADCAST : STORM_MULTICAST;
}

static uint16_t storm_control_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	const struct dataplane *dp = worker->dataplane;
	uint8_t edge[MAX_BURST];
	uint64_t now = rte_rdtsc();

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct rte_mbuf *m = objs[done + i];
			const struct logical_port *lp = dataplane_logical_port(dp, packet_meta(m)->ingress);
			struct flow_record *record = flow_record_of(worker_self(), m);
			enum storm_class class = class_of(rte_pktmbuf_mtod(m, const uint8_t *));

			if (unlikely(record != NULL)) record_stage(record, node->id);
			edge[i] = lp == NULL || lp->storm == NULL ||
						  storm_passes(&lp->storm->bucket[class], m->pkt_len, now)
					  ? EDGE_FLOOD
					  : (uint8_t) class;
			// What passes is flooded; who sent it here has left the counting to this node.
			if (edge[i] == EDGE_FLOOD)
				dataplane_bridge_domain(dp, packet_meta(m)->bridge_domain)
					->fdb->counters[worker->index]
					.flooded++;
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register storm_control_node = {
	.name = "storm-control",
	.process = storm_control_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[EDGE_FLOOD] = "bridge-flood",
			[STORM_BROADCAST] = "drop-storm-broadcast",
			[STORM_MULTICAST] = "drop-storm-multicast",
			[STORM_UNKNOWN_UNICAST] = "drop-storm-unknown-unicast",
		},
};
RTE_NODE_REGISTER(storm_control_node);
