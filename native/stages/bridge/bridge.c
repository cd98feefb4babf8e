// Node "bridge": learns the source, finds the destination.
//
// Two loops over up to 64 packets: the first makes keys and hashes and fetches the buckets, the second learns, looks up
// and decides. What packets of one logical port have in common is looked up once for as long as they follow each other.
//
// The flow cache is told of both addresses, the bridge domain and both logical ports; a hit keeps the entries fresh.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../../main/stage.h"
#include "../count.h"
#include "../enqueue.h"
#include "../flow/record.h"
#include "../l3/interface.h"
#include "../l3_edges.h"
#include "bridge.h"

enum {
	EDGE_L3 = L3_EDGE,
	EDGE_VLAN_OUT,
	EDGE_FLOOD,
	EDGE_STORM_CONTROL,
	EDGE_NO_BRIDGE_DOMAIN,
	EDGE_SAME_PORT,
	EDGE_SPLIT_HORIZON,
	EDGE_UNKNOWN_UNICAST,
	EDGES,
};

#define STRIDE 64

struct walk {
	const struct dataplane *dp;
	struct fdb_table *table;
	unsigned worker;
	uint32_t now;
	// Of the packets at hand: where they came in, and the value under which that is learned.
	const struct logical_port *in;
	const struct bridge_domain *bd; // NULL: none
	uint64_t here;
	bool learning;
	// The router's own port in the bridge domain: key of its MAC, 0: none.
	uint64_t router;
	const struct interface_live *virtual_routers; // NULL: none are active
	// Where the last one went, and the value of its destination without its time.
	const struct logical_port *out;
	uint64_t there;
};

struct packet {
	uint64_t source, destination;
	uint64_t source_hash, destination_hash;
};

// Everything of a learned entry that has to be as it is but for its time.
#define PLACE_MASK (~((uint64_t)FDB_SEEN_MASK << FDB_SEEN_SHIFT | FDB_COPIED))

static inline void prepare(const struct walk *walk, struct rte_mbuf *m, struct packet *packet)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint16_t bridge_domain = (uint16_t)packet_meta(m)->bridge_domain;

	packet->destination = fdb_key(frame, bridge_domain);
	packet->source = fdb_key(frame + RTE_ETHER_ADDR_LEN, bridge_domain);
	packet->source_hash = fdb_hash(walk->table, packet->source);
	packet->destination_hash = fdb_hash(walk->table, packet->destination);
	rte_prefetch0(fdb_first(walk->table, packet->source_hash));
	rte_prefetch0(fdb_first(walk->table, packet->destination_hash));
}

static void enter(struct walk *walk, const struct packet_meta *meta)
{
	const struct l3_interface *router;

	walk->in = meta->ingress != 0 ? dataplane_logical_port(walk->dp, meta->ingress) : &bridge_router_port;
	walk->bd = dataplane_bridge_domain(walk->dp, meta->bridge_domain);
	walk->here = fdb_value(walk->in->id, bridge_epoch_of(walk->in->id), walk->now);
	walk->learning = walk->bd != NULL && walk->bd->learning && meta->ingress != 0;
	walk->out = NULL;
	walk->there = 0;
	walk->router = 0;
	walk->virtual_routers = NULL;
	router = walk->bd != NULL && meta->ingress != 0 ? dataplane_interface(walk->dp, walk->bd->interface) : NULL;
	if (router == NULL) return;
	walk->router = address_bits((const uint8_t *)&router->live->mac) | (uint64_t)walk->bd->id << 48;
	if (router->live->has_virtual_routers) walk->virtual_routers = router->live;
}

// The bridge domain that packets of one logical port are in is one; the router is in several.
static inline bool entered(const struct walk *walk, const struct packet_meta *meta)
{
	if (unlikely(walk->in == NULL || meta->ingress != walk->in->id)) return false;
	return likely(meta->ingress != 0) || (walk->bd != NULL && walk->bd->id == meta->bridge_domain);
}

static inline bool is_for_router(const struct walk *walk, const struct packet *packet)
{
	return packet->destination == walk->router ||
	       (unlikely(walk->virtual_routers != NULL) &&
		interface_is_virtual_router(walk->virtual_routers, (const uint8_t *)&packet->destination));
}

