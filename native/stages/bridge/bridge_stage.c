// The bridge's control side: bridge domains, what flushes, queries.
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "../../main/stage.h"
#include "../block-point/block_map.h"
#include "bridge_control.h"

// EngineSettings.mac_limit where nobody sets it.
#define DEFAULT_LIMIT 131072

struct fdb bridge_fdb;

// Behind a closed segment whose frames go to the peer that forwards now: that announces its stations from its place,
// and what is still sent here for them has to find the way to it (stages/ethernet-segment).
static bool redirects(uint32_t logical_port)
{
	const struct worker *worker = worker_self();
	// Of a worker that is in the middle of a walk: what it sees.
	const struct dataplane *dp =
		worker != NULL && worker->dataplane != NULL ? worker->dataplane : dataplane_current();
	const struct logical_port *lp = dataplane_logical_port(dp, logical_port);
	const struct port *port = lp != NULL && lp->matches != 0 ? dataplane_port(dp, lp->port) : NULL;
	const struct gate *gate = port != NULL ? block_map_gate(port->blocks, lp->match[0].vid) : NULL;

	return gate != NULL && gate_redirects(gate, lp->match[0].vid);
}

static int bridge_start(void)
{
	uint64_t seed;
	int result;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) return -errno;
	result = fdb_open(&bridge_fdb, DEFAULT_LIMIT, seed, &bridge_memory);
	bridge_fdb.stays = redirects;
	if (result == 0) result = bridge_static_start(seed);
	return result == 0 ? bridge_ageing_start() : result;
}

static void bridge_stop(void)
{
	bridge_ageing_stop();
	bridge_moves_stop();
	bridge_static_stop();
	fdb_close(&bridge_fdb, &bridge_memory);
}

static int settings_changed(struct generation *g, const struct engine_settings *old, const struct engine_settings *new)
{
	return bridge_room(g, new != NULL ? new->mac_limit : DEFAULT_LIMIT);
}

static int bridge_domain_changed(struct generation *g, const struct bridge_domain *old, struct bridge_domain *new)
{
	size_t size = sizeof(struct fdb_bridge) + COUNTER_SLOTS * sizeof(struct bridge_counters);

	if (new == NULL) return generation_on_commit(g, free, old->fdb);
	if (old != NULL) return 0;
	new->fdb = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE));
	if (new->fdb == NULL || generation_on_abort(g, free, new->fdb) != 0) {
		free(new->fdb);
		new->fdb = NULL;
		return generation_refuse(g, -ENOMEM, "bridge domain %s: out of memory", new->name);
	}
	memset(new->fdb, 0, size);
	return 0;
}

static int logical_port_changed(struct generation *g, const struct logical_port *old, struct logical_port *new)
{
	bool stays = old != NULL && new != NULL && old->bridge_domain == new->bridge_domain && old->port == new->port &&
		     old->matches ==
			     new->matches &&memcmp(old->match, new->match, old->matches * sizeof(old->match[0])) == 0 &&
		     (new->enabled || !old->enabled);

	// A new one too: its id may have been another's.
	return stays ? 0 : bridge_flush_later(g, new != NULL ? new->id : old->id);
}

static bool sweep_needed;

static void published(struct generation *g)
{
	sweep_needed = bridge_flush_published(g);
	bridge_room_published();
	bridge_static_published();
	bridge_moves_published();
}

static void blocks_changed(struct block_change *changes, unsigned count)
{
	sweep_needed = bridge_flush_blocked(dataplane_current(), changes, count) || sweep_needed;
}

// Last of all: nobody waits for it.
static void sweep(void)
{
	if (sweep_needed) bridge_sweep_all();
	sweep_needed = false;
}

static void swept(struct generation *g)
{
	sweep();
}

static void swept_after(struct block_change *changes, unsigned count)
{
	sweep();
}

static void flush(uint32_t bridge_domain, uint32_t logical_port)
{
	const struct dataplane *dp = dataplane_current();

	for (uint32_t id = 1; id <= MAX_ID; id++) {
		const struct logical_port *lp = dataplane_logical_port(dp, id);

		if (lp != NULL && (logical_port == 0 || id == logical_port) &&
		    (bridge_domain == 0 || lp->bridge_domain == bridge_domain))
			bridge_flush_port(id);
	}
	bridge_sweep_all();
}

