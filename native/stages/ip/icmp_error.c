// Node "icmp-error": tells the sender of a packet why it does not go on, then drops the packet. The cause and its
// detail are in the packet's meta (ip.h).
//
//   0        1        2        3
//   | type   | code   | checksum        |
//   | by type: pointer, MTU, or unused  |     RFC 792, RFC 1191, RFC 4443
//   | as much of the packet as fits     |
//
// Never about: an ICMP error, a group (but too big, RFC 4443, 2.4 (e.3)), a later fragment, a source that is not one
// station's (RFC 1812, 4.3.2.7). The extract is a multiple of 4 (8) bytes and has no extensions: the length of RFC 4884
// stays 0.
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../control-plane/control_plane.h"
#include "../flow/record.h"
#include "icmp_error.h"
#include "ip4_input.h"
#include "ip6_headers.h"
#include "ip6_input.h"
#include "packet.h"
#include "rate.h"

#define MOST4     576  // RFC 1812, 4.3.2.3
#define MOST6     1280 // RFC 4443, 3: the least MTU
#define HOP_LIMIT 64

enum { EDGE_LOOKUP4 = ICMP_CAUSES, EDGE_LOOKUP6, EDGES };

struct message {
	uint8_t type, code;
	uint32_t detail; // the second word
};

// The message for a cause; type 0: this version has none.
static struct message message_of(enum ip_version version, enum icmp_cause cause, uint32_t detail)
{
	static const struct message v4[ICMP_CAUSES] = {
		[ICMP_CAUSE_TTL] = {ICMP_TIME_EXCEEDED, 0, 0},
		[ICMP_CAUSE_NO_ROUTE] = {ICMP_DEST_UNREACH, ICMP_NET_UNREACH, 0},
		[ICMP_CAUSE_HOST] = {ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, 0},
		[ICMP_CAUSE_PROHIBITED] = {ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, 0},
		[ICMP_CAUSE_TOO_BIG] = {ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, 0},
		[ICMP_CAUSE_PORT] = {ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, 0},
		[ICMP_CAUSE_PROTOCOL] = {ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, 0},
		[ICMP_CAUSE_HEADER] = {ICMP_PARAMETERPROB, 0, 0},
		[ICMP_CAUSE_SOURCE_ROUTE] = {ICMP_DEST_UNREACH, ICMP_SR_FAILED, 0},
		[ICMP_CAUSE_REASSEMBLY] = {ICMP_TIME_EXCEEDED, 1, 0},
	};
	static const struct message v6[ICMP_CAUSES] = {
		[ICMP_CAUSE_TTL] = {ICMP6_TIME_EXCEEDED, 0, 0},
		[ICMP_CAUSE_NO_ROUTE] = {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, 0},
		[ICMP_CAUSE_HOST] = {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, 0},
		[ICMP_CAUSE_PROHIBITED] = {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, 0},
		[ICMP_CAUSE_TOO_BIG] = {ICMP6_PACKET_TOO_BIG, 0, 0},
		[ICMP_CAUSE_PORT] = {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, 0},
		[ICMP_CAUSE_PROTOCOL] = {ICMP6_PARAM_PROB, ICMP6_PARAMPROB_NEXTHEADER, 0},
		[ICMP_CAUSE_SCOPE] = {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_BEYONDSCOPE, 0},
		[ICMP_CAUSE_HEADER] = {ICMP6_PARAM_PROB, ICMP6_PARAMPROB_HEADER, 0},
		[ICMP_CAUSE_OPTION] = {ICMP6_PARAM_PROB, ICMP6_PARAMPROB_OPTION, 0},
		[ICMP_CAUSE_REASSEMBLY] = {ICMP6_TIME_EXCEEDED, 1, 0},
	};
	struct message message = version == IP_V4 ? v4[cause] : v6[cause];

	message.detail = detail;
	if (version == IP_V4 && message.type == ICMP_PARAMETERPROB) message.detail = detail << 24;
	if (cause == ICMP_CAUSE_PROTOCOL && version == IP_V4) message.detail = 0;
	return message;
}

static bool is_unreachable(enum ip_version version, uint8_t type)
{
	return type == (version == IP_V4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH);
}

// ---------------------------------------------------------------- about what not

