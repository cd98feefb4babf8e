// Nodes "segment-redirected" and "segment-enter": frames that a peer has redirected to us. From the CE they enter as if
// received on the segment's port, towards the CE they leave by it; where their VLAN is not open yet they are held, and
// come to the second node once it is.
#include <netinet/in.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../block-point/block_map.h"
#include "../block-point/copies.h"
#include "../classify/next.h"
#include "../classify/tag_map.h"
#include "../drop/drop_node.h"
#include "../ip/ip4_input.h"
#include "../ip/ip6_input.h"
#include "../ip/listen.h"
#include "../ip/packet.h"
#include "held.h"
#include "segment.h"
#include "vxlan.h"

// Of no peer, malformed, of a VLAN that is not the segment's, or for which there is no more room.
DROP_NODE(segment_redirect_refused, "segment-redirect-refused", DROP_INGRESS);

// The second copy of a frame that the CE sent to both PEs, by whichever way it came.
DROP_NODE(segment_redirect_copy, "segment-redirect-copy", DROP_INGRESS);

enum { EDGE_VLAN_IN = NEXT_SERVICES, EDGE_TX, EDGE_REFUSED, EDGE_COPY, EDGE_PUNT, EDGE_PORT, EDGES };

RTE_INIT(segment_listen)
{
	for (enum ip_version version = IP_V4; version < IP_VERSIONS; version++)
		ip_listen_udp(version, VXLAN_PORT, "segment-redirected", false);
}

// The segment that a packet is for by VRF, address and VNI; NULL: none.
static const struct segment_view *segment_for(const struct dataplane *dp, uint32_t vrf, const uint8_t *ip, uint32_t vni)
{
	enum ip_version version = ip_version_of(ip);
	const uint8_t *destination = ip + (version == IP_V4 ? 16 : 24);

	for (uint16_t i = 0; i < dp->port_count; i++) {
		const struct segment_view *view = segment_on(dp, dp->port_ids[i]);

		if (view != NULL && view->vrf != 0 && view->vrf == vrf && view->vni == vni &&
		    view->version == version && memcmp(view->local.bytes, destination, version == IP_V4 ? 4 : 16) == 0)
			return view;
	}
	return NULL;
}

static bool is_peer(const struct segment_view *view, const uint8_t *ip)
{
	const uint8_t *source = ip + (view->version == IP_V4 ? 12 : 8);

	for (unsigned i = 0; i < view->peer_count; i++)
		if (memcmp(view->peer[i]->address.bytes, source, view->version == IP_V4 ? 4 : 16) == 0) return true;
	return false;
}

// Takes what is around the frame off; false: it is damaged.
static bool decapsulate(struct rte_mbuf *m, const uint8_t *udp, unsigned at)
{
	uint32_t length = read_be16(udp + 4), room = m->pkt_len - RTE_MIN(at, m->pkt_len);

	if (length < UDP_HEADER + VXLAN_HEADER + ETHERNET_HEADER + TAG_SIZE || length > room) return false;
	if (read_be16(udp + 6) != 0 &&
	    packet_checksum(m, at, length, packet_pseudo_header(ip_header(m), IPPROTO_UDP, length)) != 0)
		return false;
	ip_trim(m, at - packet_meta(m)->l3_offset + length);
	if (m->data_len < at + UDP_HEADER + VXLAN_HEADER && rte_pktmbuf_linearize(m) != 0) return false;
	rte_pktmbuf_adj(m, (uint16_t)(at + UDP_HEADER + VXLAN_HEADER));
	return m->data_len >= TAGS_WINDOW || m->data_len == m->pkt_len || rte_pktmbuf_linearize(m) == 0;
}

// Gives a frame the meta of one that was received on the segment's port, or of one about to leave by it. False: there
// is no place for it.
static bool place(const struct dataplane *dp, const struct segment_view *view, struct rte_mbuf *m, bool to_ce)
{
	const struct port *port = dataplane_port(dp, view->segment->port);
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct logical_port *lp;
	struct frame_tags tags;

	if (frame_tags_parse(frame, m->data_len, &tags) != 0 || tags.count == 0 || ((frame[0] | frame[6]) & 1) != 0)
		return false;
	if (!vid_is_in(view->vlans.word, tags.tag[0].vid) || !port->enabled ||
	    m->pkt_len > ETHERNET_HEADER + (uint32_t)tags.count * TAG_SIZE + port->mtu)
		return false;
	lp = dataplane_logical_port(dp, tag_map_lookup(port->tags, &tags));
	if (lp == NULL || !lp->enabled || lp->interface != 0) return false;
	*packet_meta(m) = (struct packet_meta){
		.ingress_port = to_ce ? 0 : port->id,
		.ingress = to_ce ? 0 : lp->id,
		.egress_port = to_ce ? port->id : 0,
		.egress = to_ce ? lp->id : 0,
		.egress_vid = to_ce ? tags.tag[0].vid : 0,
		.bridge_domain = lp->bridge_domain,
		.vid = tags.tag[0].vid,
		.tags = tags.count,
		.priority = tags.priority,
		.flags = PACKET_FROM_PEER,
	};
	return true;
}