// What was reached through a port without link is looked for elsewhere.
static void link_changed(const struct port *port, enum port_link link)
{
	const struct dataplane *dp = dataplane_current();

	if (link != PORT_LINK_DOWN && link != PORT_LINK_NOT_PRESENT) return;
	for (uint32_t id = 1; id <= MAX_ID; id++) {
		const struct logical_port *lp = dataplane_logical_port(dp, id);

		if (lp != NULL && lp->port == port->id) bridge_flush_port(id);
	}
	bridge_sweep_all();
}

// ---------------------------------------------------------------- queries

struct walk {
	uint32_t bridge_domain, now;
	bridge_visit *visit;
	void *ctx;
};

static void visit_entry(void *ctx, uint64_t key, uint64_t value)
{
	const struct walk *walk = ctx;
	const struct dataplane *dp = dataplane_current();
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, key >> 48);
	const struct logical_port *lp;

	if (bd == NULL || (walk->bridge_domain != 0 && walk->bridge_domain != bd->id)) return;
	lp = bridge_entry_port(dp, bd, value, walk->now);
	if (lp != NULL) walk->visit(walk->ctx, bd->id, lp, key, value);
}

bool bridge_walk(uint32_t bridge_domain, uint32_t *cursor, uint32_t buckets, bridge_visit *visit, void *ctx)
{
	struct walk walk = {bridge_domain, bridge_seconds(), visit, ctx};

	*cursor = fdb_walk(&bridge_fdb, *cursor, buckets, visit_entry, &walk);
	return *cursor < fdb_buckets(&bridge_fdb);
}

struct page {
	struct fdb_row *rows;
	unsigned count;
	uint32_t now;
};

static void add_row(void *ctx, uint32_t bridge_domain, const struct logical_port *lp, uint64_t key, uint64_t value)
{
	struct page *page = ctx;
	struct fdb_row *row = &page->rows[page->count++];

	row->bridge_domain = bridge_domain;
	row->logical_port = lp->id;
	memcpy(&row->mac, &key, RTE_ETHER_ADDR_LEN);
	row->is_static = value & FDB_STATIC;
	row->age_seconds = row->is_static ? 0 : fdb_value_age(value, page->now);
}

// The cursor is the next bucket.
static unsigned fdb_read(uint32_t bridge_domain, uint64_t *cursor, struct fdb_row *rows, unsigned max)
{
	struct page page = {rows, 0, bridge_seconds()};
	uint32_t bucket = (uint32_t)*cursor;

	while (bucket < fdb_buckets(&bridge_fdb) && page.count + FDB_BUCKET_ENTRIES <= max)
		bridge_walk(bridge_domain, &bucket, 1, add_row, &page);
	*cursor = bucket;
	return page.count;
}

static void bridge_domain_state(const struct bridge_domain *bd, Sluice__Api__BridgeDomainState *state)
{
	state->learned_macs = atomic_load(&bridge_fdb.domain[bd->id].learned);
	// Those that are held are static to the workers alone.
	state->static_macs = atomic_load(&bridge_fdb.domain[bd->id].fixed) - bd->fdb->held;
	state->held_macs = bd->fdb->held;
	state->move_detections = bd->fdb->move_detections;
	for (unsigned worker = 0; worker < worker_count; worker++) {
		state->flooded_packets += bd->fdb->counters[worker].flooded;
		state->moves += bd->fdb->counters[worker].moves;
		state->limit_exceeded += bd->fdb->counters[worker].limited;
		state->moves_unnoticed += bd->fdb->counters[worker].moves_unnoticed;
	}
}

static void logical_port_state(const struct logical_port *lp, Sluice__Api__LogicalPortState *state)
{
	state->macs = atomic_load(&bridge_fdb.port[lp->id].learned);
}

static struct stage bridge_stage = {
	.name = "bridge",
	.start = bridge_start,
	.stop = bridge_stop,
	.settings = settings_changed,
	.bridge_domain = bridge_domain_changed,
	.logical_port = logical_port_changed,
	.static_mac = bridge_static_changed,
	.published = published,
	.blocks_changed = blocks_changed,
	.order = 0,
	.flush = flush,
	.fdb_read = fdb_read,
	.bridge_domain_state = bridge_domain_state,
	.logical_port_state = logical_port_state,
	.link_changed = link_changed,
	.poll = bridge_moves_poll,
};
STAGE_REGISTER(bridge_stage);

static struct stage bridge_sweep_stage = {
	.name = "bridge-sweep",
	.published = swept,
	.blocks_changed = swept_after,
	.order = 100,
};
STAGE_REGISTER(bridge_sweep_stage);
