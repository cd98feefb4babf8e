// The policers of the interface that a packet came in by (policer-in), and of the one that it leaves by (policer-out).
#include "../enqueue.h"
#include "../flow/record.h"
#include "../ip/features.h"
#include "../ip/ip.h"
#include "policer.h"

static void record_policer(struct flow_record *record, struct rte_node *node, struct policer *policer,
			   enum drop_direction direction)
{
	record_stage(record, node->id);
	if (policer == NULL) return;
	record_element(record, FLOW_POLICER, policer->id);
	record_meter(record, policer_packet, policer, policer_drop_reason(direction), policer_drop_node(direction));
	record_verdict(record, "policer %s", policer->name);
}

static __rte_always_inline void policer_some(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
					     bool whole, const bool out)
{
	// The last edge: behind those of the features.
	const uint8_t policed = out ? FEATURE_OUT_EDGES : FEATURE_IN_EDGES;
	struct worker *worker = worker_self();
	struct rte_mbuf **packets = (struct rte_mbuf **)objs;
	uint8_t edge[MAX_BURST];
	bool pass[MAX_BURST];

	for (uint16_t from = 0, to; from < n; from = to) {
		uint16_t id = feature_interface(packets[from], out);
		const struct l3_interface *it = dataplane_interface(worker->dataplane, id);
		struct policer *policer = it == NULL ? NULL : out ? it->policer_out : it->policer_in;

		for (to = from; to < n && feature_interface(packets[to], out) == id; to++) {
			struct flow_record *listener = flow_record_of(worker, packets[to]);

			pass[to] = true;
			if (unlikely(listener != NULL))
				record_policer(listener, node, policer, out ? DROP_EGRESS : DROP_INGRESS);
		}
		if (likely(policer != NULL)) policer_burst(worker, policer, packets + from, pass + from, to - from);
		for (uint16_t i = from; i < to; i++) {
			enum ip_version version = ip_version_of(ip_header(packets[i]));

			edge[i] = unlikely(!pass[i] || it == NULL) ? policed
				  : out                            ? feature_next_out(it, version, FEATURE_POLICER_OUT)
								   : feature_next_in(it, version, FEATURE_POLICER_IN);
		}
	}
	enqueue_runs(graph, node, objs, edge, n, whole);
}

static uint16_t policer_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	for (uint16_t from = 0; from < n; from += MAX_BURST)
		policer_some(graph, node, objs + from, RTE_MIN(n - from, MAX_BURST), n <= MAX_BURST, false);
	return n;
}

static uint16_t policer_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	for (uint16_t from = 0; from < n; from += MAX_BURST)
		policer_some(graph, node, objs + from, RTE_MIN(n - from, MAX_BURST), n <= MAX_BURST, true);
	return n;
}

static struct rte_node_register policer_in_node = {
	.name = "policer-in",
	.process = policer_in_process,
	.nb_edges = FEATURE_IN_EDGES + 1,
	// Only what comes later is ever next: the places before lead where every packet goes.
	.next_nodes = {[FEATURE_ACL_IN] = "ip4-lookup",
		       [FEATURE_URPF] = "ip4-lookup",
		       [FEATURE_POLICER_IN] = "ip4-lookup",
		       [FEATURE_IN_LOOKUP4] = "ip4-lookup",
		       [FEATURE_IN_LOOKUP6] = "ip6-lookup",
		       [FEATURE_IN_EDGES] = "drop-policed-in"},
};
RTE_NODE_REGISTER(policer_in_node);

static struct rte_node_register policer_out_node = {
	.name = "policer-out",
	.process = policer_out_process,
	.nb_edges = FEATURE_OUT_EDGES + 1,
	.next_nodes = {[FEATURE_ACL_OUT] = "l3-out",
		       [FEATURE_POLICER_OUT] = "l3-out",
		       [FEATURE_OUT_DONE] = "l3-out",
		       [FEATURE_OUT_EDGES] = "drop-policed-out"},
};
RTE_NODE_REGISTER(policer_out_node);
