// Node "bridge": learns the source, finds the destination.
//
// Three loops over up to 64 packets, each fetching for the next: keys and hashes (fetches the buckets), learning and
// lookup (fetches the logical port), verdict.
//
// The flow cache's place: this node will record the masks of both addresses and the bridge domain, the rewrite of the
// chosen logical port, and the entry's generation.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../../main/stage.h"
#include "../enqueue.h"
#include "bridge.h"

enum {
	EDGE_VLAN_OUT,
	EDGE_FLOOD,
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
};

struct packet {
	const struct bridge_domain *bd; // NULL: none
	const uint8_t *frame;
	uint64_t source, destination;
	uint64_t source_hash, destination_hash;
	uint64_t value;
};

static inline void prepare(const struct walk *walk, struct rte_mbuf *m, struct packet *packet)
{
	const struct packet_meta *meta = packet_meta(m);

	packet->bd = dataplane_bridge_domain(walk->dp, meta->bridge_domain);
	if (unlikely(packet->bd == NULL)) return;
	packet->frame = rte_pktmbuf_mtod(m, const uint8_t *);
	packet->destination = fdb_key(packet->frame, (uint16_t)meta->bridge_domain);
	packet->source = fdb_key(packet->frame + RTE_ETHER_ADDR_LEN, (uint16_t)meta->bridge_domain);
	packet->source_hash = fdb_hash(walk->table, packet->source);
	packet->destination_hash = fdb_hash(walk->table, packet->destination);
	rte_prefetch0(fdb_first(walk->table, packet->source_hash));
	rte_prefetch0(fdb_first(walk->table, packet->destination_hash));
}

static inline void learn(const struct walk *walk, const struct packet *packet, const struct packet_meta *meta)
{
	const struct logical_port *lp = dataplane_logical_port(walk->dp, meta->ingress);
	const struct bridge_domain *bd = packet->bd;
	const struct fdb_place place = {
		.port = lp->id,
		.domain = (uint16_t)bd->id,
		.epoch = bridge_epoch_of(lp->id),
		.port_limit = lp->mac_limit,
		.domain_limit = bd->mac_limit,
	};
	enum fdb_learned learned =
		fdb_learn(&bridge_fdb, walk->table, packet->source, packet->source_hash, &place, walk->now);

	if (likely(learned == FDB_SAME)) return;
	if (learned == FDB_MOVED) {
		bd->fdb->counters[walk->worker].moves++;
	} else if (learned == FDB_LIMITED) {
		bd->fdb->counters[walk->worker].limited++;
		atomic_store_explicit(&bd->fdb->limited_port, lp->id, memory_order_relaxed);
		atomic_store_explicit(&bridge_limit_met, true, memory_order_relaxed);
	}
}

static inline void look_up(const struct walk *walk, struct packet *packet, const struct packet_meta *meta)
{
	if (unlikely(packet->bd == NULL)) return;
	if (likely(packet->bd->learning)) learn(walk, packet, meta);
	packet->value = 0;
	if (likely((packet->frame[0] & 1) == 0))
		packet->value = fdb_lookup(walk->table, packet->destination, packet->destination_hash);
}

static inline uint8_t decide(const struct walk *walk, const struct packet *packet, struct packet_meta *meta)
{
	const struct logical_port *in, *out;

	if (unlikely(packet->bd == NULL)) return EDGE_NO_BRIDGE_DOMAIN;
	out = bridge_entry_port(walk->dp, packet->bd, packet->value, walk->now);
	if (unlikely(out == NULL)) {
		if ((packet->frame[0] & 1) == 0 && !packet->bd->flood_unknown_unicast) return EDGE_UNKNOWN_UNICAST;
		packet->bd->fdb->counters[walk->worker].flooded++;
		return EDGE_FLOOD;
	}
	if (unlikely(out->id == meta->ingress)) return EDGE_SAME_PORT;
	in = dataplane_logical_port(walk->dp, meta->ingress);
	if (unlikely(out->split_horizon_group != 0 && out->split_horizon_group == in->split_horizon_group))
		return EDGE_SPLIT_HORIZON;
	meta->egress = out->id;
	return EDGE_VLAN_OUT;
}

static uint16_t bridge_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	const struct worker *worker = worker_self();
	const struct walk walk = {
		.dp = worker->dataplane,
		.table = atomic_load_explicit(&bridge_fdb.table, memory_order_acquire),
		.worker = worker->index,
		.now = bridge_seconds(),
	};
	struct packet packet[STRIDE];
	uint8_t edge[STRIDE];

	for (uint16_t done = 0; done < n; done += STRIDE) {
		struct rte_mbuf **packets = (struct rte_mbuf **)objs + done;
		uint16_t chunk = RTE_MIN(n - done, STRIDE);

		for (uint16_t i = 0; i < chunk; i++)
			prepare(&walk, packets[i], &packet[i]);
		for (uint16_t i = 0; i < chunk; i++)
			look_up(&walk, &packet[i], packet_meta(packets[i]));
		for (uint16_t i = 0; i < chunk; i++)
			edge[i] = decide(&walk, &packet[i], packet_meta(packets[i]));
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
			[EDGE_VLAN_OUT] = "vlan-out",
			[EDGE_FLOOD] = "bridge-flood",
			[EDGE_NO_BRIDGE_DOMAIN] = "drop-no-bridge-domain",
			[EDGE_SAME_PORT] = "drop-fdb-same-port",
			[EDGE_SPLIT_HORIZON] = "drop-split-horizon",
			[EDGE_UNKNOWN_UNICAST] = "drop-unknown-unicast",
		},
};
RTE_NODE_REGISTER(bridge_node);
