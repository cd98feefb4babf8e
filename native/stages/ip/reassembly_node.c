// Nodes "ip4-reassembly" and "ip6-reassembly": what is whole goes back to ip-local, as if it had come so. Node
// "ip-reassembly-expire": the control thread sends it a packet each second while a worker has fragments; a sleeping
// worker would not see time pass.
//
//   IPv6: | next header | 0 | offset (13 bits), 00, more | identification |     RFC 8200, 4.5
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "ip4_input.h"
#include "ip6_headers.h"
#include "ip6_input.h"
#include "packet.h"
#include "reassembly.h"

enum { EDGE_LOCAL_AGAIN, EDGE_ERROR_TO, EDGE_MALFORMED, EDGE_OVERLAP, EDGE_LIMIT, EDGE_TIMEOUT, REASSEMBLY_EDGES };

#define FRAGMENT_HEADER 8

static struct reassembly_table *tables[MAX_WORKERS];
// Packets that worker has fragments of.
static _Atomic uint32_t used[MAX_WORKERS];
static int expire_edge = -1;
static struct timer tick;

// ---------------------------------------------------------------- parsing

static uint8_t problem(struct rte_mbuf *m, uint32_t offset)
{
	icmp_error_about(m, ICMP_CAUSE_HEADER, offset);
	return EDGE_ERROR_TO;
}

// REASSEMBLY_EDGES where it is a fragment as it should be.
static uint8_t parse4(const struct worker *worker, struct rte_mbuf *m, struct reassembly_piece *piece)
{
	const uint8_t *ip = ip_header(m);
	uint32_t header = (ip[0] & 0xfu) * 4, field = read_be16(ip + 6);

	memset(piece, 0, sizeof(*piece));
	memcpy(piece->key.addresses, ip + 12, 8);
	piece->key.identification = read_be16(ip + 4);
	piece->key.protocol = ip[9];
	piece->key.version = IP_V4;
	piece->key.vrf = ip_vrf_of(worker->dataplane, m);
	piece->offset = (field & 0x1fff) * 8;
	piece->more = (field & 0x2000) != 0;
	piece->header = packet_meta(m)->l3_offset + header;
	piece->length = read_be16(ip + 2) - header;
	return header + piece->offset + piece->length > UINT16_MAX ? EDGE_MALFORMED : REASSEMBLY_EDGES;
}

static uint8_t parse6(const struct worker *worker, struct rte_mbuf *m, struct reassembly_piece *piece,
		      struct ip6_headers *at)
{
	const uint8_t *ip = ip_header(m), *fragment;
	uint32_t l3 = packet_meta(m)->l3_offset, payload = read_be16(ip + 4);
	uint8_t scratch[FRAGMENT_HEADER];

	memset(piece, 0, sizeof(*piece));
	if (ip6_headers_walk(m, ip[24] == 0xff, at) != IP6_HEADERS_FRAGMENT) return EDGE_MALFORMED;
	fragment = rte_pktmbuf_read(m, l3 + at->offset, FRAGMENT_HEADER, scratch);
	if (fragment == NULL) return EDGE_MALFORMED;
	memcpy(piece->key.addresses, ip + 8, 32);
	memcpy(&piece->key.identification, fragment + 4, 4);
	piece->key.version = IP_V6;
	piece->key.vrf = ip_vrf_of(worker->dataplane, m);
	piece->offset = read_be16(fragment + 2) & 0xfff8u;
	piece->more = (fragment[3] & 1) != 0;
	piece->header = l3 + at->offset + FRAGMENT_HEADER;
	piece->length = m->pkt_len - piece->header;
	// The two that the sender is told of: RFC 8200, 4.5.
	if (piece->more && piece->length % 8 != 0) return problem(m, 4);
	if (at->offset - IP6_HEADER + piece->offset + piece->length > UINT16_MAX) return problem(m, at->offset + 2);
	return payload < FRAGMENT_HEADER ? EDGE_MALFORMED : REASSEMBLY_EDGES;
}

// ---------------------------------------------------------------- the whole packet

