// Node "ip-local": packets for the router itself, or for a group: reassembled, and given to who listens.
#include <netinet/in.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../enqueue.h"
#include "../flow/record.h"
#include "ip4_input.h"
#include "ip6_headers.h"
#include "ip6_input.h"
#include "listen.h"

struct delivery {
	enum ip_version version;
	uint8_t protocol;
	unsigned l4;    // offset from the IP header
	unsigned place; // of the byte that named the protocol
	bool group;
};

static uint8_t error_about(struct rte_mbuf *m, enum icmp_cause cause, uint32_t detail)
{
	icmp_error_about(m, cause, detail);
	return LOCAL_ERROR;
}

static bool to_group(const struct l3_interface *it, const uint8_t *ip)
{
	if (ip[0] >> 4 == 6) return ip[24] == 0xff;
	return ip[16] >= 224 || (it != NULL && ip_is_broadcast(it, ip + 16));
}

// Groups of the router: all nodes, all routers, the solicited nodes of its addresses (RFC 4291, 2.8). Others are a
// listener's.
static bool own_group(const struct l3_interface *it, const uint8_t *ip)
{
	static const uint8_t nodes[16] = {0xff, 2, [15] = 1}, routers[16] = {0xff, 2, [15] = 2};
	static const uint8_t solicited[13] = {0xff, 2, [11] = 1, [12] = 0xff};
	const uint8_t *destination = ip + 24;

	if (ip[0] >> 4 == 4)
		return ip[16] >= 240 || ip[16] < 224 || (ip[16] == 224 && ip[17] == 0 && ip[18] == 0 && ip[19] <= 2);
	if (memcmp(destination, nodes, 16) == 0 || memcmp(destination, routers, 16) == 0) return true;
	if (memcmp(destination, solicited, 13) != 0) return false;
	// Of which addresses virtual routers answer for, they know themselves.
	if (it->live->has_virtual_routers) return true;
	for (uint32_t i = 0; i < it->address_count; i++)
		if (it->addresses[i].version == IP_V6 &&
		    memcmp(it->addresses[i].address.bytes + 13, destination + 13, 3) == 0)
			return true;
	// Whether it may be used or not: others that want it are heard (RFC 4862, 5.4).
	return memcmp(it->live->link_local.bytes + 13, destination + 13, 3) == 0;
}

static uint8_t nobody(const struct worker *worker, struct rte_mbuf *m, const struct l3_interface *it,
		      const struct delivery *d)
{
	if (punt_interface(worker, it, m) != NULL) return LOCAL_PUNT;
	if (d->group) return d->version == IP_V4 && ip_header(m)[16] < 224 ? LOCAL_BROADCAST : LOCAL_MULTICAST;
	if (d->protocol == IPPROTO_UDP || d->protocol == IPPROTO_TCP) return error_about(m, ICMP_CAUSE_PORT, 0);
	return error_about(m, ICMP_CAUSE_PROTOCOL, d->place);
}

static uint8_t deliver(struct worker *worker, struct rte_mbuf *m, const struct l3_interface *it,
		       const struct delivery *d)
{
	struct packet_meta *meta = packet_meta(m);
	struct listener listener;
	uint16_t port = 0, scratch;
	const uint8_t *at;
	bool own = !d->group || (it != NULL && own_group(it, ip_header(m)));

	meta->l4_offset = (uint8_t)(d->l4 / 4);
	if (d->protocol == IPPROTO_UDP) {
		at = rte_pktmbuf_read(m, meta->l3_offset + d->l4 + 2, sizeof(scratch), &scratch);
		if (at == NULL) return d->version == IP_V4 ? LOCAL_NO_LISTENER : LOCAL_EXTENSION;
		port = read_be16(at);
	}
	listener = listener_of(d->version, d->protocol, port);
	if (listener.edge != 0 && (!d->group || listener.groups)) {
		IP_COUNT_PACKET(worker, m, d->version, in_delivers);
		return listener.edge;
	}
	if (!own && punt_interface(worker, it, m) == NULL) return nobody(worker, m, it, d);
	if ((d->version == IP_V4 && d->protocol == IPPROTO_ICMP) ||
	    (d->version == IP_V6 && d->protocol == IPPROTO_ICMPV6)) {
		IP_COUNT_PACKET(worker, m, d->version, in_delivers);
		return d->version == IP_V4 ? LOCAL_ICMP4 : LOCAL_ICMP6;
	}
	IP_COUNT_PACKET(worker, m, d->version, in_delivers);
	return nobody(worker, m, it, d);
}

static uint8_t local4(struct worker *worker, struct rte_mbuf *m, const uint8_t *ip)
{
	const struct l3_interface *it = dataplane_interface(worker->dataplane, packet_meta(m)->interface);
	struct delivery d = {.version = IP_V4, .protocol = ip[9], .l4 = (ip[0] & 0xfu) * 4, .place = 9};

	d.group = to_group(it, ip);
	ip_trim(m, read_be16(ip + 2));
	// More fragments, or an offset.
	if ((read_be16(ip + 6) & 0x3fff) != 0) return d.group && !own_group(it, ip) ? LOCAL_MULTICAST : LOCAL_FRAGMENT4;
	return deliver(worker, m, it, &d);
}

static uint8_t local6(struct worker *worker, struct rte_mbuf *m, const uint8_t *ip)
{
	const struct l3_interface *it = dataplane_interface(worker->dataplane, packet_meta(m)->interface);
	struct delivery d = {.version = IP_V6, .group = to_group(it, ip)};
	struct ip6_headers at;

	ip_trim(m, IP6_HEADER + (uint32_t)read_be16(ip + 4));
	switch (ip6_headers_walk(m, d.group, &at)) {
	case IP6_HEADERS_UPPER:
		d.protocol = at.protocol;
		d.l4 = at.offset;
		d.place = at.place;
		return deliver(worker, m, it, &d);
	case IP6_HEADERS_FRAGMENT:
		return LOCAL_FRAGMENT6;
	case IP6_HEADERS_NOTHING:
		return LOCAL_NO_LISTENER;
	case IP6_HEADERS_FIELD:
		return error_about(m, ICMP_CAUSE_HEADER, at.offset);
	case IP6_HEADERS_OPTION:
		return error_about(m, ICMP_CAUSE_OPTION, at.offset);
	default:
		return LOCAL_EXTENSION;
	}
}

static uint16_t ip_local_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			struct rte_mbuf *m = objs[done + i];
			struct flow_record *record = flow_record_of(worker, m);
			const uint8_t *ip = ip_header(m);

			if (record != NULL) {
				record_stage(record, node->id);
				record_refuse(record, "for the router itself");
			}
			edge[i] = ip[0] >> 4 == 4 ? local4(worker, m, ip) : local6(worker, m, ip);
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register ip_local_node = {
	.name = "ip-local",
	.process = ip_local_process,
	.nb_edges = LOCAL_EDGES,
	.next_nodes =
		{
			[LOCAL_FRAGMENT4] = "ip4-reassembly",
			[LOCAL_FRAGMENT6] = "ip6-reassembly",
			[LOCAL_ICMP4] = "icmp-in",
			[LOCAL_ICMP6] = "icmp6-in",
			[LOCAL_ERROR] = "icmp-error",
			[LOCAL_MULTICAST] = "drop-ip-multicast",
			[LOCAL_BROADCAST] = "drop-ip-directed-broadcast",
			[LOCAL_NO_LISTENER] = "drop-no-listener",
			[LOCAL_EXTENSION] = "drop-ip-options",
			[LOCAL_PUNT] = "drop-no-listener",
		},
};
RTE_NODE_REGISTER(ip_local_node);
