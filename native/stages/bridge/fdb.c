// Life of the forwarding database: opening, growing, closing.
#include "fdb_slot.h"

#include <errno.h>

// Slots for twice the entries: a bucket then holds two on average and both of a key's buckets are full once in a
// hundred insertions, which moving one entry almost always resolves.
static uint32_t buckets_for(uint64_t entries)
{
	uint32_t buckets = 16;

	while ((uint64_t)buckets * FDB_BUCKET_ENTRIES < entries * 2 && buckets < (1u << 28))
		buckets *= 2;
	return buckets;
}

static struct fdb_table *table_create(uint32_t buckets, uint64_t seed, const struct fdb_memory *memory)
{
	struct fdb_table *table = memory->allocate(sizeof(*table));

	if (table == NULL) return NULL;
	table->mask = buckets - 1;
	table->seed = seed;
	table->bucket = memory->allocate((size_t)buckets * sizeof(*table->bucket));
	if (table->bucket == NULL) {
		memory->release(table);
		return NULL;
	}
	return table;
}

void fdb_table_free(struct fdb_table *table, const struct fdb_memory *memory)
{
	if (table == NULL) return;
	memory->release(table->bucket);
	memory->release(table);
}

int fdb_open(struct fdb *fdb, uint32_t limit, uint64_t seed, const struct fdb_memory *memory)
{
	struct fdb_table *table = table_create(buckets_for(limit), seed, memory);

	memset(fdb, 0, sizeof(*fdb));
	fdb->domain = memory->allocate(FDB_DOMAINS * sizeof(*fdb->domain));
	fdb->port = memory->allocate(FDB_PORTS * sizeof(*fdb->port));
	atomic_store(&fdb->table, table);
	atomic_store(&fdb->limit, limit);
	if (table == NULL || fdb->domain == NULL || fdb->port == NULL) {
		fdb_close(fdb, memory);
		return -ENOMEM;
	}
	return 0;
}

void fdb_close(struct fdb *fdb, const struct fdb_memory *memory)
{
	if (fdb == NULL) return;
	fdb_table_free(atomic_load(&fdb->table), memory);
	if (fdb->domain != NULL) memory->release(fdb->domain);
	if (fdb->port != NULL) memory->release(fdb->port);
	memset(fdb, 0, sizeof(*fdb));
}

struct fdb_table *fdb_table_grown(const struct fdb *fdb, uint32_t limit, uint32_t fixed,
				  const struct fdb_memory *memory, bool *needed)
{
	const struct fdb_table *table = atomic_load(&fdb->table);
	uint32_t buckets = buckets_for((uint64_t)limit + fixed);

	*needed = buckets > table->mask + 1;
	return *needed ? table_create(buckets, table->seed, memory) : NULL;
}

// Marks an entry of the old table as copied. False: it changed meanwhile, and the new value is in *value.
static bool mark_copied(struct fdb_entry *from, uint64_t *value)
{
	return atomic_compare_exchange_strong(&from->value, value, *value | FDB_COPIED);
}

static void copy_entry(struct fdb *fdb, struct fdb_table *to, struct fdb_entry *from)
{
	uint64_t key = atomic_load_explicit(&from->key, memory_order_acquire), value, hash;
	struct fdb_entry *slot;

	if (key == 0 || key == FDB_CLAIMED) return;
	value = atomic_load_explicit(&from->value, memory_order_acquire);
	do {
		if (value == 0 || value & FDB_COPIED) return;
	} while (!mark_copied(from, &value));
	hash = fdb_hash(to, key);
	// Learned in both tables between the exchange and quiescence: it was counted twice.
	if (fdb_find(to, key, hash) != NULL) {
		fdb_account(fdb, key, value, -1);
		return;
	}
	slot = fdb_slot_claim(fdb, to, hash, (uint32_t)(value >> FDB_SEEN_SHIFT));
	if (slot == NULL)
		fdb_account(fdb, key, value, -1);
	else
		fdb_slot_fill(slot, key, value);
}

void fdb_table_copy(struct fdb *fdb, struct fdb_table *to, struct fdb_table *from)
{
	for (uint32_t b = 0; b <= from->mask; b++)
		for (int i = 0; i < FDB_BUCKET_ENTRIES; i++)
			copy_entry(fdb, to, &from->bucket[b].entry[i]);
}
