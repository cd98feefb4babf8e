// Node "tap-in": frames that the kernel sent into the TAP of an interface leave by that interface: no second routing,
// the L2 addresses stay, the interface's tags are put on, its output features apply.
#include <string.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../drop/drop_node.h"
#include "../ip/features.h"
#include "../ip/ip.h"

// Neither IPv4 nor IPv6, or not as long as it says.
DROP_NODE(tap_malformed, "tap-malformed", DROP_EGRESS);
// The interface went meanwhile.
DROP_NODE(tap_no_interface, "tap-no-interface", DROP_EGRESS);

enum { EDGE_MALFORMED = FEATURE_OUT_EDGES, EDGE_NO_INTERFACE, EDGES };

static bool is_whole(const struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *), *ip = frame + RTE_ETHER_HDR_LEN;
	uint16_t type = (uint16_t)(frame[12] << 8 | frame[13]);
	uint32_t there = m->pkt_len - RTE_ETHER_HDR_LEN, header, length;

	if (m->data_len < RTE_ETHER_HDR_LEN + 20) return false;
	if (type == RTE_ETHER_TYPE_IPV4 && ip[0] >> 4 == 4) {
		header = (ip[0] & 0xfu) * 4;
		length = (uint32_t)(ip[2] << 8 | ip[3]);
	} else if (type == RTE_ETHER_TYPE_IPV6 && ip[0] >> 4 == 6 && m->data_len >= RTE_ETHER_HDR_LEN + 40) {
		header = 40;
		length = header + (uint32_t)(ip[4] << 8 | ip[5]);
	} else {
		return false;
	}
	return header >= 20 && length >= header && length <= there && m->data_len >= RTE_ETHER_HDR_LEN + header;
}

static void tags_on(struct rte_mbuf *m, const struct logical_port *lp)
{
	struct packet_meta *meta = packet_meta(m);
	unsigned size = lp->matches * 4u;
	uint8_t *at = (uint8_t *)rte_pktmbuf_prepend(m, (uint16_t)size);

	memmove(at, at + size, 2 * RTE_ETHER_ADDR_LEN);
	at += 2 * RTE_ETHER_ADDR_LEN;
	for (unsigned i = 0; i < lp->matches; i++, at += 4) {
		uint16_t tag[2] = {rte_cpu_to_be_16(lp->match[i].tpid), rte_cpu_to_be_16(lp->match[i].vid)};

		memcpy(at, tag, sizeof(tag));
	}
	meta->l3_offset = (uint8_t)(RTE_ETHER_HDR_LEN + size);
	meta->egress_vid = logical_port_vid(lp);
}

static uint8_t tap_packet(struct worker *worker, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	const struct l3_interface *it = dataplane_interface(worker->dataplane, meta->egress_interface);
	const struct logical_port *lp;
	enum ip_version version;

	meta->l4_offset = 0;
	if (it == NULL) return EDGE_NO_INTERFACE;
	if (!is_whole(m)) return EDGE_MALFORMED;
	lp = dataplane_logical_port(worker->dataplane, it->logical_port);
	if (lp != NULL) {
		meta->egress_port = lp->port;
		meta->egress = lp->id;
		tags_on(m, lp);
	}
	version = ip_version_of(ip_header(m));
	return feature_first_out(it, version);
}

static uint16_t tap_in_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();

	for (uint16_t i = 0; i < n; i++)
		rte_node_enqueue_x1(graph, node, tap_packet(worker, objs[i]), objs[i]);
	return n;
}

static struct rte_node_register tap_in_node = {
	.name = "tap-in",
	.process = tap_in_process,
	.nb_edges = EDGES,
	.next_nodes = {[FEATURE_ACL_OUT] = "acl-out",
		       [FEATURE_POLICER_OUT] = "policer-out",
		       [FEATURE_OUT_DONE] = "l3-out",
		       [EDGE_MALFORMED] = "drop-tap-malformed",
		       [EDGE_NO_INTERFACE] = "drop-tap-no-interface"},
};
RTE_NODE_REGISTER(tap_in_node);
