#include "table.h"

#include <errno.h>
#include <sys/mman.h>

#include "memory.h"

#define CHUNK (2u << 20)
// Entries that a worker still has when it asks for more.
#define RESERVE 16384u
// Entries of which the one that gives way is chosen.
#define CANDIDATES 8

// Buckets of a new table.
#define FIRST_BUCKETS 4096u
#define CHUNK_BUCKETS (CHUNK / sizeof(struct flow_bucket))

int flow_table_open(struct flow_table *table, uint32_t limit)
{
	uint32_t buckets = CHUNK_BUCKETS;

	// Two entries in a bucket of eight on average: one in a thousand finds no place.
	while (buckets < limit / 2)
		buckets *= 2;
	memset(table, 0, sizeof(*table));
	table->limit = limit;
	table->bucket_mask = FIRST_BUCKETS - 1;
	table->buckets = buckets;
	// Unit 0 is nobody's. As many entries of two units fit as of one.
	table->units = RTE_ALIGN_CEIL((2 * limit + 2) * FLOW_UNIT, CHUNK) / FLOW_UNIT;
	table->fresh = 2;
	table->hand = 2;
	table->bucket = flow_memory_reserve((uint64_t)buckets * sizeof(*table->bucket));
	table->arena = flow_memory_reserve((uint64_t)table->units * FLOW_UNIT);
	if (table->bucket == NULL || table->arena == NULL) {
		flow_table_close(table);
		return -ENOMEM;
	}
	flow_memory_touch(table->bucket, CHUNK);
	flow_memory_touch(table->arena, CHUNK);
	atomic_store(&table->touched_buckets, CHUNK_BUCKETS);
	atomic_store(&table->touched, CHUNK / FLOW_UNIT);
	return 0;
}

void flow_table_close(struct flow_table *table)
{
	flow_memory_release(table->bucket, (uint64_t)table->buckets * sizeof(*table->bucket));
	flow_memory_release(table->arena, (uint64_t)table->units * FLOW_UNIT);
	table->bucket = NULL;
	table->arena = NULL;
}

void flow_table_grow(struct flow_table *table)
{
	uint32_t touched = atomic_load(&table->touched), buckets = atomic_load(&table->touched_buckets);

	if (!atomic_exchange(&table->wanted, false)) return;
	if (touched < table->units) {
		flow_memory_touch(table->arena + (uint64_t)touched * FLOW_UNIT, CHUNK);
		touched += CHUNK / FLOW_UNIT;
		atomic_store_explicit(&table->touched, touched, memory_order_release);
	}
	// Half a bucket an entry.
	if (buckets < table->buckets && buckets < touched / 2 + CHUNK_BUCKETS) {
		flow_memory_touch(table->bucket + buckets, CHUNK);
		atomic_store_explicit(&table->touched_buckets, buckets + CHUNK_BUCKETS, memory_order_release);
	}
}

uint64_t flow_table_memory(const struct flow_table *table)
{
	return (uint64_t)atomic_load(&table->touched_buckets) * sizeof(*table->bucket) +
	       (uint64_t)atomic_load(&table->touched) * FLOW_UNIT;
}

// One bucket becomes two, where entries are more than twice the buckets.
static void split_one(struct flow_table *table)
{
	uint32_t from = table->split, to = table->bucket_mask + 1 + from, kept = 0;
	struct flow_bucket *old = &table->bucket[from], *new = &table->bucket[to];

	if (table->entries <= 2 * to || to >= atomic_load_explicit(&table->touched_buckets, memory_order_acquire))
		return;
	memset(new, 0, sizeof(*new));
	for (unsigned i = 0; i < FLOW_BUCKET; i++) {
		bool moves = old->entry[i] != 0 && flow_entry_at(table, old->entry[i])->hash & (table->bucket_mask + 1);

		if (!moves) continue;
		new->signature[kept] = old->signature[i];
		new->entry[kept++] = old->entry[i];
		old->entry[i] = 0;
	}
	if (++table->split > table->bucket_mask) {
		table->bucket_mask = table->bucket_mask * 2 + 1;
		table->split = 0;
	}
}

static uint32_t index_of(const struct flow_table *table, const struct flow_entry *entry)
{
	return (uint32_t)(((const uint8_t *)entry - table->arena) / FLOW_UNIT);
}

