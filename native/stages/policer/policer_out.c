// The policer of the interface that a packet leaves by.
#include "../enqueue.h"
#include "../flow/record.h"
#include "../ip/features.h"
#include "../ip/ip.h"
#include "policer.h"

enum { EDGE_POLICED = FEATURE_OUT_EDGES, EDGES };

static void record_policer(struct flow_record *record, struct rte_node *node, struct policer *policer)
{
	record_stage(record, node->id);
	if (policer == NULL) return;
	record_element(record, FLOW_POLICER, policer->id);
	record_meter(record, policer_packet, policer, policer_drop_reason(DROP_EGRESS));
	record_verdict(record, "policer %s", policer->name);
}

static void policer_out_some(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n, bool whole)
{
	struct worker *worker = worker_self();
	struct rte_mbuf **packets = (struct rte_mbuf **)objs;
	uint8_t edge[MAX_BURST];
	bool pass[MAX_BURST];

	for (uint16_t from = 0, to; from < n; from = to) {
		uint16_t id = packet_meta(packets[from])->egress_interface;
		const struct l3_interface *it = dataplane_interface(worker->dataplane, id);
		struct policer *policer = it != NULL ? it->policer_out : NULL;

		for (to = from; to < n && packet_meta(packets[to])->egress_interface == id; to++) {
			struct flow_record *listener = flow_record_of(worker, packets[to]);

			pass[to] = true;
			if (unlikely(listener != NULL)) record_policer(listener, node, policer);
		}
		if (likely(policer != NULL)) policer_burst(worker, policer, packets + from, pass + from, to - from);
		for (uint16_t i = from; i < to; i++)
			edge[i] = likely(pass[i] && it != NULL)
					  ? feature_next_out(it, ip_version_of(ip_header(packets[i])),
							     FEATURE_POLICER_OUT)
					  : EDGE_POLICED;
	}
	enqueue_runs(graph, node, objs, edge, n, whole);
}

static uint16_t policer_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	for (uint16_t from = 0; from < n; from += MAX_BURST)
		policer_out_some(graph, node, objs + from, RTE_MIN(n - from, MAX_BURST), n <= MAX_BURST);
	return n;
}

static struct rte_node_register policer_out_node = {
	.name = "policer-out",
	.process = policer_out_process,
	.nb_edges = EDGES,
	// Only what comes later is ever next: the places before lead where every packet goes.
	.next_nodes = {[FEATURE_ACL_OUT] = "l3-out",
		       [FEATURE_POLICER_OUT] = "l3-out",
		       [FEATURE_OUT_DONE] = "l3-out",
		       [EDGE_POLICED] = "drop-policed-out"},
};
RTE_NODE_REGISTER(policer_out_node);