// The header says what it now is. The first segment holds it, and is the packet's own: it came for the router alone.
static uint8_t whole4(struct rte_mbuf *m)
{
	uint8_t *ip = ip_header(m);
	uint32_t length = m->pkt_len - packet_meta(m)->l3_offset;

	ip[2] = (uint8_t)(length >> 8);
	ip[3] = (uint8_t)length;
	ip[6] = ip[7] = 0;
	packet_ip4_checksum(ip);
	return EDGE_LOCAL_AGAIN;
}

// The headers in front of the fragment header move over it.
static uint8_t whole6(struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	struct ip6_headers at;
	uint32_t length;
	uint8_t *ip = ip_header(m);

	if (ip6_headers_walk(m, ip[24] == 0xff, &at) != IP6_HEADERS_FRAGMENT ||
	    meta->l3_offset + at.offset + FRAGMENT_HEADER > m->data_len)
		return EDGE_MALFORMED;
	ip[at.place] = ip[at.offset];
	memmove(ip + FRAGMENT_HEADER, ip, at.offset);
	rte_pktmbuf_adj(m, FRAGMENT_HEADER);
	ip += FRAGMENT_HEADER;
	length = m->pkt_len - meta->l3_offset - IP6_HEADER;
	ip[4] = (uint8_t)(length >> 8);
	ip[5] = (uint8_t)length;
	return EDGE_LOCAL_AGAIN;
}

static void count_used(const struct worker *worker, const struct reassembly_table *table)
{
	uint32_t before = atomic_load_explicit(&used[worker->index], memory_order_relaxed);

	if (before == table->used) return;
	atomic_store_explicit(&used[worker->index], table->used, memory_order_relaxed);
	if (before == 0) control_wake();
}

static uint8_t add(struct worker *worker, struct rte_graph *graph, struct rte_node *node, struct rte_mbuf **packet,
		   enum ip_version version)
{
	static const uint8_t edges[] = {
		[REASSEMBLY_DUPLICATE] = EDGE_OVERLAP,
		[REASSEMBLY_OVERLAP] = EDGE_OVERLAP,
		[REASSEMBLY_LIMIT] = EDGE_LIMIT,
		[REASSEMBLY_MALFORMED] = EDGE_MALFORMED,
	};
	struct reassembly_table *table = tables[worker->index];
	struct rte_mbuf *m = *packet, *out[2 * REASSEMBLY_FRAGMENTS];
	struct reassembly *whole = NULL;
	struct reassembly_piece piece;
	struct ip6_headers at;
	enum reassembly_result result;
	unsigned count = 0;
	uint8_t edge;

	IP_COUNT_PACKET(worker, m, version, reassembly_requests);
	edge = version == IP_V4 ? parse4(worker, m, &piece) : parse6(worker, m, &piece, &at);
	if (edge != REASSEMBLY_EDGES) return edge;
	// On its own, whatever else has its identification (RFC 6946).
	if (version == IP_V6 && piece.offset == 0 && !piece.more) return whole6(m);
	result = reassembly_add(table, m, &piece, rte_rdtsc(), &whole, out, &count);
	if (count != 0) {
		IP_COUNT_PACKET(worker, m, version, reassembly_failures);
		rte_node_enqueue(graph, node, result == REASSEMBLY_OVERLAP ? EDGE_OVERLAP : EDGE_LIMIT, (void **)out,
				 (uint16_t)count);
	}
	if (result == REASSEMBLY_WHOLE) {
		*packet = m = reassembly_join(table, whole);
		IP_COUNT_PACKET(worker, m, version, reassembled);
	}
	count_used(worker, table);
	if (result == REASSEMBLY_KEPT) return REASSEMBLY_EDGES;
	if (result != REASSEMBLY_WHOLE) return edges[result];
	return version == IP_V4 ? whole4(m) : whole6(m);
}

static uint16_t reassembly_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n,
				   enum ip_version version)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = objs[i], *own = ip_writable(worker, m);
		uint8_t edge = EDGE_LIMIT;

		// A trace keeps no packet.
		if (own != NULL) m = own;
		if (own != NULL && worker->index < worker_count) {
			edge = add(worker, graph, node, &m, version);
		}
		if (edge != REASSEMBLY_EDGES) rte_node_enqueue_x1(graph, node, edge, m);
	}
	return n;
}

static uint16_t ip4_reassembly_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return reassembly_process(graph, node, objs, n, IP_V4);
}

