// Node "classify": a received frame to its logical port.
//
// Here is the place for protocols of the router's own: frames to the reserved
// addresses 01-80-C2-00-00-00..0F are never forwarded (802.1Q-2018 8.6.3) and
// all leave by EDGE_LINK_LOCAL; a protocol's node goes between that edge and
// the drop.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../../main/stage.h"
#include "../block-point/block_map.h"
#include "../count.h"
#include "../enqueue.h"
#include "tag_map.h"

enum {
	EDGE_BRIDGE,
	EDGE_VLAN_IN,
	EDGE_BLOCK_IN,
	EDGE_MALFORMED,
	EDGE_MTU,
	EDGE_LINK_LOCAL,
	EDGE_UNKNOWN_VLAN,
	EDGE_PORT_DISABLED,
	EDGE_LOGICAL_PORT_DISABLED,
	EDGE_SOURCE_MULTICAST,
	EDGES,
};

// How far ahead headers are fetched.
#define AHEAD 8

// The header in one piece, tags in the frame and not in the descriptor. False: a frame that ends before.
static bool normalize(struct rte_mbuf **packet)
{
	struct rte_mbuf *m = *packet;

	if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) {
		uint16_t tci = m->vlan_tci;
		uint8_t *frame;

		if (m->data_len < 2 * RTE_ETHER_ADDR_LEN) return false;
		frame = (uint8_t *)rte_pktmbuf_prepend(m, TAG_SIZE);
		if (frame == NULL) return false;
		memmove(frame, frame + TAG_SIZE, 2 * RTE_ETHER_ADDR_LEN);
		frame[12] = RTE_ETHER_TYPE_VLAN >> 8;
		frame[13] = RTE_ETHER_TYPE_VLAN & 0xff;
		frame[14] = (uint8_t)(tci >> 8);
		frame[15] = (uint8_t)tci;
		m->ol_flags &= ~(RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_RX_VLAN);
	}
	if (m->data_len < TAGS_WINDOW && m->data_len < m->pkt_len && rte_pktmbuf_linearize(m) != 0) return false;
	return true;
}

static inline bool is_link_local(const uint8_t *address)
{
	return (address_bits(address) & UINT64_C(0xf0ffffffffff)) == UINT64_C(0x000000c28001);
}

static inline uint8_t classify_packet(struct worker *worker, const struct port *port, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	const struct logical_port *lp;
	struct frame_tags tags;
	const uint8_t *frame;

	if (unlikely(m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED || m->data_len < TAGS_WINDOW) && !normalize(&m))
		return EDGE_MALFORMED;
	frame = rte_pktmbuf_mtod(m, const uint8_t *);
	if (unlikely(frame_tags_parse(frame, m->data_len, &tags) != 0)) {
		port->counters[worker->index].in_octets += m->pkt_len;
		return EDGE_MALFORMED;
	}
	count_in(&port->counters[worker->index], frame, m->pkt_len);
	if (unlikely(!port->enabled)) return EDGE_PORT_DISABLED;
	if (unlikely(m->pkt_len >
		     ETHERNET_HEADER + (tags.count + tags.priority_tagged) * TAG_SIZE + (uint32_t)port->mtu))
		return EDGE_MTU;
	if (unlikely(is_link_local(frame))) return EDGE_LINK_LOCAL;
	lp = dataplane_logical_port(worker->dataplane, tag_map_lookup(port->tags, &tags));
	if (unlikely(lp == NULL)) return EDGE_UNKNOWN_VLAN;
	meta->ingress = lp->id;
	meta->bridge_domain = lp->bridge_domain;
	meta->vid = tags.count != 0 ? tags.tag[0].vid : 0;
	meta->tags = tags.count;
	meta->priority = tags.priority;
	count_in(&lp->counters[worker->index], frame, m->pkt_len);
	if (unlikely(!lp->enabled)) return EDGE_LOGICAL_PORT_DISABLED;
	if (unlikely(frame[6] & 1)) return EDGE_SOURCE_MULTICAST;
	if (unlikely(port->blocks != NULL)) return EDGE_BLOCK_IN;
	return lp->rewrite == REWRITE_KIND_NONE && !tags.priority_tagged ? EDGE_BRIDGE : EDGE_VLAN_IN;
}

static uint16_t classify_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	const struct port *port = NULL;
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		struct rte_mbuf **packets = (struct rte_mbuf **)objs + done;
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk && i < AHEAD; i++)
			rte_prefetch0(rte_pktmbuf_mtod(packets[i], void *));
		for (uint16_t i = 0; i < chunk; i++) {
			uint16_t id = packet_meta(packets[i])->ingress_port;

			if (i + AHEAD < chunk) rte_prefetch0(rte_pktmbuf_mtod(packets[i + AHEAD], void *));
			if (port == NULL || port->id != id) port = dataplane_port(worker->dataplane, id);
			// The port went away between its receiving and this walk.
			edge[i] = likely(port != NULL) ? classify_packet(worker, port, packets[i]) : EDGE_PORT_DISABLED;
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register classify_node = {
	.name = "classify",
	.process = classify_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[EDGE_BRIDGE] = "bridge",
			[EDGE_VLAN_IN] = "vlan-in",
			[EDGE_BLOCK_IN] = "block-in",
			[EDGE_MALFORMED] = "drop-malformed",
			[EDGE_MTU] = "drop-mtu-exceeded-in",
			[EDGE_LINK_LOCAL] = "drop-link-local",
			[EDGE_UNKNOWN_VLAN] = "drop-unknown-vlan",
			[EDGE_PORT_DISABLED] = "drop-port-disabled",
			[EDGE_LOGICAL_PORT_DISABLED] = "drop-logical-port-disabled",
			[EDGE_SOURCE_MULTICAST] = "drop-source-multicast",
		},
};
RTE_NODE_REGISTER(classify_node);
