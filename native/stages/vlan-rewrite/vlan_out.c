// Node "vlan-out": the tag rewrite of the logical port on the way out, and what else must hold for a frame to leave
// by it: the port is up and the frame is not longer than its MTU.
#include "../../main/stage.h"
#include "../enqueue.h"
#include "../flow/record.h"
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

// What an untagged frame needs to leave by a logical port.
enum untagged { UNTAGGED_OTHER, UNTAGGED_AS_IT_IS, UNTAGGED_PUSH };

// What frames to one logical port have in common, looked up once for as long as they follow each other.
struct run {
	const struct logical_port *lp;
	const struct port *port;
	uint32_t id;
	uint32_t longest; // bytes of an untagged frame
	uint32_t tag;     // UNTAGGED_PUSH: as on the wire
	uint8_t untagged; // enum untagged
	uint8_t edge;     // of every frame, if it is not EDGE_TX or EDGE_BLOCK_OUT
};

static void run_begin(const struct dataplane *dp, struct run *run, uint32_t id)
{
	const struct logical_port *lp = dataplane_logical_port(dp, id);
	const struct port *port = lp != NULL ? dataplane_port(dp, lp->port) : NULL;

	*run = (struct run){.lp = lp, .port = port, .id = id, .edge = EDGE_PORT_DOWN};
	if (port == NULL || !port->enabled || !port_can_transmit(port)) return;
	run->edge = !lp->enabled ? EDGE_DISABLED : port->blocks != NULL ? EDGE_BLOCK_OUT : EDGE_TX;
	run->longest = ETHERNET_HEADER + (uint32_t)port->mtu;
	if (lp->matches == 0 && (lp->rewrite == REWRITE_KIND_NONE || lp->rewrite == REWRITE_KIND_POP)) {
		run->untagged = UNTAGGED_AS_IT_IS;
	} else if (lp->matches == 1 && lp->rewrite == REWRITE_KIND_POP) {
		run->untagged = UNTAGGED_PUSH;
		run->tag = rte_cpu_to_be_32((uint32_t)lp->match[0].tpid << 16 | lp->match[0].vid);
	}
}

static inline uint8_t vlan_out_packet(const struct run *run, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	enum rewrite_result result;
	unsigned tags;

	if (likely(run->port != NULL)) meta->egress_port = run->port->id;
	if (unlikely(run->edge != EDGE_TX && run->edge != EDGE_BLOCK_OUT)) return run->edge;
	if (run->untagged != UNTAGGED_OTHER &&
	    likely(m->data_len >= ETHERNET_HEADER && !is_tag(read_be16(rte_pktmbuf_mtod(m, uint8_t *) + 12)))) {
		if (unlikely(m->pkt_len > run->longest)) return EDGE_MTU;
		meta->egress_vid = 0;
		if (run->untagged == UNTAGGED_AS_IT_IS) return run->edge;
		meta->egress_vid = run->lp->match[0].vid;
		return likely(tag_push(m, run->tag, meta->priority)) ? run->edge : EDGE_NO_HEADROOM;
	}
	result = rewrite_out(m, run->lp, meta->priority, &tags);
	if (unlikely(result != REWRITE_OK)) return result == REWRITE_MISMATCH ? EDGE_MISMATCH : EDGE_NO_HEADROOM;
	if (unlikely(m->pkt_len > run->longest + tags * TAG_SIZE)) return EDGE_MTU;
	meta->egress_vid = wire_vid(m);
	return run->edge;
}

// For the flow cache. The tags that the frame leaves with follow from those it came with, which always count.
static void vlan_out_record(const struct rte_node *node, const struct run *run, struct rte_mbuf *m, uint8_t edge,
			    struct flow_record *record)
{
	struct frame_tags tags;

	record_stage(record, node->id);
	record_element(record, FLOW_LOGICAL_PORT, run->id);
	if (run->port == NULL) return;
	record_element(record, FLOW_PORT, run->port->id);
	// The link was looked at when the run began.
	if (port_can_transmit(run->port) == (edge == EDGE_PORT_DOWN)) record_refuse(record, "changed meanwhile");
	record_verdict(record, "logical port %s of %s", run->lp->name, run->port->name);
	if (edge != EDGE_TX && edge != EDGE_BLOCK_OUT)
		record_object(record, edge == EDGE_PORT_DOWN || edge == EDGE_MTU ? "port" : "logical-port",
			      edge == EDGE_PORT_DOWN || edge == EDGE_MTU ? run->port->name : run->lp->name, "");
	if (edge == EDGE_NO_HEADROOM) record_refuse(record, "no headroom");
	if (edge != EDGE_TX && edge != EDGE_BLOCK_OUT && edge != EDGE_MTU) return;
	if (frame_tags_parse(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &tags) == 0)
		record_longest(record, m, run->longest + tags.count * TAG_SIZE);
	else
		record_refuse(record, "malformed");
}

static uint16_t vlan_out_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	const struct dataplane *dp = worker->dataplane;
	struct flow_record *record;
	struct run run = {.id = 0, .edge = EDGE_PORT_DOWN};
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		for (uint16_t i = 0; i < chunk; i++) {
			uint32_t id = packet_meta(objs[done + i])->egress;

			if (unlikely(id != run.id)) run_begin(dp, &run, id);
			edge[i] = vlan_out_packet(&run, objs[done + i]);
			if (unlikely((record = flow_record_of(worker, objs[done + i])) != NULL))
				vlan_out_record(node, &run, objs[done + i], edge[i], record);
		}
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
