// The loop of ip4-lookup and ip6-lookup: addresses of a burst looked up together, then each packet's hop chosen and the
// packet rewritten. Instantiated once a version, so that nothing of it is decided at run time.
#ifndef SLUICE_STAGES_IP_LOOKUP_H
#define SLUICE_STAGES_IP_LOOKUP_H

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../enqueue.h"
#include "flow_hash.h"
#include "forward.h"
#include "ip4_input.h"
#include "ip6_input.h"

#define LOOKUP_STRIDE 64

union lookup_addresses {
	uint32_t v4[LOOKUP_STRIDE];
	const uint8_t *v6[LOOKUP_STRIDE];
};

static inline void lookup_some(const struct fib *fib, enum ip_version version, const union lookup_addresses *addresses,
			       uint32_t *sets, unsigned from, unsigned to)
{
	if (from == to) return;
	if (unlikely(fib == NULL))
		memset(sets + from, 0, (to - from) * sizeof(*sets));
	else if (version == IP_V4)
		fib4_lookup(fib, addresses->v4 + from, sets + from, to - from);
	else
		fib6_lookup(fib, addresses->v6 + from, sets + from, to - from);
}

#define LOOKUP_BEFORE UINT32_MAX

// The route is told before it is looked up, the bits that decided it after that.
static __rte_noinline void lookup_record(struct worker *worker, struct rte_node *node, struct rte_mbuf *m,
					 enum ip_version version, uint32_t set)
{
	struct flow_record *record = flow_record_of(worker, m);
	const uint8_t *destination = ip_header(m) + (version == IP_V4 ? 16 : 24);
	struct ip_address address = {0};

	if (record == NULL) return;
	memcpy(address.bytes, destination, version == IP_V4 ? 4 : 16);
	if (set == LOOKUP_BEFORE) {
		record_stage(record, node->id);
		record_route(record, ip_vrf_of(worker->dataplane, m), version, &address);
	} else {
		const struct vrf *vrf = dataplane_vrf(worker->dataplane, ip_vrf_of(worker->dataplane, m));

		if (vrf != NULL && vrf->fib[version] != NULL)
			record_destination(record, flow_route_bits(version, fib_decided_bits(vrf->fib[version], version,
											     &address)));
		record_element(record, FLOW_NEXT_HOP, set);
	}
}

// The hop of a set with several by the flow's hash, which it then depends on.
static __rte_noinline const struct next_hop *lookup_choose(struct worker *worker, struct rte_mbuf *m, const uint8_t *ip,
							   enum ip_version version, const struct next_hop_set *set)
{
	struct flow_record *record = flow_record_of(worker, m);

	if (record != NULL) {
		record_source(record, version == IP_V4 ? 32 : 128);
		record_destination(record, version == IP_V4 ? 32 : 128);
		record_protocol(record);
		record_ports(record, 0xffff, 0xffff);
	}
	return &set->hop[ip_flow_hash(m, ip) & set->mask];
}

static inline uint8_t lookup_decide(struct forward *f, struct rte_node *node, struct rte_mbuf *m, uint32_t id)
{
	struct packet_meta *meta = packet_meta(m);
	const struct next_hop_set *set;
	const struct next_hop *hop;
	uint8_t *ip = ip_header(m), edge;

	forward_meta_in(f, m);
	if (unlikely(meta->flags & PACKET_ROUTER) && forward_on_link(f, m, ip, &edge)) return edge;
	if (unlikely(meta->record != 0)) lookup_record(f->worker, node, m, f->version, id);
	set = next_hop_set_of(id);
	hop = likely(set->mask == 0) ? set->hop : lookup_choose(f->worker, m, ip, f->version, set);
	if (unlikely(hop->kind != NEXT_HOP_ADJACENCY)) return forward_special(f, m, ip, hop);
	// From a link-local source to somewhere beyond the link (RFC 4291, 2.5.6; RFC 4443, 3.1).
	if (f->version == IP_V6 && unlikely(ip[8] == 0xfe) && ip6_is_link_local(ip + 8) &&
	    hop->interface != meta->interface && (meta->flags & PACKET_ROUTER) == 0) {
		icmp_error_about(m, ICMP_CAUSE_SCOPE, 0);
		return FORWARD_ERROR;
	}
	return forward_to(f, m, ip, hop->adjacency);
}

static inline uint16_t lookup_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
				      enum ip_version version)
{
	struct worker *worker = worker_self();
	const struct dataplane *dp = worker->dataplane;
	struct forward f = {.worker = worker, .version = version};
	union lookup_addresses addresses;
	uint32_t sets[LOOKUP_STRIDE];
	uint8_t edge[LOOKUP_STRIDE];

	for (uint16_t done = 0; done < n; done += LOOKUP_STRIDE) {
		struct rte_mbuf **packets = (struct rte_mbuf **)objs + done;
		uint16_t chunk = RTE_MIN(n - done, LOOKUP_STRIDE), from = 0;
		uint32_t interface = 0;
		const struct fib *fib = NULL;

		for (uint16_t i = 0; i < chunk; i++) {
			const struct packet_meta *meta = packet_meta(packets[i]);
			const uint8_t *destination = ip_header(packets[i]) + (version == IP_V4 ? 16 : 24);

			if (unlikely(meta->interface == 0 || meta->interface != interface)) {
				const struct vrf *vrf = dataplane_vrf(dp, ip_vrf_of(dp, packets[i]));
				const struct fib *its = vrf != NULL ? vrf->fib[version] : NULL;

				if (its != fib) lookup_some(fib, version, &addresses, sets, from, i);
				if (its != fib) from = i;
				fib = its;
				interface = meta->interface;
			}
			if (unlikely(meta->record != 0))
				lookup_record(worker, node, packets[i], version, LOOKUP_BEFORE);
			if (version == IP_V4)
				memcpy(&addresses.v4[i], destination, 4);
			else
				addresses.v6[i] = destination;
		}
		lookup_some(fib, version, &addresses, sets, from, chunk);
		for (uint16_t i = 0; i < chunk; i++)
			rte_prefetch0(next_hop_set_of(sets[i]));
		for (uint16_t i = 0; i < chunk; i++)
			edge[i] = lookup_decide(&f, node, packets[i], sets[i]);
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	forward_count(&f);
	return n;
}

#endif