// Where a placed frame goes in this generation; its VLAN is open.
static uint8_t enter(const struct worker *worker, const struct segment_view *view, const struct rte_mbuf *m)
{
	const struct dataplane *dp = worker->dataplane;
	const struct gate *gate = &view->segment->gate;
	const struct packet_meta *meta = packet_meta_of(m);
	const struct port *port = dataplane_port(dp, view->segment->port);
	const struct logical_port *lp = dataplane_logical_port(dp, meta->ingress != 0 ? meta->ingress : meta->egress);

	if (lp == NULL || lp->port != port->id || lp->bridge_domain != meta->bridge_domain ||
	    block_map_get(port->blocks, meta->vid) != NULL)
		return EDGE_REFUSED;
	if (meta->egress_port != 0) return port_can_transmit(port) ? EDGE_TX : EDGE_REFUSED;
	if (gate_doubles(gate, meta->vid) && copies_second(worker, gate, m, COPY_REDIRECTED)) return EDGE_COPY;
	return lp->rewrite == REWRITE_KIND_NONE ? next_service(lp) : EDGE_VLAN_IN;
}

static void count(struct segment_counters *counters, uint8_t edge)
{
	if (edge == EDGE_REFUSED)
		counters->redirects_refused++;
	else if (edge != EDGE_COPY)
		counters->redirects_received++;
}

// EDGES: it was kept.
static uint8_t redirected_packet(struct worker *worker, struct rte_mbuf *m)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct dataplane *dp = worker->dataplane;
	unsigned at = meta->l3_offset + ip_l4_offset(meta);
	uint8_t scratch[UDP_HEADER + VXLAN_HEADER], edge;
	const uint8_t *udp = rte_pktmbuf_read(m, at, sizeof(scratch), scratch);
	const struct segment_view *view = NULL;
	struct segment_counters *counters;
	uint8_t direction;

	if (udp != NULL && udp[8] & VXLAN_FLAGS)
		view = segment_for(dp, ip_vrf_of(dp, m), ip_header(m),
				   (uint32_t)udp[12] << 16 | (uint32_t)read_be16(udp + 13));
	if (view == NULL)
		return punt_interface(worker, dataplane_interface(dp, meta->interface), m) != NULL ? EDGE_PUNT
												   : EDGE_PORT;
	counters = &view->segment->counters[worker->index];
	direction = udp[15];
	if (direction > VXLAN_TO_CE || !is_peer(view, ip_header(m)) || !decapsulate(m, udp, at) ||
	    !place(dp, view, m, direction == VXLAN_TO_CE)) {
		counters->redirects_refused++;
		return EDGE_REFUSED;
	}
	if (!gate_is_open(&view->segment->gate, packet_meta(m)->vid)) {
		if (worker_traces(worker) || !held_put(view->hold, m)) {
			counters->redirects_refused++;
			return EDGE_REFUSED;
		}
		return EDGES;
	}
	edge = enter(worker, view, m);
	count(counters, edge);
	return edge;
}

static uint16_t redirected_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		struct flow_record *record = flow_record_of(worker, objs[i]);
		uint8_t edge;

		if (unlikely(record != NULL)) {
			record_stage(record, node->id);
			record_refuse(record, "redirected by a peer of a segment");
		}
		edge = redirected_packet(worker, objs[i]);
		if (edge == EDGE_PORT) icmp_error_about(objs[i], ICMP_CAUSE_PORT, 0);
		if (edge != EDGES) rte_node_enqueue_x1(graph, node, edge, objs[i]);
	}
	return n;
}

// Of the generation that a frame was held in the segment may be gone.
static uint16_t enter_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++) {
		const struct packet_meta *meta = packet_meta(objs[i]);
		const struct segment_view *view =
			segment_on(worker->dataplane, meta->ingress_port != 0 ? meta->ingress_port : meta->egress_port);
		struct segment_counters *counters;
		uint8_t edge = EDGE_REFUSED;

		if (view != NULL) {
			counters = &view->segment->counters[worker->index];
			if (vid_is_in(view->vlans.word, meta->vid) && gate_is_open(&view->segment->gate, meta->vid))
				edge = enter(worker, view, objs[i]);
			count(counters, edge);
			counters->redirects_held += edge != EDGE_REFUSED && edge != EDGE_COPY;
		}
		rte_node_enqueue_x1(graph, node, edge, objs[i]);
	}
	return n;
}

#define NEXT_NODES                                                                                                     \
	{                                                                                                              \
		NEXT_SERVICE_NODES, [EDGE_VLAN_IN] = "vlan-in", [EDGE_TX] = "tx",                                      \
				    [EDGE_REFUSED] = "drop-segment-redirect-refused",                                  \
				    [EDGE_COPY] = "drop-segment-redirect-copy", [EDGE_PUNT] = "punt",                  \
				    [EDGE_PORT] = "icmp-error",                                                        \
	}

static struct rte_node_register redirected_node = {
	.name = "segment-redirected",
	.process = redirected_process,
	.nb_edges = EDGES,
	.next_nodes = NEXT_NODES,
};
RTE_NODE_REGISTER(redirected_node);

static struct rte_node_register enter_node = {
	.name = "segment-enter",
	.process = enter_process,
	.nb_edges = EDGES,
	.next_nodes = NEXT_NODES,
};
RTE_NODE_REGISTER(enter_node);
