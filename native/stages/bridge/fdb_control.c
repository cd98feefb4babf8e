// The control thread's side of the forwarding database: static entries, sweep, walk.
#include "fdb_slot.h"

#include <errno.h>

#include "../flow/record.h"

// Makes an existing entry static, whatever it was. False: it went away meanwhile.
static bool make_static(struct fdb *fdb, struct fdb_entry *entry, uint64_t key, uint64_t value)
{
	uint64_t before = atomic_load(&entry->value);

	do {
		if (before == 0 || atomic_load(&entry->key) != key) return false;
	} while (!atomic_compare_exchange_weak(&entry->value, &before, value));
	fdb_account(fdb, key, before, -1);
	fdb_account(fdb, key, value, 1);
	flow_element_changed(FLOW_MAC, key);
	return true;
}

int fdb_set_static(struct fdb *fdb, uint64_t key, uint32_t port)
{
	struct fdb_table *table = atomic_load(&fdb->table);
	uint64_t hash = fdb_hash(table, key), value = fdb_value(port, 0, 0) | FDB_STATIC;
	struct fdb_entry *slot, *twin;

	slot = fdb_find(table, key, hash);
	if (slot == NULL || !make_static(fdb, slot, key, value)) {
		slot = fdb_slot_claim(fdb, table, hash, 0);
		if (slot == NULL) return -ENOSPC;
		fdb_account(fdb, key, value, 1);
		fdb_slot_fill(slot, key, value);
	}
	// A worker may have learned it at the same moment: the static one stays.
	while ((twin = fdb_slot_twin(table, key, hash, slot)) != NULL) {
		uint64_t learned = atomic_load(&twin->value);

		if (learned != 0 && fdb_slot_take(twin, key, learned, 0)) fdb_account(fdb, key, learned, -1);
	}
	return 0;
}

// The slot of the key and what is in it; NULL: none.
static struct fdb_entry *entry_of(struct fdb *fdb, uint64_t key, uint64_t *value)
{
	struct fdb_table *table = atomic_load(&fdb->table);
	struct fdb_entry *slot = fdb_find(table, key, fdb_hash(table, key));

	*value = slot != NULL ? atomic_load(&slot->value) : 0;
	return slot;
}

static void take_out(struct fdb *fdb, struct fdb_entry *slot, uint64_t key, uint64_t value)
{
	if (fdb_slot_take(slot, key, value, 0)) fdb_account(fdb, key, value, -1);
}

void fdb_remove_static(struct fdb *fdb, uint64_t key)
{
	uint64_t value;
	struct fdb_entry *slot = entry_of(fdb, key, &value);

	if (value & FDB_STATIC) take_out(fdb, slot, key, value);
}

void fdb_forget(struct fdb *fdb, uint64_t key, uint32_t port)
{
	uint64_t value;
	struct fdb_entry *slot = entry_of(fdb, key, &value);

	if (value != 0 && !(value & FDB_STATIC) && fdb_value_port(value) != port) take_out(fdb, slot, key, value);
}

// A consistent entry, or false: empty, or in somebody's hands.
static bool read_entry(const struct fdb_entry *entry, uint64_t *key, uint64_t *value)
{
	*key = atomic_load_explicit(&entry->key, memory_order_acquire);
	if (*key == 0 || *key == FDB_CLAIMED) return false;
	*value = atomic_load_explicit(&entry->value, memory_order_acquire);
	return *value != 0 && atomic_load_explicit(&entry->key, memory_order_relaxed) == *key;
}

uint32_t fdb_sweep(struct fdb *fdb, uint32_t *cursor, uint32_t count, fdb_keep *keep, void *ctx)
{
	struct fdb_table *table = atomic_load(&fdb->table);
	uint32_t removed = 0;

	for (; count != 0; count--, ++*cursor) {
		struct fdb_bucket *bucket = &table->bucket[*cursor & table->mask];

		for (int i = 0; i < FDB_BUCKET_ENTRIES; i++) {
			uint64_t key, value;

			if (!read_entry(&bucket->entry[i], &key, &value) || value & FDB_STATIC || keep(ctx, key, value))
				continue;
			if (fdb_slot_take(&bucket->entry[i], key, value, 0)) {
				fdb_account(fdb, key, value, -1);
				removed++;
			}
		}
	}
	return removed;
}

uint32_t fdb_walk(const struct fdb *fdb, uint32_t cursor, uint32_t count, fdb_visit *visit, void *ctx)
{
	const struct fdb_table *table = atomic_load(&fdb->table);

	for (; count != 0 && cursor <= table->mask; count--, cursor++)
		for (int i = 0; i < FDB_BUCKET_ENTRIES; i++) {
			uint64_t key, value;

			if (read_entry(&table->bucket[cursor].entry[i], &key, &value)) visit(ctx, key, value);
		}
	return cursor;
}

uint32_t fdb_buckets(const struct fdb *fdb)
{
	return ((struct fdb_table *)atomic_load(&fdb->table))->mask + 1;
}
