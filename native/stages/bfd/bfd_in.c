// Node "bfd-in": BFD Control packets for sessions of the engine go to their thread; what no session can be meant by is
// the kernel's.
#include <netinet/in.h>
#include <string.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../control-plane/control_plane.h"
#include "../drop/drop_node.h"
#include "../flow/record.h"
#include "../ip/ip4_input.h"
#include "../ip/ip6_input.h"
#include "../ip/listen.h"
#include "../ip/packet.h"
#include "bfd.h"

// Not sent on this link (RFC 5881, 5).
DROP_NODE(bfd_ttl, "bfd-ttl", DROP_INGRESS);
// No BFD Control packet (RFC 5880, 6.8.6), or its UDP checksum is wrong.
DROP_NODE(bfd_malformed, "bfd-malformed", DROP_INGRESS);
// More packets than the thread takes.
DROP_NODE(bfd_queue_full, "bfd-queue-full", DROP_INGRESS);

#define UDP_HEADER 8
#define TTL        255

enum { EDGE_TTL, EDGE_MALFORMED, EDGE_POLICED, EDGE_QUEUE_FULL, EDGE_PUNT, EDGE_PORT, EDGES };

RTE_INIT(bfd_listen)
{
	for (enum ip_version version = IP_V4; version < IP_VERSIONS; version++) {
		ip_listen_udp(version, BFD_PORT, "bfd-in", false);
		ip_listen_udp(version, BFD_PORT_MULTIHOP, "bfd-in", false);
	}
}

// The head of the UDP payload; false: the datagram is damaged.
static bool payload_of(struct rte_mbuf *m, struct bfd_heard *heard, uint32_t *length)
{
	uint32_t at = packet_meta(m)->l3_offset + ip_l4_offset(packet_meta(m)),
		 room = m->pkt_len - RTE_MIN(at, m->pkt_len);
	const uint8_t *udp, *bytes;
	uint8_t scratch[UDP_HEADER], copy[BFD_LONGEST];

	udp = rte_pktmbuf_read(m, at, UDP_HEADER, scratch);
	if (udp == NULL) return false;
	*length = read_be16(udp + 4);
	if (*length < UDP_HEADER + BFD_HEADER || *length > room) return false;
	// 0: none, which IPv6 does not have (RFC 8200, 8.1).
	if (read_be16(udp + 6) == 0 && heard->version == IP_V6) return false;
	if (read_be16(udp + 6) != 0 &&
	    packet_checksum(m, at, *length, packet_pseudo_header(ip_header(m), IPPROTO_UDP, *length)) != 0)
		return false;
	*length -= UDP_HEADER;
	bytes = rte_pktmbuf_read(m, at + UDP_HEADER, RTE_MIN(*length, (uint32_t)BFD_LONGEST), copy);
	if (bytes == NULL) return false;
	memcpy(heard->bytes, bytes, RTE_MIN(*length, (uint32_t)BFD_LONGEST));
	return true;
}

// Whether a session may be meant: those over several hops are in a VRF.
static bool is_meant(const struct bfd_heard *heard)
{
	_Atomic uint32_t *sessions = heard->multihop ? &bfd_by_vrf[heard->vrf] : &bfd_by_interface[heard->interface];

	return atomic_load_explicit(sessions, memory_order_relaxed) != 0;
}

static uint8_t bfd_packet(struct worker *worker, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *it = dataplane_interface(worker->dataplane, meta->interface);
	const uint8_t *ip = ip_header(m), *ports;
	struct bfd_heard heard = {.version = ip_version_of(ip), .interface = meta->interface};
	bool v4 = heard.version == IP_V4;
	uint8_t scratch[4];
	uint32_t length;

	ports = rte_pktmbuf_read(m, meta->l3_offset + ip_l4_offset(meta), sizeof(scratch), scratch);
	if (ports == NULL) return EDGE_MALFORMED;
	heard.vrf = ip_vrf_of(worker->dataplane, m);
	heard.multihop = read_be16(ports + 2) == BFD_PORT_MULTIHOP;
	heard.ttl = ip[v4 ? 8 : 7];
	memcpy(heard.source.bytes, ip + (v4 ? 12 : 8), v4 ? 4 : 16);
	if (!is_meant(&heard)) return punt_interface(worker, it, m) != NULL ? EDGE_PUNT : EDGE_PORT;
	if (!heard.multihop && heard.ttl != TTL) return EDGE_TTL;
	if (!payload_of(m, &heard, &length)) return EDGE_MALFORMED;
	if (bfd_parse(heard.bytes, RTE_MIN(length, (uint32_t)BFD_LONGEST), &heard.packet) != BFD_FINE)
		return EDGE_MALFORMED;
	// After what costs an attacker from elsewhere nothing.
	if (!control_plane_takes(worker, CONTROL_BFD)) return EDGE_POLICED;
	if (!worker_traces(worker) && !bfd_put(worker, &heard)) return EDGE_QUEUE_FULL;
	rte_pktmbuf_free(m);
	return EDGES;
}

static uint16_t bfd_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	bool any = false;

	for (uint16_t i = 0; i < n; i++) {
		struct flow_record *record = flow_record_of(worker, objs[i]);
		uint8_t edge;

		if (unlikely(record != NULL)) record_stage(record, node->id);
		edge = bfd_packet(worker, objs[i]);
		if (edge == EDGE_PORT) icmp_error_about(objs[i], ICMP_CAUSE_PORT, 0);
		if (edge == EDGES)
			any = true;
		else
			rte_node_enqueue_x1(graph, node, edge, objs[i]);
	}
	if (any) urgent_wake();
	return n;
}

static struct rte_node_register bfd_in_node = {
	.name = "bfd-in",
	.process = bfd_in_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[EDGE_TTL] = "drop-bfd-ttl",
			[EDGE_MALFORMED] = "drop-bfd-malformed",
			[EDGE_POLICED] = CONTROL_PLANE_DROP,
			[EDGE_QUEUE_FULL] = "drop-bfd-queue-full",
			[EDGE_PUNT] = "punt",
			[EDGE_PORT] = "icmp-error",
		},
};
RTE_NODE_REGISTER(bfd_in_node);