static void learn(const struct walk *walk, const struct packet *packet)
{
	// A trace learns nothing.
	if (unlikely(walk->worker == worker_count)) return;
	const struct logical_port *lp = walk->in;
	const struct bridge_domain *bd = walk->bd;
	const struct fdb_place place = {
		.port = lp->id,
		.domain = (uint16_t)bd->id,
		.epoch = fdb_value_epoch(walk->here),
		.port_limit = lp->mac_limit,
		.domain_limit = bd->mac_limit,
	};
	enum fdb_learned learned =
		fdb_learn_slow(&bridge_fdb, walk->table, packet->source, packet->source_hash, &place, walk->now);

	if (learned == FDB_MOVED) {
		bd->fdb->counters[walk->worker].moves++;
		if (bd->mac_move_limit != 0 && !bridge_moved(walk->worker, packet->source, lp->id))
			bd->fdb->counters[walk->worker].moves_unnoticed++;
	} else if (learned == FDB_LIMITED) {
		bd->fdb->counters[walk->worker].limited++;
		atomic_store_explicit(&bd->fdb->limited_port, lp->id, memory_order_relaxed);
		atomic_store_explicit(&bridge_limit_met, true, memory_order_relaxed);
	}
}

// The logical port of a destination's value; NULL where it is not valid (any more).
static inline const struct logical_port *destination_port(struct walk *walk, uint64_t value)
{
	uint32_t ageing = walk->bd->ageing_seconds;

	if (likely((value & PLACE_MASK) == walk->there && (ageing == 0 || fdb_value_age(value, walk->now) <= ageing)))
		return walk->out;
	walk->out = bridge_entry_port(walk->dp, walk->bd, value, walk->now);
	walk->there = walk->out != NULL ? value & PLACE_MASK : 0;
	return walk->out;
}

static inline uint8_t forward(struct walk *walk, const struct packet *packet, struct packet_meta *meta)
{
	const struct logical_port *out = NULL;

	if (unlikely(!entered(walk, meta))) enter(walk, meta);
	if (unlikely(walk->bd == NULL)) return EDGE_NO_BRIDGE_DOMAIN;
	if (likely(walk->learning) &&
	    unlikely(fdb_lookup(walk->table, packet->source, packet->source_hash) != walk->here))
		learn(walk, packet);
	if (unlikely(is_for_router(walk, packet))) return EDGE_L3;
	// The group bit is the lowest one of the first byte (802.1Q-2018, 8.2).
	if (likely((packet->destination & 1) == 0))
		out = destination_port(walk, fdb_lookup(walk->table, packet->destination, packet->destination_hash));
	if (unlikely(out == NULL)) {
		if ((packet->destination & 1) == 0 && !walk->bd->flood_unknown_unicast) return EDGE_UNKNOWN_UNICAST;
		if (unlikely(walk->in != NULL && walk->in->storm != NULL)) return EDGE_STORM_CONTROL;
		walk->bd->fdb->counters[walk->worker].flooded++;
		return EDGE_FLOOD;
	}
	if (unlikely(out == walk->in)) return EDGE_SAME_PORT;
	if (unlikely(out->split_horizon_group != 0 && out->split_horizon_group == walk->in->split_horizon_group))
		return EDGE_SPLIT_HORIZON;
	meta->egress = out->id;
	return EDGE_VLAN_OUT;
}

// For the flow cache. Its elements before the lookups …
static void record_before(const struct worker *worker, const struct rte_node *node, struct rte_mbuf *m,
			  const struct packet *packet)
{
	struct flow_record *record = flow_record_of(worker, m);

	if (record == NULL) return;
	record_stage(record, node->id);
	record_element(record, FLOW_BRIDGE_DOMAIN, packet_meta(m)->bridge_domain);
	record_element(record, FLOW_MAC, packet->destination);
}

static bool keep_source(struct worker *worker, uint64_t key, uint64_t logical_port)
{
	return bridge_keep_source(worker->dataplane, key, (uint32_t)logical_port);
}

static bool keep_destination(struct worker *worker, uint64_t key, uint64_t logical_port)
{
	return bridge_keep_destination(worker->dataplane, key, (uint32_t)logical_port);
}

