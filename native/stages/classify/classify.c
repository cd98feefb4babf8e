// Node "classify": a received frame to its logical port.
//
// Here is the place for protocols of the router's own: frames to the reserved
// addresses 01-80-C2-00-00-00..0F are never forwarded (802.1Q-2018 8.6.3) and
// leave by EDGE_LINK_LOCAL, but those of methods that tell the CE: ce-in.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../../main/stage.h"
#include "../block-point/block_map.h"
#include "../ce-notify/ce_in.h"
#include "../count.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "next.h"
#include "tag_map.h"

enum {
	EDGE_CFM = CLASSIFY_CFM,
	EDGE_VLAN_IN,
	EDGE_BLOCK_IN,
	EDGE_MALFORMED,
	EDGE_MTU,
	EDGE_LINK_LOCAL,
	EDGE_CE_IN,
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

// 01-80-C2-00-00-00..0F, and -20..-2F of MRP.
static inline bool is_reserved(const uint8_t *address)
{
	return (address_bits(address) & UINT64_C(0xd0ffffffffff)) == UINT64_C(0x000000c28001);
}

// Of a frame to a reserved address, its edge; EDGES: it goes on like any other one.
static __rte_noinline uint8_t reserved_edge(const struct port *port, const uint8_t *frame,
					    const struct frame_tags *tags)
{
	uint8_t takes = atomic_load_explicit(&ce_takes[port->id], memory_order_relaxed);

	if (takes != 0 && tags->count == 0 && !tags->priority_tagged && (ce_in_kind(frame) & takes) != 0)
		return EDGE_CE_IN;
	return frame[5] < 0x10 ? EDGE_LINK_LOCAL : EDGES;
}

// What frames of one port with the same tags have in common. It is looked up once for as long as they follow each
// other, and their counters are added once.
struct run {
	const struct port *port;
	const struct logical_port *lp; // NULL: no run
	uint32_t tag;                  // tag_word() of its frames
	uint32_t longest;              // bytes of a frame that the port takes
	uint8_t edge;
	uint32_t packets;
	uint64_t octets;
};

static inline void run_count(const struct worker *worker, struct run *run)
{
	if (run->packets == 0) return;
	count_in_unicast(&run->port->counters[worker->index], run->packets, run->octets);
	count_in_unicast(&run->lp->counters[worker->index], run->packets, run->octets);
	run->packets = 0;
	run->octets = 0;
}

static inline uint8_t edge_of(const struct port *port, const struct logical_port *lp, bool priority_tagged)
{
	if (unlikely(port->meps != NULL)) return EDGE_CFM;
	if (unlikely(port->blocks != NULL)) return EDGE_BLOCK_IN;
	if (lp->interface != 0) return NEXT_L3;
	return lp->rewrite == REWRITE_KIND_NONE && !priority_tagged ? next_service(lp) : EDGE_VLAN_IN;
}

// The next frames are like this one, if all that is asked of each is in classify_next.
static inline void run_begin(const struct worker *worker, struct run *run, const struct port *port,
			     const struct logical_port *lp, const uint8_t *frame, const struct frame_tags *tags)
{
	uint32_t tag = tag_word(frame);

	// A longer match is tried for each frame.
	if (tags->priority_tagged || tags->count > 1 || tag_map_has_inner(port->tags, tags)) return;
	run_count(worker, run);
	run->port = port;
	run->lp = lp;
	run->tag = tag;
	run->longest = ETHERNET_HEADER + tags->count * TAG_SIZE + (uint32_t)port->mtu;
	run->edge = edge_of(port, lp, false);
}

static uint8_t classify_packet(struct worker *worker, struct run *run, const struct port *port, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);
	const struct logical_port *lp;
	struct frame_tags tags;
	const uint8_t *frame;
	uint8_t edge;

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
	if (unlikely(is_reserved(frame)) && (edge = reserved_edge(port, frame, &tags)) != EDGES) return edge;
	lp = dataplane_logical_port(worker->dataplane, tag_map_lookup(port->tags, &tags));
	meta->vid = tags.count != 0 ? tags.tag[0].vid : 0;
	meta->tags = tags.count;
	meta->priority = tags.priority;
	// A MEP needs no logical port.
	if (unlikely(lp == NULL)) return port->meps != NULL ? EDGE_CFM : EDGE_UNKNOWN_VLAN;
	meta->ingress = lp->id;
	meta->bridge_domain = lp->bridge_domain;
	count_in(&lp->counters[worker->index], frame, m->pkt_len);
	if (unlikely(!lp->enabled)) return EDGE_LOGICAL_PORT_DISABLED;
	if (unlikely(frame[6] & 1)) return EDGE_SOURCE_MULTICAST;
	if (lp != run->lp && m->data_len >= TAGS_WINDOW) run_begin(worker, run, port, lp, frame, &tags);
	return edge_of(port, lp, tags.priority_tagged);
}

