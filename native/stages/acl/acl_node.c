// The access lists of the interface that a packet came in by (acl-in), and of the one that it leaves by (acl-out).
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "../ip/features.h"
#include "../ip/ip.h"
#include "acl_judge.h"

// By a rule that drops, or by none at all.
DROP_NODE(acl_denied_in, "acl-denied-in", DROP_INGRESS);
DROP_NODE(acl_denied_out, "acl-denied-out", DROP_EGRESS);

// Behind the edges of the features.
enum { ACL_EDGE_DENIED, ACL_EDGE_REJECT, ACL_EDGE_POLICED, ACL_EDGES };

static __rte_always_inline void acl_some(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
					 bool whole, const bool out)
{
	const uint8_t own = out ? FEATURE_OUT_EDGES : FEATURE_IN_EDGES;
	struct worker *worker = worker_self();
	struct rte_mbuf **packets = (struct rte_mbuf **)objs;
	uint8_t edge[MAX_BURST], verdict[MAX_BURST];

	for (uint16_t from = 0, to; from < n; from = to) {
		uint16_t id = feature_interface(packets[from], out);
		enum ip_version version = ip_version_of(ip_header(packets[from]));
		const struct l3_interface *it = dataplane_interface(worker->dataplane, id);
		const struct acl *acl = it == NULL ? NULL : out ? it->acl_out[version] : it->acl_in[version];
		uint8_t next = it == NULL ? own + ACL_EDGE_DENIED
			       : out      ? feature_next_out(it, version, FEATURE_ACL_OUT)
					  : feature_next_in(it, version, FEATURE_ACL_IN);

		for (to = from; to < n && feature_interface(packets[to], out) == id &&
				ip_version_of(ip_header(packets[to])) == version;
		     to++) {
			struct flow_record *record = flow_record_of(worker, packets[to]);

			if (unlikely(record != NULL)) record_stage(record, node->id);
		}
		if (acl != NULL)
			acl_judge(worker, acl, packets + from, verdict + from, to - from, id, out);
		else
			memset(verdict + from, ACL_PASS, to - from);
		for (uint16_t i = from; i < to; i++) {
			edge[i] = likely(verdict[i] == ACL_PASS) ? next
				  : verdict[i] == ACL_DENIED     ? own + ACL_EDGE_DENIED
				  : verdict[i] == ACL_REJECTED   ? own + ACL_EDGE_REJECT
								 : own + ACL_EDGE_POLICED;
			if (unlikely(verdict[i] == ACL_REJECTED))
				icmp_error_about(packets[i], ICMP_CAUSE_PROHIBITED, 0);
		}
	}
	enqueue_runs(graph, node, objs, edge, n, whole);
}

static uint16_t acl_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	for (uint16_t from = 0; from < n; from += MAX_BURST)
		acl_some(graph, node, objs + from, RTE_MIN(n - from, MAX_BURST), n <= MAX_BURST, false);
	return n;
}

static uint16_t acl_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	for (uint16_t from = 0; from < n; from += MAX_BURST)
		acl_some(graph, node, objs + from, RTE_MIN(n - from, MAX_BURST), n <= MAX_BURST, true);
	return n;
}

static struct rte_node_register acl_in_node = {
	.name = "acl-in",
	.process = acl_in_process,
	.nb_edges = FEATURE_IN_EDGES + ACL_EDGES,
	// Only what comes later is ever next: the places before lead where every packet goes.
	.next_nodes = {[FEATURE_ACL_IN] = "ip4-lookup",
		       [FEATURE_URPF] = "urpf",
		       [FEATURE_POLICER_IN] = "policer-in",
		       [FEATURE_IN_LOOKUP4] = "ip4-lookup",
		       [FEATURE_IN_LOOKUP6] = "ip6-lookup",
		       [FEATURE_IN_EDGES + ACL_EDGE_DENIED] = "drop-acl-denied-in",
		       [FEATURE_IN_EDGES + ACL_EDGE_REJECT] = "icmp-error",
		       [FEATURE_IN_EDGES + ACL_EDGE_POLICED] = "drop-policed-in"},
};
RTE_NODE_REGISTER(acl_in_node);

static struct rte_node_register acl_out_node = {
	.name = "acl-out",
	.process = acl_out_process,
	.nb_edges = FEATURE_OUT_EDGES + ACL_EDGES,
	.next_nodes = {[FEATURE_ACL_OUT] = "l3-out",
		       [FEATURE_POLICER_OUT] = "policer-out",
		       [FEATURE_OUT_DONE] = "l3-out",
		       [FEATURE_OUT_EDGES + ACL_EDGE_DENIED] = "drop-acl-denied-out",
		       [FEATURE_OUT_EDGES + ACL_EDGE_REJECT] = "icmp-error",
		       [FEATURE_OUT_EDGES + ACL_EDGE_POLICED] = "drop-policed-out"},
};
RTE_NODE_REGISTER(acl_out_node);
