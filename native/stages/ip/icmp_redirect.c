// Node "icmp-redirect": a packet leaves by the interface that it came in by, and its sender could have sent it to the
// next hop itself. Tells it so (RFC 792; RFC 4443 by RFC 4861, 4.5), and lets the packet go on.
//
//   IPv4: type 5, code 1 (host), gateway (4), packet
//   IPv6: type 137, code 0, reserved (4), target (16), destination (16), packet
//
// ICMPv6's redirected header option is left out: the packet would need one in front (RFC 4861, 4.6.3), and hosts do not
// look at it.
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../flow/record.h"
#include "../neighbour/neighbour.h"
#include "icmp_error.h"
#include "ip6_input.h"
#include "packet.h"
#include "rate.h"

enum { EDGE_REWRITE4, EDGE_REWRITE6, EDGE_LOOKUP4, EDGE_LOOKUP6, EDGES };

// RFC 4861, 4.5: from the link-local address, hop limit 255, no packet behind the two addresses.
static struct rte_mbuf *redirect6(const struct worker *worker, struct rte_mbuf *m, const struct l3_interface *it,
				  const struct adjacency *to)
{
	const uint8_t *ip = ip_header(m);
	uint8_t detail[ICMP_DETAIL] = {0};
	struct ip_address source;
	struct rte_mbuf *packet;
	uint32_t length = 40;
	uint8_t *out;
	uint16_t sum = 0;

	if (!it->live->has_link_local) return NULL;
	source = it->live->link_local;
	memcpy(detail + 4, to->address.bytes, 16);
	memcpy(detail + 20, ip + 24, 16);
	packet = icmp_error_build(worker, m, IP_V6, &source, ND_REDIRECT, 0, detail, ICMP_DETAIL);
	if (packet == NULL) return NULL;
	out = rte_pktmbuf_mtod(packet, uint8_t *);
	rte_pktmbuf_trim(packet, (uint16_t)(packet->pkt_len - IP6_HEADER - length));
	out[4] = 0;
	out[5] = (uint8_t)length;
	out[7] = 255;
	memcpy(out + IP6_HEADER + 2, &sum, sizeof(sum));
	sum = packet_checksum(packet, IP6_HEADER, length, packet_pseudo_header(out, IPPROTO_ICMPV6, length));
	memcpy(out + IP6_HEADER + 2, &sum, sizeof(sum));
	return packet;
}

static struct rte_mbuf *redirect(const struct worker *worker, struct rte_mbuf *m, enum ip_version version)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *it = dataplane_interface(worker->dataplane, meta->interface);
	const struct adjacency *to = adjacency_of(meta->adjacency);
	const uint8_t *ip = ip_header(m);
	struct ip_address source = {0};
	struct rte_mbuf *packet;

	if (it == NULL || to == NULL) return NULL;
	// Later fragments and what came by a group of the link are of no use to the sender.
	if (version == IP_V4 && (read_be16(ip + 6) & 0x1fff) != 0) return NULL;
	if (!icmp_rate_take(worker, it->id)) {
		IP_COUNT(worker, it->vrf, it, version, icmp_errors_limited, 1);
		return NULL;
	}
	if (version == IP_V6) {
		packet = redirect6(worker, m, it, to);
	} else {
		if (!ip_source_address(worker->dataplane, it, version, ip + 12, &source)) return NULL;
		packet = icmp_error_build(worker, m, version, &source, ICMP_REDIRECT, ICMP_REDIR_HOST,
					  to->address.bytes, 4);
	}
	if (packet == NULL) return NULL;
	IP_COUNT(worker, it->vrf, it, version, icmp_errors_sent, 1);
	ip_own_packet(packet, it->vrf, it->id);
	return packet;
}

static uint16_t icmp_redirect_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i], *packet;
		enum ip_version version = ip_version_of(ip_header(m));
		struct flow_record *record = flow_record_of(worker, m);

		if (record != NULL) {
			record_stage(record, node->id);
			record_refuse(record, "redirected");
		}
		packet = redirect(worker, m, version);
		if (packet != NULL)
			rte_node_enqueue_x1(graph, node, version == IP_V4 ? EDGE_LOOKUP4 : EDGE_LOOKUP6, packet);
		packet_meta(m)->flags |= PACKET_REDIRECTED;
		rte_node_enqueue_x1(graph, node, version == IP_V4 ? EDGE_REWRITE4 : EDGE_REWRITE6, m);
	}
	return n;
}

static struct rte_node_register icmp_redirect_node = {
	.name = "icmp-redirect",
	.process = icmp_redirect_process,
	.nb_edges = EDGES,
	.next_nodes = {"ip4-rewrite", "ip6-rewrite", "ip4-lookup", "ip6-lookup"},
};
RTE_NODE_REGISTER(icmp_redirect_node);
