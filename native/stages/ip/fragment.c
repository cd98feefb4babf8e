// Nodes "ip4-fragment" and "ip6-fragment": cuts a packet that is longer than the interface takes
// (meta->egress_interface, meta->adjacency); IPv6 only the router's own. No payload is copied: each fragment is a
// header in front of buffers that share it. Fragments go to the rewrite like any packet.
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../flow/record.h"
#include "ip4_input.h"
#include "ip6_input.h"
#include "packet.h"

enum { EDGE_REWRITE, EDGE_NO_BUFFER, EDGES };

#define MORE            0x2000
#define FRAGMENT_HEADER 8

struct cut {
	struct rte_mbuf *m;
	const uint8_t *ip;
	enum ip_version version;
	unsigned header;         // of the packet
	uint32_t payload, done;  // bytes of both
	uint32_t identification; // IPv6
};

static uint32_t identifications[MAX_WORKERS + 1];

// Options that every fragment carries have the highest bit set (RFC 791, 3.1).
static unsigned copied_options(const uint8_t *ip, unsigned header, uint8_t *to)
{
	unsigned size = 0;

	for (unsigned at = IP4_HEADER; at < header && ip[at] != IPOPT_END;) {
		unsigned length = ip[at] == IPOPT_NOP ? 1 : at + 1 < header ? ip[at + 1] : 0;

		if (length == 0 || at + length > header) break;
		if (IPOPT_COPIED(ip[at]) != 0) {
			memcpy(to + size, ip + at, length);
			size += length;
		}
		at += length;
	}
	while (size % 4 != 0)
		to[size++] = IPOPT_END;
	return size;
}

static unsigned header4(const struct cut *cut, uint8_t *to, uint32_t size, bool last)
{
	uint16_t field = read_be16(cut->ip + 6), offset = (uint16_t)((field & 0x1fff) + cut->done / 8);
	unsigned header = cut->header, total;

	memcpy(to, cut->ip, header);
	if (cut->done != 0) header = IP4_HEADER + copied_options(cut->ip, cut->header, to + IP4_HEADER);
	total = header + size;
	field = (uint16_t)(offset | (last ? field & MORE : MORE));
	to[0] = (uint8_t)(0x40 | header / 4);
	to[2] = (uint8_t)(total >> 8);
	to[3] = (uint8_t)total;
	to[6] = (uint8_t)(field >> 8);
	to[7] = (uint8_t)field;
	packet_ip4_checksum(to);
	return header;
}

//   | next header | 0 | offset (13 bits), 00, more | identification |     RFC 8200, 4.5
static unsigned header6(const struct cut *cut, uint8_t *to, uint32_t size, bool last)
{
	uint32_t payload = FRAGMENT_HEADER + size, id = rte_cpu_to_be_32(cut->identification);
	uint8_t *fragment = to + IP6_HEADER;

	memcpy(to, cut->ip, IP6_HEADER);
	to[4] = (uint8_t)(payload >> 8);
	to[5] = (uint8_t)payload;
	to[6] = IPPROTO_FRAGMENT;
	fragment[0] = cut->ip[6];
	fragment[1] = 0;
	fragment[2] = (uint8_t)(cut->done >> 8);
	fragment[3] = (uint8_t)(cut->done | !last);
	memcpy(fragment + 4, &id, sizeof(id));
	return IP6_HEADER + FRAGMENT_HEADER;
}

static struct rte_mbuf *next_fragment(const struct worker *worker, struct cut *cut, uint32_t most)
{
	uint32_t size = cut->payload - cut->done;
	struct rte_mbuf *first = rte_pktmbuf_alloc(worker->headers), *rest;
	unsigned header;
	bool last = size <= most;
	uint8_t *to;

