// The worker's side of the forwarding database where an entry is written.
#include "fdb_slot.h"

#include "../flow/record.h"

// Takes one place under a limit (0: none). False: it is used up, and nothing is taken.
static bool reserve(_Atomic uint32_t *count, uint32_t limit)
{
	uint32_t before = atomic_fetch_add_explicit(count, 1, memory_order_relaxed);

	if (limit != 0 && before >= limit) {
		atomic_fetch_sub_explicit(count, 1, memory_order_relaxed);
		return false;
	}
	return true;
}

static bool reserve_all(struct fdb *fdb, const struct fdb_place *place)
{
	struct fdb_count *domain = &fdb->domain[place->domain], *port = &fdb->port[place->port];

	if (!reserve(&fdb->learned, atomic_load_explicit(&fdb->limit, memory_order_relaxed))) return false;
	if (!reserve(&domain->learned, place->domain_limit)) {
		atomic_fetch_sub_explicit(&fdb->learned, 1, memory_order_relaxed);
		return false;
	}
	if (!reserve(&port->learned, place->port_limit)) {
		atomic_fetch_sub_explicit(&fdb->learned, 1, memory_order_relaxed);
		atomic_fetch_sub_explicit(&domain->learned, 1, memory_order_relaxed);
		return false;
	}
	return true;
}

static enum fdb_learned insert(struct fdb *fdb, struct fdb_table *table, uint64_t key, uint64_t hash,
			       const struct fdb_place *place, uint32_t now)
{
	uint64_t value = fdb_value(place->port, place->epoch, now);
	struct fdb_entry *slot, *twin;

	if (!reserve_all(fdb, place)) return FDB_LIMITED;
	slot = fdb_slot_claim(fdb, table, hash, now);
	if (slot == NULL) {
		fdb_account(fdb, key, value, -1);
		return FDB_LIMITED;
	}
	fdb_slot_fill(slot, key, value);
	// Two threads inserted the key at once: the lookup finds the first, which stays; a static one stays wherever it
	// is.
	twin = fdb_slot_twin(table, key, hash, slot);
	if (twin != NULL && (fdb_find(table, key, hash) == twin || atomic_load(&twin->value) & FDB_STATIC)) {
		if (fdb_slot_take(slot, key, value, 0)) fdb_account(fdb, key, value, -1);
		return FDB_BUSY;
	}
	return FDB_NEW;
}

// What was known of the key is not what it was: the flow cache looks again.
static enum fdb_learned changed(uint64_t key, enum fdb_learned how)
{
	flow_element_changed(FLOW_MAC, key);
	return how;
}

static enum fdb_learned change(struct fdb *fdb, struct fdb_entry *entry, uint64_t key, const struct fdb_place *place,
			       uint64_t value, uint32_t now)
{
	uint64_t next = fdb_value(place->port, place->epoch, now) | (value & FDB_COPIED);
	uint32_t from = fdb_value_port(value);

	if (value & FDB_STATIC) return FDB_HELD;
	if (from == place->port) {
		// An entry of an earlier epoch was flushed: it comes back as a new one in its old slot.
		if (!atomic_compare_exchange_strong(&entry->value, &value, next)) return FDB_BUSY;
		return fdb_value_epoch(value) == place->epoch ? FDB_SAME : changed(key, FDB_NEW);
	}
	if (fdb->stays != NULL && fdb->stays(from)) return FDB_HELD;
	if (!reserve(&fdb->port[place->port].learned, place->port_limit)) return FDB_LIMITED;
	if (!atomic_compare_exchange_strong(&entry->value, &value, next)) {
		atomic_fetch_sub_explicit(&fdb->port[place->port].learned, 1, memory_order_relaxed);
		return FDB_BUSY;
	}
	atomic_fetch_sub_explicit(&fdb->port[from].learned, 1, memory_order_relaxed);
	return changed(key, FDB_MOVED);
}

enum fdb_learned fdb_learn_slow(struct fdb *fdb, struct fdb_table *table, uint64_t key, uint64_t hash,
				const struct fdb_place *place, uint32_t now)
{
	struct fdb_entry *entry = fdb_find(table, key, hash);
	uint64_t value;

	if (entry == NULL) return insert(fdb, table, key, hash, place, now);
	value = atomic_load_explicit(&entry->value, memory_order_acquire);
	if (value == 0 || atomic_load_explicit(&entry->key, memory_order_relaxed) != key) return FDB_BUSY;
	return change(fdb, entry, key, place, value, now);
}
