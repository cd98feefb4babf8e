#include "fdb_slot.h"

#include "../flow/record.h"

void fdb_account(struct fdb *fdb, uint64_t key, uint64_t value, int by)
{
	struct fdb_count *domain = &fdb->domain[key >> 48], *port = &fdb->port[fdb_value_port(value)];
	bool fixed = value & FDB_STATIC;

	atomic_fetch_add_explicit(fixed ? &fdb->fixed : &fdb->learned, (uint32_t)by, memory_order_relaxed);
	atomic_fetch_add_explicit(fixed ? &domain->fixed : &domain->learned, (uint32_t)by, memory_order_relaxed);
	atomic_fetch_add_explicit(fixed ? &port->fixed : &port->learned, (uint32_t)by, memory_order_relaxed);
}

void fdb_slot_fill(struct fdb_entry *slot, uint64_t key, uint64_t value)
{
	atomic_store_explicit(&slot->value, value, memory_order_release);
	// Sequentially consistent: of two threads that insert one key at once, at least one then finds the other.
	atomic_store(&slot->key, key);
	flow_element_changed(FLOW_MAC, key);
}

bool fdb_slot_take(struct fdb_entry *slot, uint64_t key, uint64_t value, uint64_t next)
{
	// Were the slot given up between the two steps and taken by another key with an equal value, that key would go
	// instead: of the same port and learned in the same second, so that every count stays right.
	if (atomic_load_explicit(&slot->key, memory_order_acquire) != key) return false;
	if (!atomic_compare_exchange_strong(&slot->value, &value, 0)) return false;
	atomic_store_explicit(&slot->key, next, memory_order_release);
	flow_element_changed(FLOW_MAC, key);
	return true;
}

struct fdb_entry *fdb_slot_twin(struct fdb_table *table, uint64_t key, uint64_t hash, const struct fdb_entry *slot)
{
	struct fdb_bucket *bucket[2] = {fdb_first(table, hash), fdb_second(table, hash)};

	for (int b = 0; b < 2; b++)
		for (int i = 0; i < FDB_BUCKET_ENTRIES; i++)
			if (&bucket[b]->entry[i] != slot && atomic_load(&bucket[b]->entry[i].key) == key)
				return &bucket[b]->entry[i];
	return NULL;
}

static struct fdb_entry *claim_empty(struct fdb_bucket *bucket)
{
	for (int i = 0; i < FDB_BUCKET_ENTRIES; i++) {
		uint64_t empty = 0;

		if (atomic_load_explicit(&bucket->entry[i].key, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_strong(&bucket->entry[i].key, &empty, FDB_CLAIMED))
			return &bucket->entry[i];
	}
	return NULL;
}

// Frees a slot of the bucket by copying an entry to its other bucket, then removing it here: never absent for readers.
static struct fdb_entry *claim_by_moving(struct fdb *fdb, struct fdb_table *table, struct fdb_bucket *bucket)
{
	for (int i = 0; i < FDB_BUCKET_ENTRIES; i++) {
		struct fdb_entry *from = &bucket->entry[i], *to;
		uint64_t key = atomic_load_explicit(&from->key, memory_order_acquire), value, hash;

		if (key == 0 || key == FDB_CLAIMED) continue;
		value = atomic_load_explicit(&from->value, memory_order_acquire);
		hash = fdb_hash(table, key);
		// Unchanged since it was read, and not a value of the slot's next key.
		if (value == 0 || atomic_load_explicit(&from->key, memory_order_relaxed) != key) continue;
		to = claim_empty(fdb_first(table, hash) == bucket ? fdb_second(table, hash) : fdb_first(table, hash));
		if (to == NULL) continue;
		fdb_slot_fill(to, key, value);
		if (fdb_slot_take(from, key, value, FDB_CLAIMED)) return from;
		// The entry changed here meanwhile: this copy goes; if it changed as well, both stay and count.
		if (!fdb_slot_take(to, key, value, 0) && atomic_load(&to->key) == key) fdb_account(fdb, key, value, 1);
	}
	return NULL;
}

static struct fdb_entry *claim_oldest(struct fdb *fdb, struct fdb_bucket *bucket[2], uint32_t now)
{
	struct fdb_entry *oldest = NULL;
	uint64_t oldest_key = 0, oldest_value = 0;

	for (int b = 0; b < 2; b++) {
		for (int i = 0; i < FDB_BUCKET_ENTRIES; i++) {
			struct fdb_entry *slot = &bucket[b]->entry[i];
			uint64_t key = atomic_load_explicit(&slot->key, memory_order_acquire);
			uint64_t value = atomic_load_explicit(&slot->value, memory_order_acquire);

			if (key == 0 || key == FDB_CLAIMED || value == 0 || value & FDB_STATIC) continue;
			if (oldest == NULL || fdb_value_age(value, now) > fdb_value_age(oldest_value, now)) {
				oldest = slot;
				oldest_key = key;
				oldest_value = value;
			}
		}
	}
	if (oldest == NULL || !fdb_slot_take(oldest, oldest_key, oldest_value, FDB_CLAIMED)) return NULL;
	fdb_account(fdb, oldest_key, oldest_value, -1);
	atomic_fetch_add_explicit(&fdb->evicted, 1, memory_order_relaxed);
	return oldest;
}

struct fdb_entry *fdb_slot_claim(struct fdb *fdb, struct fdb_table *table, uint64_t hash, uint32_t now)
{
	struct fdb_bucket *bucket[2] = {fdb_first(table, hash), fdb_second(table, hash)};
	struct fdb_entry *slot;

	for (int b = 0; b < 2; b++)
		if ((slot = claim_empty(bucket[b])) != NULL) return slot;
	for (int b = 0; b < 2; b++)
		if ((slot = claim_by_moving(fdb, table, bucket[b])) != NULL) return slot;
	return claim_oldest(fdb, bucket, now);
}