static bool about4(struct rte_mbuf *m, const uint8_t *ip)
{
	const uint8_t *type;
	uint8_t scratch;

	if ((read_be16(ip + 6) & 0x1fff) != 0) return false;
	if (ip[12] == 0 || ip[12] == 127 || ip[12] >= 224 || ip[16] >= 224) return false;
	if (ip[9] != IPPROTO_ICMP) return true;
	type = rte_pktmbuf_read(m, packet_meta(m)->l3_offset + (ip[0] & 0xfu) * 4, 1, &scratch);
	// Queries alone (RFC 1812, 4.3.1).
	return type != NULL && (*type == ICMP_ECHOREPLY || *type == ICMP_ECHO || (*type >= 13 && *type <= 18));
}

static bool about6(struct rte_mbuf *m, const uint8_t *ip, enum icmp_cause cause)
{
	bool group = ip[24] == 0xff;
	struct ip6_headers at;
	const uint8_t *type;
	uint8_t scratch;

	if (ip[8] == 0xff || ip6_is_unspecified(ip + 8)) return false;
	if (group && cause != ICMP_CAUSE_TOO_BIG && cause != ICMP_CAUSE_OPTION) return false;
	if (ip6_headers_walk(m, group, &at) != IP6_HEADERS_UPPER || at.protocol != IPPROTO_ICMPV6) return true;
	type = rte_pktmbuf_read(m, packet_meta(m)->l3_offset + at.offset, 1, &scratch);
	return type != NULL && (*type & ICMP6_INFOMSG_MASK) != 0 && *type != ND_REDIRECT;
}

// To a group of the link: all of the segment would answer (RFC 1122, 3.2.2). What stood before the IP header is still
// there.
static bool link_group(struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);

	return meta->ingress != 0 && meta->l3_offset >= ETHERNET_HEADER && (rte_pktmbuf_mtod(m, uint8_t *)[0] & 1) != 0;
}

// ---------------------------------------------------------------- the message

static bool source_for(const struct worker *worker, const struct l3_interface *in, enum ip_version version,
		       const uint8_t *ip, struct ip_address *source)
{
	const uint8_t *sender = ip + (version == IP_V4 ? 12 : 8), *destination = ip + (version == IP_V4 ? 16 : 24);

	// Sent to an address of ours: that one answers.
	if (ip_is_own(in, version, destination)) {
		memcpy(source->bytes, destination, version == IP_V4 ? 4 : 16);
		return true;
	}
	// Of the interface by which the error leaves (RFC 1812, 4.3.2.4; RFC 4443, 2.2).
	return ip_source_address(worker->dataplane, ip_way_to(worker, in, version, sender), version, sender, source);
}

struct rte_mbuf *icmp_error_build(const struct worker *worker, struct rte_mbuf *m, enum ip_version version,
				  const struct ip_address *source, uint8_t type, uint8_t code, const uint8_t *detail,
				  unsigned detail_size)
{
	unsigned header = version == IP_V4 ? IP4_HEADER : IP6_HEADER, front = header + 4 + detail_size;
	uint32_t at = packet_meta(m)->l3_offset, room = (version == IP_V4 ? MOST4 : MOST6) - front, size;
	const uint8_t *ip = ip_header(m);
	struct rte_mbuf *error = rte_pktmbuf_alloc(worker->packets);
	const void *bytes;
	uint8_t *to;
	uint16_t sum;

	if (error == NULL) return NULL;
	size = m->pkt_len - at;
	size = RTE_MIN(size, version == IP_V4 ? (uint32_t)read_be16(ip + 2) : IP6_HEADER + (uint32_t)read_be16(ip + 4));
	if (size > room) size = room & (version == IP_V4 ? ~3u : ~7u);
	to = (uint8_t *)rte_pktmbuf_append(error, (uint16_t)(front + size));
	memset(to, 0, front);
	bytes = rte_pktmbuf_read(m, at, size, to + front);
	if (bytes != to + front) memcpy(to + front, bytes, size);
	to[header] = type;
	to[header + 1] = code;
	memcpy(to + header + 4, detail, detail_size);
	if (version == IP_V4) {
		to[0] = 0x45;
		to[1] = 0xc0; // precedence: internetwork control (RFC 1812, 4.3.2.5)
		to[2] = (uint8_t)((front + size) >> 8);
		to[3] = (uint8_t)(front + size);
		to[8] = HOP_LIMIT;
		to[9] = IPPROTO_ICMP;
		memcpy(to + 12, source->bytes, 4);
		memcpy(to + 16, ip + 12, 4);
		packet_ip4_checksum(to);
		sum = packet_checksum(error, header, front + size - header, 0);
	} else {
		to[0] = 0x60;
		to[4] = (uint8_t)((front + size - header) >> 8);
		to[5] = (uint8_t)(front + size - header);
		to[6] = IPPROTO_ICMPV6;
		to[7] = HOP_LIMIT;
		memcpy(to + 8, source->bytes, 16);
		memcpy(to + 24, ip + 8, 16);
		sum = packet_checksum(error, header, front + size - header,
				      packet_pseudo_header(to, IPPROTO_ICMPV6, front + size - header));
	}
	memcpy(to + header + 2, &sum, sizeof(sum));
	return error;
}

