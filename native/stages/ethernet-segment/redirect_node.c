// Node "segment-redirect": unicast frames that meet a closed VLAN while it redirects, from the CE or towards it, go to
// the peer that forwards it now, in VXLAN by the routes of the segment's VRF.
//
// Only frames to an address that the bridge knows on the side that they go to: what it does not know, CE or transfer
// network flood, so the peer has it too.
#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_hash_crc.h>

#include "../block-point/block_map.h"
#include "../bridge/bridge.h"
#include "../drop/drop_node.h"
#include "../ip/flow_hash.h"
#include "../ip/ip4_input.h"
#include "../ip/ip6_input.h"
#include "../ip/packet.h"
#include "segment.h"
#include "vxlan.h"

// Longer than the way to the peer takes, or there is no way.
DROP_NODE(segment_redirect, "segment-redirect", DROP_INGRESS);
DROP_NODE_NAMED(segment_redirect_out, "drop-segment-redirect-out", "segment-redirect", DROP_EGRESS);

#define TTL        64
#define FIRST_PORT 49152 // RFC 7348, 5: the source port is of the dynamic ones
#define PORT_MASK  0x3fff

enum { EDGE_LOOKUP4, EDGE_LOOKUP6, EDGE_BLOCKED, EDGE_BLOCKED_OUT, EDGE_NO_WAY, EDGE_NO_WAY_OUT, EDGES };

struct way {
	const struct segment_view *view;
	const struct logical_port *lp;
	uint16_t vid;
	bool to_ce;
};

// Whether the bridge knows the destination where the frame goes.
static bool is_known(const struct dataplane *dp, const struct way *way, const uint8_t *frame)
{
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, way->lp->bridge_domain);
	const struct fdb_table *table = atomic_load_explicit(&bridge_fdb.table, memory_order_acquire);
	const struct logical_port *at;
	uint64_t key;

	if (bd == NULL) return way->lp->cross_connect != 0;
	key = fdb_key(frame, (uint16_t)bd->id);
	at = bridge_entry_port(dp, bd, fdb_lookup(table, key, fdb_hash(table, key)), bridge_seconds());
	return at != NULL && (at == way->lp) == way->to_ce;
}

