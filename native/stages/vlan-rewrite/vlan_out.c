// Node "vlan-out": the tag rewrite of the logical port on the way out, and what else must hold for a frame to leave
// by it: the port is up and the frame is not longer than its MTU.
#include "../../main/stage.h"
#include "../enqueue.h"
#include "rewrite.h"

enum {
	EDGE_TX,
	EDGE_BLOCK_OUT,
	EDGE_MISMATCH,
	EDGE_NO_HEADROOM,
	EDGE_MTU,
	EDGE_PORT_DOWN,
	EDGE_DISABLED,
	EDGES,
};

static inline uint16_t wire_vid(const struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);

	return is_tag(read_be16(frame + 12)) ? read_be16(frame + 14) & 0xfff : 0;
}

static inline uint8_t vlan_out_packet(const struct dataplane *dp, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	const struct logical_port *lp = dataplane_logical_port(dp, meta->egress);
	const struct port *port = lp != NULL ? dataplane_port(dp, lp->port) : NULL;
	enum rewrite_result result;
	unsigned tags;

	if (unlikely(port == NULL || !port->enabled || !port_can_transmit(port))) return EDGE_PORT_DOWN;
	meta->egress_port = port->id;
	if (unlikely(!lp->enabled)) return EDGE_DISABLED;
	result = rewrite_out(m, lp, meta->priority, &tags);
	if (unlikely(result != REWRITE_OK)) return result == REWRITE_MISMATCH ? EDGE_MISMATCH : EDGE_NO_HEADROOM;
	if (unlikely(m->pkt_len > ETHERNET_HEADER + tags * TAG_SIZE + port->mtu)) return EDGE_MTU;
	meta->egress_vid = wire_vid(m);
	return unlikely(port->blocks != NULL) ? EDGE_BLOCK_OUT : EDGE_TX;
}

static uint16_t vlan_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct dataplane *dp = worker_self()->dataplane;
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++)
			edge[i] = vlan_out_packet(dp, objs[done + i]);
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register vlan_out_node = {
	.name = "vlan-out",
	.process = vlan_out_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[EDGE_TX] = "tx",
			[EDGE_BLOCK_OUT] = "block-out",
			[EDGE_MISMATCH] = "drop-encapsulation-mismatch",
			[EDGE_NO_HEADROOM] = "drop-no-headroom",
			[EDGE_MTU] = "drop-mtu-exceeded",
			[EDGE_PORT_DOWN] = "drop-port-down",
			[EDGE_DISABLED] = "drop-egress-disabled",
		},
};
RTE_NODE_REGISTER(vlan_out_node);
