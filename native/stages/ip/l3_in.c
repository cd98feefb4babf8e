// Node "l3-in": frames of L3 interfaces, from a logical port or a bridge domain. Looks at the L3 header as well: one
// pass over the burst instead of two.
//
// What packets of one interface have in common is looked up once for as long as they follow each other, and counted
// together.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../count.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "../l3/interface.h"
#include "ip4_input.h"
#include "ip6_input.h"

#define AHEAD 4

static void run_count(struct worker *worker, struct l3_run *run)
{
	struct interface_counters *counters;

	if (run->packets == 0) return;
	counters = &run->it->counters[worker->index];
	counters->in_packets += run->packets;
	counters->in_octets += run->octets;
	for (unsigned v = 0; v < IP_VERSIONS; v++) {
		if (run->received[v] == 0) continue;
		IP_COUNT(worker, run->it->vrf, run->it, v, in_receives, run->received[v]);
		run->received[v] = 0;
	}
	run->packets = 0;
	run->octets = 0;
}

// False: there is no interface (any more).
static bool run_enter(struct worker *worker, struct l3_run *run, const struct packet_meta *meta)
{
	const struct dataplane *dp = worker->dataplane;
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, meta->bridge_domain);
	const struct logical_port *lp = dataplane_logical_port(dp, meta->ingress);

	run_count(worker, run);
	run->it = dataplane_interface(dp, bd != NULL ? bd->interface : lp != NULL ? lp->interface : 0);
	if (run->it == NULL) return false;
	run->ingress = meta->ingress;
	run->bridge_domain = meta->bridge_domain;
	run->mac = 0;
	memcpy(&run->mac, &run->it->live->mac, RTE_ETHER_ADDR_LEN);
	// The tags that a bridge domain's logical ports match are gone by now, or belong to its payload.
	run->offset = (uint8_t)(ETHERNET_HEADER + (bd != NULL ? 0 : lp->matches * TAG_SIZE));
	for (unsigned v = 0; v < IP_VERSIONS; v++)
		run->next[v] = !run->it->enabled ? IN_INTERFACE_DISABLED
			       : !run->it->ip[v] ? IN_NOT_ENABLED
						 : feature_first_in(run->it, v);
	return true;
}

// Makes the first `length` bytes contiguous. False: the packet is shorter, or there is no room.
static bool pull(struct rte_mbuf *m, uint32_t length)
{
	struct rte_mbuf *next;

	if (m->pkt_len < length || length - RTE_MIN(length, (uint32_t)m->data_len) > rte_pktmbuf_tailroom(m))
		return false;
	while (m->data_len < length) {
		uint16_t part;

		next = m->next;
		part = (uint16_t)RTE_MIN(length - m->data_len, (uint32_t)next->data_len);
		memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, m->data_len), rte_pktmbuf_mtod(next, uint8_t *), part);
		m->data_len = (uint16_t)(m->data_len + part);
		next->data_off = (uint16_t)(next->data_off + part);
		next->data_len = (uint16_t)(next->data_len - part);
		if (next->data_len != 0) continue;
		m->next = next->next;
		m->nb_segs--;
		rte_pktmbuf_free_seg(next);
	}
	return true;
}

static void count_errors(struct worker *worker, const struct l3_run *run, enum ip_version version, uint8_t edge)
{
	if (edge == IN_HEADER || edge == IN_LENGTH || edge == IN_CHECKSUM)
		IP_COUNT(worker, run->it->vrf, run->it, version, in_header_errors, 1);
	else if (edge == IN_SOURCE || edge == IN_DESTINATION || edge == IN_LINK_LOCAL)
		IP_COUNT(worker, run->it->vrf, run->it, version, in_address_errors, 1);
}