// … and what came of them. The source has been learned just now: it is looked up again, after its element was told.
static void record_after(const struct worker *worker, const struct walk *walk, struct rte_mbuf *m,
			 const struct packet *packet, uint8_t edge)
{
	struct flow_record *record = flow_record_of(worker, m);
	const struct logical_port *out;

	if (record == NULL || walk->bd == NULL) return;
	if (walk->bd->interface != 0) {
		const struct l3_interface *router = dataplane_interface(walk->dp, walk->bd->interface);

		// Whether a frame is for the router was decided with its MAC as it was when the run began.
		record_element(record, FLOW_INTERFACE, walk->bd->interface);
		if (walk->router != 0 && router != NULL &&
		    walk->router != (address_bits((const uint8_t *)&router->live->mac) | (uint64_t)walk->bd->id << 48))
			record_refuse(record, "changed meanwhile");
	}
	if (walk->learning && !record_traced(record)) {
		record_element(record, FLOW_MAC, packet->source);
		if (bridge_keep_source(walk->dp, packet->source, walk->in->id))
			record_refresh(record, keep_source, packet->source, walk->in->id);
		else
			record_refuse(record, "address not learned here");
	}
	if (edge == EDGE_FLOOD || edge == EDGE_STORM_CONTROL) {
		record_refuse(record, "flooded");
		record_verdict(record, "flooded in bridge domain %s", walk->bd->name);
		return;
	}
	// l3-in tells of the interface, and looks at its MAC again.
	if (edge == EDGE_L3) return;
	out = dataplane_logical_port(walk->dp, packet_meta(m)->egress);
	if (edge == EDGE_SAME_PORT) out = walk->in;
	if (edge == EDGE_SPLIT_HORIZON) out = walk->out;
	if (out == NULL) return;
	record_element(record, FLOW_LOGICAL_PORT, out->id);
	if (bridge_keep_destination(walk->dp, packet->destination, out->id))
		record_refresh(record, keep_destination, packet->destination, out->id);
	else
		record_refuse(record, "changed meanwhile");
	record_verdict(record, "bridge domain %s, to logical port %s", walk->bd->name, out->name);
	if (edge != EDGE_VLAN_OUT) record_object(record, "logical-port", out->name, "");
}

static uint16_t bridge_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	struct walk walk = {
		.dp = worker->dataplane,
		.table = atomic_load_explicit(&bridge_fdb.table, memory_order_acquire),
		.worker = worker->index,
		.now = bridge_seconds(),
	};
	struct packet packet[STRIDE];
	uint8_t edge[MAX_BURST];

	for (uint16_t done = 0; done < n; done += STRIDE) {
		struct rte_mbuf **packets = (struct rte_mbuf **)objs + done;
		uint16_t chunk = RTE_MIN(n - done, STRIDE);

		for (uint16_t i = 0; i < chunk; i++)
			prepare(&walk, packets[i], &packet[i]);
		for (uint16_t i = 0; i < chunk; i++) {
			struct packet_meta *meta = packet_meta(packets[i]);

			if (unlikely(meta->record != 0)) record_before(worker, node, packets[i], &packet[i]);
			edge[i] = forward(&walk, &packet[i], meta);
			if (unlikely(meta->record != 0)) record_after(worker, &walk, packets[i], &packet[i], edge[i]);
		}
		enqueue_runs(graph, node, objs + done, edge, chunk, chunk == n);
	}
	return n;
}

static struct rte_node_register bridge_node = {
	.name = "bridge",
	.process = bridge_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[EDGE_L3] = "drop-no-bridge-domain",
			[EDGE_VLAN_OUT] = "vlan-out",
			[EDGE_FLOOD] = "bridge-flood",
			[EDGE_STORM_CONTROL] = "storm-control",
			[EDGE_NO_BRIDGE_DOMAIN] = "drop-no-bridge-domain",
			[EDGE_SAME_PORT] = "drop-fdb-same-port",
			[EDGE_SPLIT_HORIZON] = "drop-split-horizon",
			[EDGE_UNKNOWN_UNICAST] = "drop-unknown-unicast",
		},
};
RTE_NODE_REGISTER(bridge_node);