// The frame after others of a run: unicast, from a station, with the run's tags and no more, whole and not too long.
static inline bool classify_next(struct run *run, const struct port *port, struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct packet_meta *meta = packet_meta(m);

	if (unlikely(run->lp == NULL || run->port != port || meta->record != 0)) return false;
	if (unlikely(m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED || m->data_len < TAGS_WINDOW)) return false;
	if (unlikely(tag_word(frame) != run->tag || m->pkt_len > run->longest)) return false;
	if (unlikely((frame[0] | frame[6]) & 1)) return false;
	meta->ingress = run->lp->id;
	meta->bridge_domain = run->lp->bridge_domain;
	if (run->tag != 0) {
		if (unlikely(is_tag(read_be16(frame + 16)))) return false;
		meta->vid = read_be16(frame + 14) & 0xfff;
		meta->tags = 1;
		meta->priority = frame[14] >> 4;
	}
	run->packets++;
	run->octets += m->pkt_len;
	return true;
}

// For the flow cache: what was read and counted above. Groups do not come here with a record (flow/key.h).
static void classify_record(const struct worker *worker, const struct rte_node *node, const struct port *port,
			    struct rte_mbuf *m, struct flow_record *record)
{
	const struct packet_meta *meta = packet_meta(m);
	const struct logical_port *lp = dataplane_logical_port(worker->dataplane, meta->ingress);
	struct counters *counters;
	struct frame_tags tags;

	record_stage(record, node->id);
	if (port == NULL || frame_tags_parse(rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &tags) != 0) {
		record_refuse(record, "malformed");
		return;
	}
	counters = &port->counters[worker->index];
	record_element(record, FLOW_PORT, port->id);
	record_counter(record, &counters->in_unicast, &counters->in_octets, 0);
	record_longest(record, m,
		       ETHERNET_HEADER + (tags.count + tags.priority_tagged) * TAG_SIZE + (uint32_t)port->mtu);
	record_element(record, FLOW_TAGS, flow_tag_id(port->id, tags.count != 0 ? tags.tag[0].vid : 0));
	if (lp == NULL) return;
	counters = &lp->counters[worker->index];
	record_element(record, FLOW_LOGICAL_PORT, lp->id);
	record_counter(record, &counters->in_unicast, &counters->in_octets, 0);
	record_verdict(record, "logical port %s", lp->name);
}

static uint16_t classify_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	const struct port *port = NULL;
	struct run run = {.lp = NULL};
	struct flow_record *record;
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
			if (likely(classify_next(&run, port, packets[i])))
				edge[i] = run.edge;
			else // The port may have gone away between its receiving and this walk.
				edge[i] = likely(port != NULL) ? classify_packet(worker, &run, port, packets[i])
							       : EDGE_PORT_DISABLED;
			if (unlikely((record = flow_record_of(worker, packets[i])) != NULL))
				classify_record(worker, node, port, packets[i], record);
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	run_count(worker, &run);
	return n;
}

static struct rte_node_register classify_node = {
	.name = "classify",
	.process = classify_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			NEXT_SERVICE_NODES,
			[EDGE_CFM] = "drop-unknown-vlan",
			[EDGE_VLAN_IN] = "vlan-in",
			[EDGE_BLOCK_IN] = "block-in",
			[EDGE_MALFORMED] = "drop-malformed",
			[EDGE_MTU] = "drop-mtu-exceeded-in",
			[EDGE_LINK_LOCAL] = "drop-link-local",
			[EDGE_CE_IN] = "ce-in",
			[EDGE_UNKNOWN_VLAN] = "drop-unknown-vlan",
			[EDGE_PORT_DISABLED] = "drop-port-disabled",
			[EDGE_LOGICAL_PORT_DISABLED] = "drop-logical-port-disabled",
			[EDGE_SOURCE_MULTICAST] = "drop-source-multicast",
		},
};
RTE_NODE_REGISTER(classify_node);