static struct rte_mbuf *error_for(struct worker *worker, struct rte_mbuf *m, enum icmp_cause cause)
{
	struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *in = dataplane_interface(worker->dataplane, meta->interface);
	const uint8_t *ip = ip_header(m);
	enum ip_version version = ip_version_of(ip);
	struct message message = message_of(version, cause, meta->adjacency);
	uint32_t word = rte_cpu_to_be_32(message.detail);
	struct ip_address source = {0};
	struct rte_mbuf *error;

	if (in == NULL || (meta->flags & PACKET_ROUTER) != 0 || (message.type == 0 && version == IP_V6)) return NULL;
	if (version == IP_V4 && message.type == 0) return NULL;
	// Path MTU discovery needs the one that is no verdict on the destination (RFC 1812, 4.3.3.1).
	if (!in->unreachables && is_unreachable(version, message.type) && cause != ICMP_CAUSE_TOO_BIG) return NULL;
	if (link_group(m) && cause != ICMP_CAUSE_TOO_BIG) return NULL;
	if (version == IP_V4 ? !about4(m, ip) : !about6(m, ip, cause)) return NULL;
	if (!source_for(worker, in, version, ip, &source)) return NULL;
	if ((cause == ICMP_CAUSE_TTL && !control_plane_takes(worker, CONTROL_TTL_EXCEEDED)) ||
	    !icmp_rate_take(worker, in->id)) {
		IP_COUNT(worker, in->vrf, in, version, icmp_errors_limited, 1);
		return NULL;
	}
	error = icmp_error_build(worker, m, version, &source, message.type, message.code, (uint8_t *)&word,
				 sizeof(word));
	if (error == NULL) return NULL;
	IP_COUNT(worker, in->vrf, in, version, icmp_errors_sent, 1);
	ip_own_packet(error, in->vrf, in->id);
	return error;
}

static uint16_t icmp_error_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i], *error;
		struct flow_record *record = flow_record_of(worker, m);
		enum icmp_cause cause = packet_meta(m)->drop_reason;

		if (record != NULL) {
			record_stage(record, node->id);
			record_refuse(record, "answered by an ICMP error");
		}
		if (unlikely(cause >= ICMP_CAUSES)) cause = ICMP_CAUSE_HOST;
		error = error_for(worker, m, cause);
		if (error != NULL)
			rte_node_enqueue_x1(graph, node,
					    ip_version_of(ip_header(m)) == IP_V4 ? EDGE_LOOKUP4 : EDGE_LOOKUP6, error);
		rte_node_enqueue_x1(graph, node, (rte_edge_t)cause, m);
	}
	return n;
}

static struct rte_node_register icmp_error_node = {
	.name = "icmp-error",
	.process = icmp_error_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[ICMP_CAUSE_TTL] = "drop-ttl-exceeded",
			[ICMP_CAUSE_NO_ROUTE] = "drop-no-route",
			[ICMP_CAUSE_HOST] = "drop-unreachable",
			[ICMP_CAUSE_PROHIBITED] = "drop-prohibited",
			[ICMP_CAUSE_TOO_BIG] = "drop-ip-too-big",
			[ICMP_CAUSE_PORT] = "drop-no-listener",
			[ICMP_CAUSE_PROTOCOL] = "drop-no-listener",
			[ICMP_CAUSE_SCOPE] = "drop-ip-link-local",
			[ICMP_CAUSE_HEADER] = "drop-ip-options",
			[ICMP_CAUSE_OPTION] = "drop-ip-options",
			[ICMP_CAUSE_SOURCE_ROUTE] = "drop-ip-source-route",
			[ICMP_CAUSE_REASSEMBLY] = "drop-reassembly-timeout",
			[EDGE_LOOKUP4] = "ip4-lookup",
			[EDGE_LOOKUP6] = "ip6-lookup",
		},
};
RTE_NODE_REGISTER(icmp_error_node);