	if (!last) size = most & ~7u;
	if (first == NULL) return NULL;
	rest = packet_part(worker, cut->m, packet_meta(cut->m)->l3_offset + cut->header + cut->done, size);
	to = (uint8_t *)rte_pktmbuf_append(first, IP6_HEADER + FRAGMENT_HEADER + 12);
	if (rest == NULL || to == NULL) {
		rte_pktmbuf_free(rest);
		rte_pktmbuf_free(first);
		return NULL;
	}
	header = cut->version == IP_V4 ? header4(cut, to, size, last) : header6(cut, to, size, last);
	first->data_len = (uint16_t)header;
	first->pkt_len = header + rest->pkt_len;
	first->nb_segs = (uint16_t)(1 + rest->nb_segs);
	first->next = rest;
	*packet_meta(first) = *packet_meta(cut->m);
	packet_meta(first)->l3_offset = 0;
	packet_meta(first)->record = 0;
	cut->done += size;
	return first;
}

static void fragment(struct worker *worker, struct rte_graph *graph, struct rte_node *node, struct rte_mbuf *m,
		     enum ip_version version)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *out = dataplane_interface(worker->dataplane, meta->egress_interface);
	const struct logical_port *lp =
		out != NULL ? dataplane_logical_port(worker->dataplane, out->logical_port) : NULL;
	const struct port *port = lp != NULL ? dataplane_port(worker->dataplane, lp->port) : NULL;
	struct cut cut = {.m = m, .ip = ip_header(m), .version = version};
	struct rte_mbuf *made[65536 / 8 / 4];
	unsigned count = 0, most = RTE_DIM(made);
	uint32_t longest = out == NULL ? 0 : port != NULL ? RTE_MIN(out->mtu, port->mtu) : out->mtu, room;

	cut.header = version == IP_V4 ? (cut.ip[0] & 0xfu) * 4 : IP6_HEADER;
	cut.payload = version == IP_V4 ? read_be16(cut.ip + 2) - cut.header : read_be16(cut.ip + 4);
	cut.identification = ++identifications[worker->index] ^ (uint32_t)worker->index << 24;
	room = cut.header + (version == IP_V6 ? FRAGMENT_HEADER : 0);
	while (longest >= room + 8 && cut.done < cut.payload && count < most) {
		made[count] = next_fragment(worker, &cut, longest - room);
		if (made[count] == NULL) break;
		count++;
	}
	if (cut.done < cut.payload) {
		rte_pktmbuf_free_bulk(made, count);
		IP_COUNT_PACKET(worker, m, version, fragmentation_failures);
		rte_node_enqueue_x1(graph, node, EDGE_NO_BUFFER, m);
		return;
	}
	IP_COUNT_PACKET(worker, m, version, fragmented);
	for (unsigned i = 0; i < count; i++)
		IP_COUNT_PACKET(worker, m, version, fragments_created);
	rte_node_enqueue(graph, node, EDGE_REWRITE, (void **)made, (uint16_t)count);
	rte_pktmbuf_free(m);
}

static uint16_t fragment_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
				 enum ip_version version)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i];
		struct flow_record *record = flow_record_of(worker, m);

		if (record != NULL) {
			record_stage(record, node->id);
			record_refuse(record, "fragmented");
		}
		fragment(worker, graph, node, m, version);
	}
	return n;
}

static uint16_t ip4_fragment_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return fragment_process(graph, node, objs, n, IP_V4);
}

static uint16_t ip6_fragment_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return fragment_process(graph, node, objs, n, IP_V6);
}

static struct rte_node_register ip4_fragment_node = {
	.name = "ip4-fragment",
	.process = ip4_fragment_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_REWRITE] = "ip4-rewrite", [EDGE_NO_BUFFER] = "drop-ip-no-buffer"},
};
RTE_NODE_REGISTER(ip4_fragment_node);

static struct rte_node_register ip6_fragment_node = {
	.name = "ip6-fragment",
	.process = ip6_fragment_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_REWRITE] = "ip6-rewrite", [EDGE_NO_BUFFER] = "drop-ip-no-buffer"},
};
RTE_NODE_REGISTER(ip6_fragment_node);
