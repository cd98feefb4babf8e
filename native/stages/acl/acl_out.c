// The access list of the interface that a packet leaves by.
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "../ip/features.h"
#include "../ip/ip.h"
#include "acl_node.h"

// By a rule that drops, or by none at all.
DROP_NODE(acl_denied_out, "acl-denied-out", DROP_EGRESS);

enum { EDGE_DENIED = FEATURE_OUT_EDGES, EDGE_REJECT, EDGE_POLICED, EDGES };

static void acl_out_some(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n, bool whole)
{
	struct worker *worker = worker_self();
	struct rte_mbuf **packets = (struct rte_mbuf **)objs;
	uint8_t edge[MAX_BURST], verdict[MAX_BURST];

	for (uint16_t from = 0, to; from < n; from = to) {
		uint16_t id = packet_meta(packets[from])->egress_interface;
		enum ip_version version = ip_version_of(ip_header(packets[from]));
		const struct l3_interface *it = dataplane_interface(worker->dataplane, id);
		const struct acl *acl = it != NULL ? it->acl_out[version] : NULL;
		uint8_t next = it != NULL ? feature_next_out(it, version, FEATURE_ACL_OUT) : EDGE_DENIED;

		for (to = from; to < n && packet_meta(packets[to])->egress_interface == id &&
				ip_version_of(ip_header(packets[to])) == version;
		     to++) {
			struct flow_record *record = flow_record_of(worker, packets[to]);

			if (unlikely(record != NULL)) record_stage(record, node->id);
		}
		if (acl != NULL)
			acl_judge(worker, acl, packets + from, verdict + from, to - from, id, true);
		else
			memset(verdict + from, ACL_PASS, to - from);
		for (uint16_t i = from; i < to; i++) {
			edge[i] = likely(verdict[i] == ACL_PASS) ? next
				  : verdict[i] == ACL_DENIED     ? EDGE_DENIED
				  : verdict[i] == ACL_REJECTED   ? EDGE_REJECT
								 : EDGE_POLICED;
			if (unlikely(verdict[i] == ACL_REJECTED))
				icmp_error_about(packets[i], ICMP_CAUSE_PROHIBITED, 0);
		}
	}
	enqueue_runs(graph, node, objs, edge, n, whole);
}

static uint16_t acl_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	for (uint16_t from = 0; from < n; from += MAX_BURST)
		acl_out_some(graph, node, objs + from, RTE_MIN(n - from, MAX_BURST), n <= MAX_BURST);
	return n;
}

static struct rte_node_register acl_out_node = {
	.name = "acl-out",
	.process = acl_out_process,
	.nb_edges = EDGES,
	// Only what comes later is ever next: the places before lead where every packet goes.
	.next_nodes = {[FEATURE_ACL_OUT] = "l3-out",
		       [FEATURE_POLICER_OUT] = "policer-out",
		       [FEATURE_OUT_DONE] = "l3-out",
		       [EDGE_DENIED] = "drop-acl-denied-out",
		       [EDGE_REJECT] = "icmp-error",
		       [EDGE_POLICED] = "drop-policed-out"},
};
RTE_NODE_REGISTER(acl_out_node);