// A frame that is not unicast to the interface's own MAC with its IP header in one piece.
static __rte_noinline uint8_t frame_slow(struct worker *worker, struct l3_run *run, struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct packet_meta *meta = packet_meta(m);
	const struct interface_live *live = run->it->live;
	bool group = (frame[0] & 1) != 0;
	uint8_t usual = run->offset, edge;
	enum ip_version version;
	uint16_t type;

	if (m->data_len < run->offset + TAG_SIZE && !pull(m, run->offset + TAG_SIZE)) return IN_HEADER;
	frame = rte_pktmbuf_mtod(m, const uint8_t *);
	type = read_be16(frame + run->offset - 2);
	// A priority tag (VID 0) on an interface without tags.
	if (run->offset == ETHERNET_HEADER && is_tag(type) && (read_be16(frame + 14) & 0xfff) == 0) {
		run->offset += TAG_SIZE;
		if (m->data_len < run->offset && !pull(m, run->offset)) {
			run->offset = usual;
			return IN_HEADER;
		}
		type = read_be16(rte_pktmbuf_mtod(m, const uint8_t *) + run->offset - 2);
	}
	meta->l3_offset = run->offset;
	version = type == RTE_ETHER_TYPE_IPV6 ? IP_V6 : IP_V4;
	frame = rte_pktmbuf_mtod(m, const uint8_t *);
	if (!group && address_bits(frame) != run->mac &&
	    !(live->has_virtual_routers && interface_is_virtual_router(live, frame))) {
		edge = IN_MAC_NOT_OURS;
	} else if (type == RTE_ETHER_TYPE_ARP) {
		edge = run->next[IP_V4] < FEATURE_IN_EDGES ? IN_ARP : run->next[IP_V4];
	} else if (type != RTE_ETHER_TYPE_IPV4 && type != RTE_ETHER_TYPE_IPV6) {
		edge = IN_ETHERTYPE;
	} else {
		run->received[version]++;
		if (run->next[version] >= FEATURE_IN_EDGES) {
			edge = run->next[version];
		} else if (version == IP_V6) {
			edge = pull(m, run->offset + IP6_HEADER)
				       ? ip6_input(run, m, rte_pktmbuf_mtod_offset(m, uint8_t *, run->offset), group)
				       : IN_HEADER;
		} else {
			uint32_t header = IP4_HEADER;

			// Options in one piece too, as far as that is possible.
			if (pull(m, run->offset + IP4_HEADER))
				header = (rte_pktmbuf_mtod(m, const uint8_t *)[run->offset] & 0xfu) * 4;
			edge = pull(m, run->offset + RTE_MAX(header, (uint32_t)IP4_HEADER))
				       ? ip4_input_slow(run, m, rte_pktmbuf_mtod_offset(m, uint8_t *, run->offset),
							group)
				       : IN_HEADER;
		}
		count_errors(worker, run, version, edge);
	}
	run->offset = usual;
	return edge;
}

static inline uint8_t frame_in(struct worker *worker, struct l3_run *run, struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct packet_meta *meta = packet_meta(m);
	uint16_t type;
	uint8_t edge;

	if (unlikely(run->it == NULL || meta->ingress != run->ingress || meta->bridge_domain != run->bridge_domain) &&
	    !run_enter(worker, run, meta))
		return IN_INTERFACE_DISABLED;
	meta->interface = (uint16_t)run->it->id;
	meta->l3_offset = run->offset;
	run->packets++;
	run->octets += m->pkt_len;
	if (unlikely(address_bits(frame) != run->mac || m->data_len < run->offset + IP4_HEADER))
		return frame_slow(worker, run, m);
	memcpy(&type, frame + run->offset - 2, sizeof(type));
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && likely(run->next[IP_V4] < FEATURE_IN_EDGES)) {
		run->received[IP_V4]++;
		edge = ip4_input(run, m, frame + run->offset);
		if (unlikely(edge >= FEATURE_IN_EDGES)) count_errors(worker, run, IP_V4, edge);
		return edge;
	}
	if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && likely(run->next[IP_V6] < FEATURE_IN_EDGES) &&
	    likely(m->data_len >= run->offset + IP6_HEADER)) {
		run->received[IP_V6]++;
		edge = ip6_input(run, m, frame + run->offset, false);
		if (unlikely(edge >= FEATURE_IN_EDGES)) count_errors(worker, run, IP_V6, edge);
		return edge;
	}
	return frame_slow(worker, run, m);
}