void flow_table_remove(struct flow_table *table, struct flow_entry *entry)
{
	struct flow_bucket *bucket = flow_bucket_of(table, entry->hash);
	uint32_t index = index_of(table, entry);

	if (!entry->used) return;
	table->changes++;
	for (unsigned i = 0; i < FLOW_BUCKET; i++)
		if (bucket->entry[i] == index) bucket->entry[i] = 0;
	table->of_mask[entry->mask]--;
	entry->used = false;
	entry->next = table->free[entry->units];
	table->free[entry->units] = index;
	table->entries--;
}

// The next unit of the clock that begins an entry; 0: none was ever used.
static struct flow_entry *clock_next(struct flow_table *table)
{
	struct flow_entry *entry;

	if (table->fresh == 2) return NULL;
	if (table->hand >= table->fresh) table->hand = 2;
	entry = flow_entry_at(table, table->hand);
	table->hand += entry->units;
	return entry;
}

// The one that was used longest ago of the next few of that size, removed. False: there was none.
static bool give_way(struct flow_table *table, unsigned units, uint32_t now)
{
	struct flow_entry *oldest = NULL;

	for (unsigned i = 0, seen = 0; i < 64 && seen < CANDIDATES; i++) {
		struct flow_entry *entry = clock_next(table);

		if (entry == NULL) return false;
		if (!entry->used || entry->units != units) continue;
		seen++;
		if (oldest == NULL || now - entry->seen > now - oldest->seen) oldest = entry;
	}
	if (oldest == NULL) return false;
	flow_table_remove(table, oldest);
	table->evicted++;
	return true;
}

static struct flow_entry *take_fresh(struct flow_table *table, unsigned units)
{
	uint32_t touched = atomic_load_explicit(&table->touched, memory_order_acquire);
	struct flow_entry *entry;

	if (table->fresh + RESERVE > touched && touched < table->units &&
	    !atomic_load_explicit(&table->wanted, memory_order_relaxed)) {
		atomic_store_explicit(&table->wanted, true, memory_order_relaxed);
		control_wake();
	}
	if (table->fresh + units > touched) return NULL;
	entry = flow_entry_at(table, table->fresh);
	entry->units = (uint8_t)units;
	table->fresh += units;
	return entry;
}

static struct flow_entry *take(struct flow_table *table, unsigned units, uint32_t now)
{
	struct flow_entry *entry;

	if (table->entries >= table->limit && !give_way(table, units, now)) return NULL;
	if (table->free[units] == 0 && (entry = take_fresh(table, units)) != NULL) return entry;
	if (table->free[units] == 0 && !give_way(table, units, now)) return NULL;
	entry = flow_entry_at(table, table->free[units]);
	table->free[units] = entry->next;
	return entry;
}

struct flow_entry *flow_table_insert(struct flow_table *table, uint32_t hash, unsigned words, uint8_t mask,
				     uint32_t now)
{
	struct flow_bucket *bucket;
	unsigned place = 0;
	struct flow_entry *entry;

	split_one(table);
	bucket = flow_bucket_of(table, hash);
	while (place < FLOW_BUCKET && bucket->entry[place] != 0)
		place++;
	if (place == FLOW_BUCKET) {
		// Any of them: the oldest would go round where nine take turns.
		place = (hash >> 8 ^ (uint32_t)table->evicted) % FLOW_BUCKET;
		flow_table_remove(table, flow_entry_at(table, bucket->entry[place]));
		table->evicted++;
	}
	entry = take(table, words > FLOW_KEY_SHORT ? 2 : 1, now);
	if (entry == NULL) return NULL;
	bucket->signature[place] = flow_signature(hash);
	bucket->entry[place] = index_of(table, entry);
	entry->hash = hash;
	entry->seen = now;
	entry->mask = mask;
	entry->used = true;
	table->changes++;
	table->of_mask[mask]++;
	table->entries++;
	return entry;
}

uint32_t flow_table_sweep(struct flow_table *table, uint32_t units, uint32_t now, uint32_t idle, flow_dead *dead,
			  void *ctx)
{
	uint32_t removed = 0;

	for (uint32_t i = 0; i < units && table->entries != 0; i++) {
		struct flow_entry *entry = clock_next(table);

		if (entry == NULL) break;
		if (!entry->used || (now - entry->seen <= idle && !dead(ctx, entry))) continue;
		flow_table_remove(table, entry);
		removed++;
	}
	table->expired += removed;
	return removed;
}
