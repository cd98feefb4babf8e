// Nodes "icmp-in" and "icmp6-in": echo requests are answered here, whether the kernel has an interface or not;
// Neighbor Discovery goes to its node, the rest to the kernel.
//
//   0        1        2        3
//   | type   | code   | checksum        |
//   | identifier      | sequence number |     RFC 792; RFC 4443, 4.1
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../control-plane/control_plane.h"
#include "../enqueue.h"
#include "ip4_input.h"
#include "ip6_input.h"
#include "listen.h"
#include "packet.h"

enum { EDGE_LOOKUP, EDGE_DISCOVERY, EDGE_PUNT, EDGE_MALFORMED, EDGE_UNHANDLED, EDGE_POLICED, EDGE_NO_BUFFER, EDGES };

#define HOP_LIMIT 64
#define ECHO_SIZE 8

// Turns a packet into its answer. False: there is no address to answer from.
static bool turn(const struct worker *worker, struct rte_mbuf *m, enum ip_version version, uint8_t *ip)
{
	const struct l3_interface *it = dataplane_interface(worker->dataplane, packet_meta(m)->interface);
	unsigned size = version == IP_V4 ? 4 : 16;
	uint8_t *source = ip + (version == IP_V4 ? 12 : 8), *destination = source + size;
	struct ip_address own = {0};

	memcpy(own.bytes, destination, size);
	// Asked by a group: RFC 4443, 4.2.
	if (version == IP_V6 && destination[0] == 0xff &&
	    (it == NULL || !ip_source_address(worker->dataplane, it, version, source, &own)))
		return false;
	memcpy(destination, source, size);
	memcpy(source, own.bytes, size);
	return true;
}

// In front of the ICMP message stands a header without options (RFC 1122, 3.2.2.6 asks for them to be returned only
// where they are a route).
static uint8_t answer(const struct worker *worker, struct rte_mbuf *m, enum ip_version version, uint32_t length)
{
	struct packet_meta *meta = packet_meta(m);
	unsigned header = version == IP_V4 ? IP4_HEADER : IP6_HEADER, l4 = ip_l4_offset(meta);
	uint32_t interface = meta->interface, vrf = ip_vrf_of(worker->dataplane, m);
	uint8_t *ip = ip_header(m), *icmp = ip + l4, old[IP6_HEADER];
	uint16_t sum = 0;

	if (!turn(worker, m, version, ip)) return EDGE_UNHANDLED;
	memcpy(old, ip, header);
	rte_pktmbuf_adj(m, (uint16_t)(meta->l3_offset + l4 - header));
	ip = rte_pktmbuf_mtod(m, uint8_t *);
	memcpy(ip, old, header);
	icmp[0] = version == IP_V4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	memcpy(icmp + 2, &sum, sizeof(sum));
	if (version == IP_V4) {
		uint16_t total = rte_cpu_to_be_16((uint16_t)(header + length));

		ip[0] = 0x45;
		memcpy(ip + 2, &total, sizeof(total));
		memset(ip + 6, 0, 2);
		ip[8] = HOP_LIMIT;
		packet_ip4_checksum(ip);
		sum = packet_checksum(m, header, length, 0);
	} else {
		uint16_t payload = rte_cpu_to_be_16((uint16_t)length);

		memcpy(ip + 4, &payload, sizeof(payload));
		ip[6] = IPPROTO_ICMPV6;
		ip[7] = HOP_LIMIT;
		sum = packet_checksum(m, header, length, packet_pseudo_header(ip, IPPROTO_ICMPV6, length));
	}
	memcpy(icmp + 2, &sum, sizeof(sum));
	ip_own_packet(m, vrf, interface);
	return EDGE_LOOKUP;
}

static uint8_t icmp_packet(const struct worker *worker, struct rte_mbuf **packet, enum ip_version version)
{
	struct rte_mbuf *m = *packet, *own;
	const struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *it = dataplane_interface(worker->dataplane, meta->interface);
	uint32_t at = meta->l3_offset + ip_l4_offset(meta), length = m->pkt_len - RTE_MIN(at, m->pkt_len);
	const uint8_t *ip = ip_header(m), *icmp;
	uint8_t scratch[2], type, code;
	uint32_t pseudo = version == IP_V6 ? packet_pseudo_header(ip, IPPROTO_ICMPV6, length) : 0;

	if (length < ECHO_SIZE || packet_checksum(m, at, length, pseudo) != 0) return EDGE_MALFORMED;
	icmp = rte_pktmbuf_read(m, at, sizeof(scratch), scratch);
	type = icmp[0];
	code = icmp[1];
	if (version == IP_V6 && type >= ND_ROUTER_SOLICIT && type <= ND_REDIRECT) return EDGE_DISCOVERY;
	if (type == (version == IP_V4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST) && code == 0) {
		// Nobody is told by a broadcast how many routers there are (RFC 2644).
		if (version == IP_V4 && (ip[16] >= 224 || (it != NULL && ip_is_broadcast(it, ip + 16))))
			return EDGE_UNHANDLED;
		if (!control_plane_takes(worker, CONTROL_ICMP)) return EDGE_POLICED;
		own = ip_writable(worker, m);
		if (own == NULL) return EDGE_NO_BUFFER;
		*packet = own;
		if (own->data_len < at + ECHO_SIZE) return EDGE_MALFORMED;
		return answer(worker, own, version, length);
	}
	return punt_interface(worker, it, m) != NULL ? EDGE_PUNT : EDGE_UNHANDLED;
}

static uint16_t icmp_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
			     enum ip_version version)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		uint8_t edge = icmp_packet(worker, &m, version);

		rte_node_enqueue_x1(graph, node, edge, m);
	}
	return n;
}

static uint16_t icmp_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return icmp_process(graph, node, objs, n, IP_V4);
}

static uint16_t icmp6_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return icmp_process(graph, node, objs, n, IP_V6);
}

#define ICMP_NODES(lookup)                                                                                             \
	[EDGE_LOOKUP] = (lookup), [EDGE_DISCOVERY] = "drop-icmp-unhandled", [EDGE_PUNT] = "drop-icmp-unhandled",       \
	[EDGE_MALFORMED] = "drop-icmp-malformed", [EDGE_UNHANDLED] = "drop-icmp-unhandled",                            \
	[EDGE_POLICED] = CONTROL_PLANE_DROP, [EDGE_NO_BUFFER] = "drop-ip-no-buffer"

static struct rte_node_register icmp_in_node = {
	.name = "icmp-in",
	.process = icmp_in_process,
	.nb_edges = EDGES,
	.next_nodes = {ICMP_NODES("ip4-lookup")},
};
RTE_NODE_REGISTER(icmp_in_node);

static struct rte_node_register icmp6_in_node = {
	.name = "icmp6-in",
	.process = icmp6_in_process,
	.nb_edges = EDGES,
	.next_nodes = {ICMP_NODES("ip6-lookup")},
};
RTE_NODE_REGISTER(icmp6_in_node);

void icmp_in_start(void)
{
	node_wire("icmp6-in", EDGE_DISCOVERY, "nd-in");
	node_wire("icmp-in", EDGE_PUNT, "punt");
	node_wire("icmp6-in", EDGE_PUNT, "punt");
}