static uint16_t source_port(struct rte_mbuf *m, const uint8_t *frame)
{
	struct packet_meta *meta = packet_meta(m);
	uint32_t hash = rte_hash_crc(frame, 2 * RTE_ETHER_ADDR_LEN, 0);
	struct frame_tags tags;
	unsigned offset;
	uint16_t type;

	if (frame_tags_parse(frame, m->data_len, &tags) == 0) {
		offset = ETHERNET_HEADER + (unsigned)(tags.count + tags.priority_tagged) * TAG_SIZE;
		type = m->data_len >= offset + IP6_HEADER ? read_be16(frame + offset - 2) : 0;
		if ((type == RTE_ETHER_TYPE_IPV4 && frame[offset] >> 4 == 4) ||
		    (type == RTE_ETHER_TYPE_IPV6 && frame[offset] >> 4 == 6)) {
			meta->l3_offset = (uint8_t)offset;
			hash ^= ip_flow_hash(m, frame + offset);
		}
	}
	return (uint16_t)(FIRST_PORT + ((hash ^ hash >> 16) & PORT_MASK));
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void fill_ip(uint8_t *ip, const struct segment_view *view, const struct ip_address *to, uint32_t length)
{
	bool v4 = view->version == IP_V4;
	unsigned size = v4 ? 4 : 16, header = v4 ? IP4_HEADER : IP6_HEADER;

	memset(ip, 0, header);
	memcpy(ip + (v4 ? 12 : 8), view->local.bytes, size);
	memcpy(ip + (v4 ? 16 : 24), to->bytes, size);
	if (v4) {
		ip[0] = 0x45;
		put16(ip + 2, header + length);
		ip[6] = 0x40; // don't fragment
		ip[8] = TTL;
		ip[9] = IPPROTO_UDP;
		packet_ip4_checksum(ip);
	} else {
		ip[0] = 0x60;
		put16(ip + 4, length);
		ip[6] = IPPROTO_UDP;
		ip[7] = TTL;
	}
}

// The longest IP packet on the way to a peer; 0: there is no way.
static uint32_t longest(const struct worker *worker, const struct segment_view *view, const struct ip_address *to)
{
	const struct l3_interface here = {.vrf = view->vrf};
	const struct l3_interface *out = ip_way_to(worker, &here, view->version, to->bytes);
	const struct logical_port *lp = dataplane_logical_port(worker->dataplane, out->logical_port);
	const struct port *port = lp != NULL ? dataplane_port(worker->dataplane, lp->port) : NULL;

	if (out == &here) return 0;
	return port != NULL ? RTE_MIN(out->mtu, port->mtu) : out->mtu;
}

static bool encapsulate(struct worker *worker, struct rte_mbuf *m, const struct way *way)
{
	const struct segment *segment = way->view->segment;
	const struct ip_address *to =
		&segment->target[atomic_load_explicit(&segment->target_of[way->vid], memory_order_relaxed)];
	unsigned header = way->view->version == IP_V4 ? IP4_HEADER : IP6_HEADER;
	uint32_t length = UDP_HEADER + VXLAN_HEADER + m->pkt_len;
	uint16_t port = source_port(m, rte_pktmbuf_mtod(m, const uint8_t *));
	uint8_t *ip, *udp;

	if (header + length > longest(worker, way->view, to)) return false;
	ip = (uint8_t *)rte_pktmbuf_prepend(m, (uint16_t)(header + UDP_HEADER + VXLAN_HEADER));
	if (ip == NULL) return false;
	udp = ip + header;
	fill_ip(ip, way->view, to, length);
	put16(udp, port);
	put16(udp + 2, VXLAN_PORT);
	put16(udp + 4, length);
	put16(udp + 6, 0);
	memset(udp + UDP_HEADER, 0, VXLAN_HEADER);
	udp[8] = VXLAN_FLAGS;
	udp[12] = (uint8_t)(way->view->vni >> 16);
	put16(udp + 13, way->view->vni & 0xffff);
	udp[15] = way->to_ce ? VXLAN_TO_CE : VXLAN_FROM_CE;
	ip_own_packet(m, way->view->vrf, 0);
	return true;
}

static uint8_t redirect_packet(struct worker *worker, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	struct segment_counters *counters;
	struct gate_counters *gate;
	struct way way = {.to_ce = meta->egress_port != 0};

	way.vid = way.to_ce ? meta->egress_vid : meta->vid;
	way.view = segment_on(worker->dataplane, way.to_ce ? meta->egress_port : meta->ingress_port);
	way.lp = dataplane_logical_port(worker->dataplane, way.to_ce ? meta->egress : meta->ingress);
	counters = &way.view->segment->counters[worker->index];
	if ((meta->flags & PACKET_FROM_PEER) != 0 || way.view->vrf == 0 || way.lp == NULL ||
	    !is_known(worker->dataplane, &way, rte_pktmbuf_mtod(m, const uint8_t *))) {
		gate = &way.view->segment->gate.counters[worker->index];
		(way.to_ce ? gate->out_dropped : gate->in_dropped)[way.vid]++;
		return way.to_ce ? EDGE_BLOCKED_OUT : EDGE_BLOCKED;
	}
	if (!encapsulate(worker, m, &way)) {
		counters->redirects_dropped++;
		return way.to_ce ? EDGE_NO_WAY_OUT : EDGE_NO_WAY;
	}
	(*(way.to_ce ? &counters->redirected_to_ce : &counters->redirected_from_ce))++;
	return way.view->version == IP_V4 ? EDGE_LOOKUP4 : EDGE_LOOKUP6;
}

static uint16_t redirect_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct flow_record *record = flow_record_of(worker, objs[i]);

		if (unlikely(record != NULL)) record_stage(record, node->id);
		rte_node_enqueue_x1(graph, node, redirect_packet(worker, objs[i]), objs[i]);
	}
	return n;
}

static struct rte_node_register redirect_node = {
	.name = "segment-redirect",
	.process = redirect_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[EDGE_LOOKUP4] = "ip4-lookup",
			[EDGE_LOOKUP6] = "ip6-lookup",
			[EDGE_BLOCKED] = "drop-block-point",
			[EDGE_BLOCKED_OUT] = "drop-block-point-out",
			[EDGE_NO_WAY] = "drop-segment-redirect",
			[EDGE_NO_WAY_OUT] = "drop-segment-redirect-out",
		},
};
RTE_NODE_REGISTER(redirect_node);
