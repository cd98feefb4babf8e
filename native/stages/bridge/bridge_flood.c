// Node "bridge-flood": a frame to all members but its own and those of its split horizon group, and a group's frame to
// the router, if it is in the bridge domain.
//
// The last member gets the frame itself, the others copies: short ones whole, long ones as a header of their own in
// front of the shared rest. Nobody writes behind the header afterwards, so the original may be rewritten in place too.
#include "../../main/stage.h"
#include "../drop/drop_node.h"
#include "../l3_edges.h"
#include "../vlan-rewrite/rewrite.h"
#include "bridge.h"

enum { EDGE_L3 = L3_EDGE, EDGE_VLAN_OUT, EDGE_NO_MEMBER, EDGES };

// Up to here a copy costs less than attaching.
#define COPY_WHOLE 512
// What every copy has of its own: more than all tags that a stage looks at or changes.
#define OWN_HEADER 64

const struct logical_port bridge_router_port;

static uint8_t reason_no_buffer;

RTE_INIT(register_no_buffer)
{
	// The pool of packets is empty: one copy of a flooded frame is missing.
	reason_no_buffer = drop_reason_register("no-buffer", DROP_EGRESS);
}

struct out {
	struct rte_graph *graph;
	struct rte_node *node;
	uint16_t count;
	void *packets[MAX_BURST];
};

static void flush(struct out *out)
{
	if (out->count != 0) rte_node_enqueue(out->graph, out->node, EDGE_VLAN_OUT, out->packets, out->count);
	out->count = 0;
}

static void send_to(struct out *out, struct rte_mbuf *m, const struct logical_port *lp)
{
	packet_meta(m)->egress = lp->id;
	if (out->count == MAX_BURST) flush(out);
	out->packets[out->count++] = m;
}

// A header of its own in front of the payload, which is shared. NULL: a pool is empty.
static struct rte_mbuf *share(const struct worker *worker, struct rte_mbuf *m)
{
	struct rte_mbuf *header = rte_pktmbuf_alloc(worker->headers), *rest;

	if (header == NULL) return NULL;
	rest = rte_pktmbuf_clone(m, worker->headers);
	if (rest == NULL) {
		rte_pktmbuf_free(header);
		return NULL;
	}
	memcpy(rte_pktmbuf_append(header, OWN_HEADER), rte_pktmbuf_mtod(m, void *), OWN_HEADER);
	rte_pktmbuf_adj(rest, OWN_HEADER);
	*packet_meta(header) = *packet_meta(m);
	if (rte_pktmbuf_chain(header, rest) != 0) {
		rte_pktmbuf_free(header);
		rte_pktmbuf_free(rest);
		return NULL;
	}
	return header;
}

static struct rte_mbuf *copy(const struct worker *worker, struct rte_mbuf *m)
{
	struct rte_mbuf *result = m->pkt_len > COPY_WHOLE && m->data_len >= OWN_HEADER
					  ? share(worker, m)
					  : rte_pktmbuf_copy(m, worker->packets, 0, UINT32_MAX);

	if (likely(result != NULL)) packet_meta(result)->flags |= PACKET_COPY;
	return result;
}

static bool may_get(const struct dataplane *dp, const struct logical_port *in, const struct logical_port *member)
{
	const struct port *port;

	if (member == NULL || member == in) return false;
	if (member->split_horizon_group != 0 && member->split_horizon_group == in->split_horizon_group) return false;
	port = dataplane_port(dp, member->port);
	return port != NULL && port->enabled && port_can_transmit(port);
}

// The router writes to what it gets, so nothing of it is shared.
static void copy_to_router(struct worker *worker, struct out *out, struct rte_mbuf *m)
{
	struct rte_mbuf *own = rte_pktmbuf_copy(m, worker->packets, 0, UINT32_MAX);

	if (unlikely(own == NULL)) {
		drop_count(worker, reason_no_buffer, m);
		return;
	}
	*packet_meta(own) = *packet_meta(m);
	packet_meta(own)->flags |= PACKET_COPY;
	rte_node_enqueue_x1(out->graph, out->node, EDGE_L3, own);
}

static void flood(struct worker *worker, struct out *out, struct rte_mbuf *m)
{
	const struct dataplane *dp = worker->dataplane;
	struct packet_meta *meta = packet_meta(m);
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, meta->bridge_domain);
	const struct logical_port *in =
		meta->ingress != 0 ? dataplane_logical_port(dp, meta->ingress) : &bridge_router_port;
	const struct logical_port *last = NULL;
	const struct member_list *members = bd->members;
	bool router = bd->interface != 0 && meta->ingress != 0 && (rte_pktmbuf_mtod(m, uint8_t *)[0] & 1) != 0;

	for (uint32_t i = 0; members != NULL && i < members->count; i++) {
		const struct logical_port *member = dataplane_logical_port(dp, members->logical_port[i]);
		struct rte_mbuf *other;

		if (!may_get(dp, in, member)) continue;
		if (last != NULL) {
			other = copy(worker, m);
			if (likely(other != NULL)) {
				send_to(out, other, last);
			} else {
				meta->egress = last->id;
				meta->egress_port = last->port;
				drop_count(worker, reason_no_buffer, m);
			}
		}
		last = member;
	}
	if (router && last != NULL) copy_to_router(worker, out, m);
	if (likely(last != NULL))
		send_to(out, m, last);
	else if (router)
		rte_node_enqueue_x1(out->graph, out->node, EDGE_L3, m);
	else
		rte_node_enqueue_x1(out->graph, out->node, EDGE_NO_MEMBER, m);
}

static uint16_t bridge_flood_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct out out = {.graph = graph, .node = node};

	for (uint16_t i = 0; i < n; i++)
		flood(worker_self(), &out, objs[i]);
	flush(&out);
	return n;
}

static struct rte_node_register bridge_flood_node = {
	.name = "bridge-flood",
	.process = bridge_flood_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_L3] = "drop-no-bridge-domain",
		       [EDGE_VLAN_OUT] = "vlan-out",
		       [EDGE_NO_MEMBER] = "drop-flood-no-member"},
};
RTE_NODE_REGISTER(bridge_flood_node);
