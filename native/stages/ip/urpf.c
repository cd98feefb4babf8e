// Node "urpf": whether a packet's source is reachable, by the interface that it came in by (strict) or at all (loose),
// RFC 3704, 2.2 and 2.4. Of several next hops each counts. The default route is no answer in loose mode: it would let
// every source pass. The router's own addresses, and routes to nowhere, are nobody's source.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../enqueue.h"
#include "../fib/fib.h"
#include "../flow/record.h"
#include "features.h"
#include "ip.h"
#include "ip6_input.h"

enum { EDGE_DROP = FEATURE_IN_EDGES, EDGES };

static bool reaches(const struct next_hop_set *set, uint16_t interface, enum urpf mode)
{
	for (unsigned i = 0; i <= set->mask; i++) {
		const struct next_hop *hop = &set->hop[i];

		if (hop->kind != NEXT_HOP_ADJACENCY && hop->kind != NEXT_HOP_GLEAN) continue;
		if (mode == URPF_MODE_LOOSE || hop->interface == interface) return true;
		// Sets of one hop may be long, too.
		if (set->hops == 1) return false;
	}
	return false;
}

static bool source_is_good(struct worker *worker, struct rte_mbuf *m, const struct l3_interface *it,
			   enum ip_version version)
{
	struct flow_record *record = flow_record_of(worker, m);
	struct ip_address recorded = {0};
	const struct vrf *vrf = dataplane_vrf(worker->dataplane, it->vrf);
	const struct fib *fib = vrf != NULL ? vrf->fib[version] : NULL;
	const uint8_t *source = ip_header(m) + (version == IP_V4 ? 12 : 8);
	uint32_t address, set = 0;

	if (fib == NULL) return false;
	// Of the link itself, which no route of the VRF speaks of.
	if (version == IP_V6 && ip6_is_link_local(source)) return true;
	if (record != NULL) {
		memcpy(recorded.bytes, source, version == IP_V4 ? 4 : 16);
		record_route(record, it->vrf, version, &recorded);
	}
	if (version == IP_V4) {
		memcpy(&address, source, sizeof(address));
		fib4_lookup(fib, &address, &set, 1);
	} else {
		fib6_lookup(fib, &source, &set, 1);
	}
	if (record != NULL) {
		record_source(record, flow_route_bits(version, fib_decided_bits(fib, version, &recorded)));
		record_element(record, FLOW_NEXT_HOP, set);
	}
	if (it->urpf[version] == URPF_MODE_LOOSE && fib_is_default(fib, version, source)) return false;
	return reaches(next_hop_set_of(set), packet_meta(m)->interface, it->urpf[version]);
}

static uint16_t urpf_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct rte_mbuf *m = objs[done + i];
			const struct l3_interface *it =
				dataplane_interface(worker->dataplane, packet_meta(m)->interface);
			enum ip_version version = ip_version_of(ip_header(m));
			struct flow_record *record = flow_record_of(worker, m);

			if (record != NULL) record_stage(record, node->id);
			edge[i] = likely(source_is_good(worker, m, it, version))
					  ? feature_next_in(it, version, FEATURE_URPF)
					  : EDGE_DROP;
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register urpf_node = {
	.name = "urpf",
	.process = urpf_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			// Replaced by the features' nodes where there are any (ip_stage.c).
			[FEATURE_ACL_IN] = "ip4-lookup",
			[FEATURE_URPF] = "ip4-lookup",
			[FEATURE_POLICER_IN] = "ip4-lookup",
			[FEATURE_IN_LOOKUP4] = "ip4-lookup",
			[FEATURE_IN_LOOKUP6] = "ip6-lookup",
			[EDGE_DROP] = "drop-unicast-rpf",
		},
};
RTE_NODE_REGISTER(urpf_node);