static uint16_t ip6_reassembly_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	return reassembly_process(graph, node, objs, n, IP_V6);
}

// ---------------------------------------------------------------- time

static uint16_t expire_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	struct reassembly_table *table = tables[worker->index];
	struct rte_mbuf *first, *out[REASSEMBLY_FRAGMENTS];
	unsigned count;

	rte_pktmbuf_free_bulk((struct rte_mbuf **)objs, n);
	while (reassembly_expire(table, rte_rdtsc(), &first, out, &count)) {
		if (first != NULL || count != 0) {
			struct rte_mbuf *m = first != NULL ? first : out[0];

			IP_COUNT_PACKET(worker, m, ip_version_of(ip_header(m)), reassembly_failures);
		}
		if (first != NULL) {
			// Without the first one the sender could not tell which it was (RFC 792; RFC 8200, 4.5).
			icmp_error_about(first, ICMP_CAUSE_REASSEMBLY, 0);
			rte_node_enqueue_x1(graph, node, EDGE_ERROR_TO, first);
		}
		if (count != 0) rte_node_enqueue(graph, node, EDGE_TIMEOUT, (void **)out, (uint16_t)count);
	}
	count_used(worker, table);
	return n;
}

static void tick_run(struct timer *timer)
{
	bool again = false;

	for (unsigned i = 0; i < worker_count; i++) {
		struct rte_mbuf *m;

		if (atomic_load_explicit(&used[i], memory_order_relaxed) == 0) continue;
		again = true;
		m = packet_alloc();
		if (m != NULL) packet_inject(m, expire_edge, i);
	}
	port_inject_flush();
	if (again) timer_arm(timer, control_now_ms() + 1000);
}

void reassembly_poll(void)
{
	for (unsigned i = 0; i < worker_count && tick.place == 0; i++)
		if (atomic_load_explicit(&used[i], memory_order_relaxed) != 0)
			timer_arm(&tick, control_now_ms() + 1000);
}

int reassembly_start(void)
{
	tick.run = tick_run;
	expire_edge = inject_edge("ip-reassembly-expire");
	for (unsigned i = 0; i < worker_count; i++) {
		tables[i] = calloc(1, sizeof(*tables[i]));
		if (tables[i] == NULL) return -ENOMEM;
	}
	return 0;
}

void reassembly_stop(void)
{
	struct rte_mbuf *first, *out[REASSEMBLY_FRAGMENTS];
	unsigned count;

	timer_disarm(&tick);
	for (unsigned i = 0; i < MAX_WORKERS; i++) {
		while (tables[i] != NULL && reassembly_expire(tables[i], UINT64_MAX, &first, out, &count)) {
			rte_pktmbuf_free(first);
			rte_pktmbuf_free_bulk(out, count);
		}
		free(tables[i]);
		tables[i] = NULL;
		used[i] = 0;
	}
}

#define REASSEMBLY_NODES                                                                                               \
	[EDGE_LOCAL_AGAIN] = "ip-local", [EDGE_ERROR_TO] = "icmp-error", [EDGE_MALFORMED] = "drop-fragment-malformed", \
	[EDGE_OVERLAP] = "drop-fragment-overlap", [EDGE_LIMIT] = "drop-fragment-limit",                                \
	[EDGE_TIMEOUT] = "drop-reassembly-timeout"

static struct rte_node_register ip4_reassembly_node = {
	.name = "ip4-reassembly",
	.process = ip4_reassembly_process,
	.nb_edges = REASSEMBLY_EDGES,
	.next_nodes = {REASSEMBLY_NODES},
};
RTE_NODE_REGISTER(ip4_reassembly_node);

static struct rte_node_register ip6_reassembly_node = {
	.name = "ip6-reassembly",
	.process = ip6_reassembly_process,
	.nb_edges = REASSEMBLY_EDGES,
	.next_nodes = {REASSEMBLY_NODES},
};
RTE_NODE_REGISTER(ip6_reassembly_node);

static struct rte_node_register expire_node = {
	.name = "ip-reassembly-expire",
	.process = expire_process,
	.nb_edges = REASSEMBLY_EDGES,
	.next_nodes = {REASSEMBLY_NODES},
};
RTE_NODE_REGISTER(expire_node);
