// What the nodes and the control part of the bridge share.
#ifndef SLUICE_BRIDGE_H
#define SLUICE_BRIDGE_H

#include <rte_cycles.h>

#include "../../main/dataplane.h"
#include "fdb.h"

// One worker's share, of one bridge domain.
struct bridge_counters {
	uint64_t flooded;
	uint64_t moves;
	uint64_t limited;
	uint64_t moves_unnoticed; // told while the control thread had enough to read
} __rte_cache_aligned;

// What a bridge domain keeps across generations.
struct fdb_bridge {
	// Logical port at which a limit was met since the last MacLimitEvent; 0: none.
	_Atomic uint32_t limited_port;
	// Control thread: addresses that moved too often, and those that are held now.
	uint64_t move_detections;
	uint32_t held;
	struct bridge_counters counters[];
};

// The one forwarding database, shared by all workers; see fdb.h for who may do what.
extern struct fdb bridge_fdb;
// Flush generation of each logical port id: raised by the control thread, never in step with a root.
extern _Atomic uint16_t bridge_epoch[MAX_ID + 1];
// Stands for the router where a frame comes from it (meta->ingress is 0): in no split horizon group, never learned.
extern const struct logical_port bridge_router_port;
// Some bridge domain's limited_port is set.
extern _Atomic bool bridge_limit_met;

// The clock of the entries' ages.
static inline uint32_t bridge_seconds(void)
{
	return (uint32_t)(rte_rdtsc() / rte_get_tsc_hz());
}

static inline uint16_t bridge_epoch_of(uint32_t logical_port)
{
	return atomic_load_explicit(&bridge_epoch[logical_port], memory_order_relaxed);
}

// Worker. An address has moved to a logical port, in a bridge domain that watches moves. False: not noticed.
bool bridge_moved(unsigned worker, uint64_t key, uint32_t logical_port);

// The logical port that an entry of bridge domain `bd` sends to, or NULL where the entry is not valid (any more):
// flushed, aged, or its port is not a member now.
static inline const struct logical_port *bridge_entry_port(const struct dataplane *dp, const struct bridge_domain *bd,
							   uint64_t value, uint32_t now)
{
	const struct logical_port *lp;

	if (value == 0) return NULL;
	lp = dataplane_logical_port(dp, fdb_value_port(value));
	if (unlikely(lp == NULL || lp->bridge_domain != bd->id)) return NULL;
	if (unlikely(value & FDB_STATIC)) return lp;
	if (unlikely(fdb_value_epoch(value) != bridge_epoch_of(lp->id))) return NULL;
	if (unlikely(bd->ageing_seconds != 0 && fdb_value_age(value, now) > bd->ageing_seconds)) return NULL;
	return lp;
}

// For the flow cache, whose hits learn and look up nothing: whether the source is (still) learned at this logical port,
// then its time is renewed; and whether the destination is (still) there.
bool bridge_keep_source(const struct dataplane *dp, uint64_t key, uint32_t logical_port);
bool bridge_keep_destination(const struct dataplane *dp, uint64_t key, uint32_t logical_port);

// Control thread. Calls `visit` for each valid entry of a bridge domain (0: of all), from *cursor on (0: the start) and
// over at most `buckets` buckets; sets *cursor to go on. False: that was the end.
typedef void bridge_visit(void *ctx, uint32_t bridge_domain, const struct logical_port *lp, uint64_t key,
			  uint64_t value);
bool bridge_walk(uint32_t bridge_domain, uint32_t *cursor, uint32_t buckets, bridge_visit *visit, void *ctx);

#endif