// The interface is told before its MAC and state are read, which is therefore done anew.
static __rte_noinline uint8_t frame_recorded(struct worker *worker, struct rte_node *node, struct l3_run *run,
					     struct rte_mbuf *m, struct flow_record *record)
{
	struct packet_meta *meta = packet_meta(m);
	const struct logical_port *lp = dataplane_logical_port(worker->dataplane, meta->ingress);
	const struct bridge_domain *bd = dataplane_bridge_domain(worker->dataplane, meta->bridge_domain);
	const uint8_t *ip;
	uint8_t edge;

	record_stage(record, node->id);
	record_element(record, FLOW_INTERFACE, bd != NULL ? bd->interface : lp != NULL ? lp->interface : 0);
	if (!run_enter(worker, run, meta)) return IN_INTERFACE_DISABLED;
	edge = frame_in(worker, run, m);
	record_counter_now(record, &run->it->counters[worker->index].in_packets,
			   &run->it->counters[worker->index].in_octets);
	if (edge >= FEATURE_IN_EDGES || m->data_len < meta->l3_offset + IP4_HEADER) {
		record_refuse(record, "not plain IP");
		return edge;
	}
	ip = ip_header(m);
	enum ip_version version = ip_version_of(ip);
	const struct vrf *vrf = dataplane_vrf(worker->dataplane, run->it->vrf);

	if (version == IP_V4 && (read_be16(ip + 6) & 0x3fff) != 0) record_refuse(record, "fragment");
	if (meta->l3_offset != run->offset || (meta->tags == 0 && meta->priority != 0))
		record_refuse(record, "priority tag");
	// The first octet decides whether an address may be there at all; of those that may, link-local has more bits.
	record_source(record, ip4_is_odd(ip[version == IP_V4 ? 12 : 8]) ? version == IP_V4 ? 32 : 128 : 8);
	record_destination(record, 8);
	record_counter(record, &run->it->ip_counters[version][worker->index].in_receives, NULL, 0);
	record_counter(record, &vrf->counters[version][worker->index].in_receives, NULL, 0);
	return edge;
}

static uint16_t l3_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	struct l3_run run = {.it = NULL};
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		struct rte_mbuf **packets = (struct rte_mbuf **)objs + done;
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct flow_record *record = flow_record_of(worker, packets[i]);

			if (i + AHEAD < chunk) rte_prefetch0(rte_pktmbuf_mtod(packets[i + AHEAD], void *));
			edge[i] = likely(record == NULL) ? frame_in(worker, &run, packets[i])
							 : frame_recorded(worker, node, &run, packets[i], record);
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	run_count(worker, &run);
	return n;
}

static struct rte_node_register l3_in_node = {
	.name = "l3-in",
	.process = l3_in_process,
	.nb_edges = IN_EDGES,
	.next_nodes =
		{
			// Replaced by the features' nodes where there are any (ip_stage.c).
			[FEATURE_ACL_IN] = "ip4-lookup",
			[FEATURE_URPF] = "urpf",
			[FEATURE_POLICER_IN] = "ip4-lookup",
			[FEATURE_IN_LOOKUP4] = "ip4-lookup",
			[FEATURE_IN_LOOKUP6] = "ip6-lookup",
			[IN_LOCAL] = "ip-local",
			[IN_OPTIONS] = "ip4-options",
			[IN_ARP] = "drop-unknown-ethertype", // "arp-in"
			[IN_MAC_NOT_OURS] = "drop-mac-not-ours",
			[IN_ETHERTYPE] = "drop-unknown-ethertype",
			[IN_INTERFACE_DISABLED] = "drop-interface-disabled",
			[IN_NOT_ENABLED] = "drop-ip-not-enabled",
			[IN_HEADER] = "drop-ip-header",
			[IN_LENGTH] = "drop-ip-length",
			[IN_CHECKSUM] = "drop-ip-checksum",
			[IN_SOURCE] = "drop-ip-source-martian",
			[IN_DESTINATION] = "drop-ip-destination-martian",
			[IN_LINK_GROUP] = "drop-ip-unicast-in-group-frame",
			[IN_LINK_LOCAL] = "drop-ip-link-local",
		},
};
RTE_NODE_REGISTER(l3_in_node);
