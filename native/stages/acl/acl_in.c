// The access list of the interface that a packet came in by.
#include "../drop/drop_node.h"
#include "../enqueue.h"
#include "../ip/features.h"
#include "../ip/ip.h"
#include "acl_node.h"

// By a rule that drops, or by none at all.
DROP_NODE(acl_denied_in, "acl-denied-in", DROP_INGRESS);

enum { EDGE_DENIED = FEATURE_IN_EDGES, EDGE_REJECT, EDGE_POLICED, EDGES };

static void acl_in_some(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n, bool whole)
{
	struct worker *worker = worker_self();
	struct rte_mbuf **packets = (struct rte_mbuf **)objs;
	uint8_t edge[MAX_BURST], verdict[MAX_BURST];

	for (uint16_t from = 0, to; from < n; from = to) {
		uint16_t id = packet_meta(packets[from])->interface;
		enum ip_version version = ip_version_of(ip_header(packets[from]));
		const struct l3_interface *it = dataplane_interface(worker->dataplane, id);
		const struct acl *acl = it != NULL ? it->acl_in[version] : NULL;
		uint8_t next = it != NULL ? feature_next_in(it, version, FEATURE_ACL_IN) : EDGE_DENIED;

		for (to = from; to < n && packet_meta(packets[to])->interface == id &&
				ip_version_of(ip_header(packets[to])) == version;
		     to++) {
			struct flow_record *record = flow_record_of(worker, packets[to]);

			if (unlikely(record != NULL)) record_stage(record, node->id);
		}
		if (acl != NULL)
			acl_judge(worker, acl, packets + from, verdict + from, to - from, id, false);
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

static uint16_t acl_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	for (uint16_t from = 0; from < n; from += MAX_BURST)
		acl_in_some(graph, node, objs + from, RTE_MIN(n - from, MAX_BURST), n <= MAX_BURST);
	return n;
}

static struct rte_node_register acl_in_node = {
	.name = "acl-in",
	.process = acl_in_process,
	.nb_edges = EDGES,
	// Only what comes later is ever next: the places before lead where every packet goes.
	.next_nodes = {[FEATURE_ACL_IN] = "ip4-lookup",
		       [FEATURE_URPF] = "urpf",
		       [FEATURE_POLICER_IN] = "policer-in",
		       [FEATURE_IN_LOOKUP4] = "ip4-lookup",
		       [FEATURE_IN_LOOKUP6] = "ip6-lookup",
		       [EDGE_DENIED] = "drop-acl-denied-in",
		       [EDGE_REJECT] = "icmp-error",
		       [EDGE_POLICED] = "drop-policed-in"},
};
RTE_NODE_REGISTER(acl_in_node);
