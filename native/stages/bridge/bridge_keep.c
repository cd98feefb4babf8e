// Entries of addresses whose packets the flow cache forwards.
#include "bridge.h"

bool bridge_keep_source(const struct dataplane *dp, uint64_t key, uint32_t logical_port)
{
	struct fdb_table *table = atomic_load_explicit(&bridge_fdb.table, memory_order_acquire);
	const struct logical_port *lp = dataplane_logical_port(dp, logical_port);
	uint64_t hash = fdb_hash(table, key), value = fdb_lookup(table, key, hash);
	uint32_t now = bridge_seconds();
	struct fdb_place place;

	if (lp == NULL || value == 0 || fdb_value_port(value) != logical_port) return false;
	if (value & FDB_STATIC) return true;
	if (fdb_value_epoch(value) != bridge_epoch_of(logical_port)) return false;
	place = (struct fdb_place){.port = lp->id, .domain = (uint16_t)(key >> 48), .epoch = fdb_value_epoch(value)};
	return fdb_learn(&bridge_fdb, table, key, hash, &place, now) == FDB_SAME;
}

bool bridge_keep_destination(const struct dataplane *dp, uint64_t key, uint32_t logical_port)
{
	struct fdb_table *table = atomic_load_explicit(&bridge_fdb.table, memory_order_acquire);
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, (uint32_t)(key >> 48));
	const struct logical_port *lp;

	if (bd == NULL) return false;
	lp = bridge_entry_port(dp, bd, fdb_lookup(table, key, fdb_hash(table, key)), bridge_seconds());
	return lp != NULL && lp->id == logical_port;
}
