// The forwarding database: (bridge domain, MAC) -> logical port.
//
// A bucket is one cache line of four 16-byte entries; a key lives in one of two
// buckets. Workers look up and learn; the control thread sets static entries,
// sweeps and walks. Nobody takes a lock:
//
//   key    bridge domain << 48 | MAC (as loaded, little-endian); 0 empty,
//          FDB_CLAIMED while its owner fills the slot
//   value  see FDB_*; 0 while the entry is being removed: neither usable nor
//          changeable. Whoever swings the value to 0 owns the slot.
//
//   insert: key 0 -> CLAIMED (CAS), value, key          (release)
//   remove: value v -> 0 (CAS), key -> 0                (release)
//   change: value v -> v' (CAS)
//   read:   key, value, key again: another key means that the slot was reused
//
// An entry is valid only for the epoch of its logical port at which it was
// learned: raising the epoch flushes the port at once, the sweep then frees the
// slots and corrects the counts.
#ifndef SLUICE_FDB_H
#define SLUICE_FDB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define FDB_BUCKET_ENTRIES 4

// Bridge domains are numbered 1 to FDB_DOMAINS - 1 and addresses are unicast: neither 0 nor FDB_CLAIMED is a key.
#define FDB_DOMAINS 65536u
// Logical ports are numbered 0 to FDB_PORTS - 1.
#define FDB_PORTS 65536u

#define FDB_CLAIMED UINT64_MAX

// Value: present (1 bit), static (1), copied (1), 0 (1), epoch (16), last seen in seconds (24), logical port (20).
#define FDB_PRESENT (UINT64_C(1) << 63)
#define FDB_STATIC  (UINT64_C(1) << 62)
// Set in a table that is about to be exchanged: the new table has this entry already.
#define FDB_COPIED      (UINT64_C(1) << 61)
#define FDB_PORT_MASK   0xfffffu
#define FDB_EPOCH_SHIFT 44
#define FDB_SEEN_SHIFT  20
#define FDB_SEEN_MASK   0xffffffu

struct fdb_entry {
	_Atomic uint64_t key;
	_Atomic uint64_t value;
};

struct fdb_bucket {
	struct fdb_entry entry[FDB_BUCKET_ENTRIES];
} __attribute__((aligned(64)));

// Exchanged as a whole when it grows; workers read fdb->table once a burst.
struct fdb_table {
	uint32_t mask;
	uint64_t seed;
	struct fdb_bucket *bucket;
};

// Slots occupied, per bridge domain and per logical port: learned and static.
struct fdb_count {
	_Atomic uint32_t learned;
	_Atomic uint32_t fixed;
};

struct fdb {
	_Atomic(struct fdb_table *) table;
	// Most learned entries in all.
	_Atomic uint32_t limit;
	_Atomic uint32_t learned;
	_Atomic uint32_t fixed;
	// Learned entries that gave way because both buckets were full.
	_Atomic uint64_t evicted;
	struct fdb_count *domain; /* FDB_DOMAINS */
	struct fdb_count *port;   /* FDB_PORTS */
	// Whether what is learned at a port is learned nowhere else for now; NULL: of none. Any thread calls it.
	bool (*stays)(uint32_t port);
};

// Memory for tables: aligned to 64 bytes and zeroed, NULL on failure. The engine gives huge pages, tests the heap.
struct fdb_memory {
	void *(*allocate)(size_t size);
	void (*release)(void *memory);
};

// Creates a database for at most `limit` learned entries. Returns 0 or -ENOMEM.
// The caller owns it and ends it with fdb_close after all readers are gone.
int fdb_open(struct fdb *fdb, uint32_t limit, uint64_t seed, const struct fdb_memory *memory);
void fdb_close(struct fdb *fdb, const struct fdb_memory *memory);

// A table fit for `limit` learned entries and `fixed` static ones, or NULL where the present one already is
// (*needed false) or memory is short (*needed true).
struct fdb_table *fdb_table_grown(const struct fdb *fdb, uint32_t limit, uint32_t fixed,
				  const struct fdb_memory *memory, bool *needed);
// Copies what `from` holds to `to` where it is missing: once before the exchange, once after quiescence for what was
// learned in between. Does not touch the counts; entries that find no room are counted as evicted and uncounted.
void fdb_table_copy(struct fdb *fdb, struct fdb_table *to, struct fdb_table *from);
void fdb_table_free(struct fdb_table *table, const struct fdb_memory *memory);

// The first 8 bytes at `mac` are read: the MAC and two bytes behind it, which every Ethernet header has.
static inline uint64_t fdb_key(const uint8_t *mac, uint16_t domain)
{
	uint64_t raw;

	memcpy(&raw, mac, sizeof(raw));
	return (raw & UINT64_C(0xffffffffffff)) | (uint64_t)domain << 48;
}

static inline uint64_t fdb_hash(const struct fdb_table *table, uint64_t key)
{
	__uint128_t product = (__uint128_t)(key ^ table->seed) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline struct fdb_bucket *fdb_first(const struct fdb_table *table, uint64_t hash)
{
	return &table->bucket[hash & table->mask];
}

// Never the first bucket.
static inline struct fdb_bucket *fdb_second(const struct fdb_table *table, uint64_t hash)
{
	uint32_t first = hash & table->mask, second = (hash >> 32) & table->mask;

	return &table->bucket[second == first ? second ^ 1 : second];
}

static inline uint64_t fdb_value(uint32_t port, uint16_t epoch, uint32_t now)
{
	return FDB_PRESENT | (uint64_t)epoch << FDB_EPOCH_SHIFT | (uint64_t)(now & FDB_SEEN_MASK) << FDB_SEEN_SHIFT |
	       port;
}

static inline uint32_t fdb_value_port(uint64_t value)
{
	return value & FDB_PORT_MASK;
}

static inline uint16_t fdb_value_epoch(uint64_t value)
{
	return (uint16_t)(value >> FDB_EPOCH_SHIFT);
}

// Seconds since the address was seen.
static inline uint32_t fdb_value_age(uint64_t value, uint32_t now)
{
	return (now - (uint32_t)(value >> FDB_SEEN_SHIFT)) & FDB_SEEN_MASK;
}

// Without a branch for each entry: where in its bucket a key stands cannot be foreseen. On x86 each half of a vector of
// aligned 8-byte words is as good as a load of its own, and loads keep their order.
static inline struct fdb_entry *fdb_bucket_find(struct fdb_bucket *bucket, uint64_t key)
{
#if defined(__AVX2__)
	const __m256i *pair = (const __m256i *)(const void *)bucket, wanted = _mm256_set1_epi64x((long long)key);
	__m256i low = _mm256_cmpeq_epi64(_mm256_load_si256(pair), wanted);
	__m256i high = _mm256_cmpeq_epi64(_mm256_load_si256(pair + 1), wanted);
	// Every second word is a value.
	unsigned at = ((unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(low)) |
		       (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(high)) << 4) &
		      0x55;

	atomic_signal_fence(memory_order_acquire);
	return at != 0 ? &bucket->entry[__builtin_ctz(at) / 2] : NULL;
#else
	unsigned at = 0;

	for (unsigned i = 0; i < FDB_BUCKET_ENTRIES; i++)
		at |= (unsigned)(atomic_load_explicit(&bucket->entry[i].key, memory_order_acquire) == key) << i;
	return at != 0 ? &bucket->entry[__builtin_ctz(at)] : NULL;
#endif
}

static inline struct fdb_entry *fdb_find(const struct fdb_table *table, uint64_t key, uint64_t hash)
{
	struct fdb_entry *entry = fdb_bucket_find(fdb_first(table, hash), key);

	return entry != NULL ? entry : fdb_bucket_find(fdb_second(table, hash), key);
}

// The value of a key, 0 where it is unknown. The hash is fdb_hash(table, key).
static inline uint64_t fdb_lookup(const struct fdb_table *table, uint64_t key, uint64_t hash)
{
	struct fdb_entry *entry = fdb_find(table, key, hash);
	uint64_t value;

	if (entry == NULL) return 0;
	value = atomic_load_explicit(&entry->value, memory_order_acquire);
	if (atomic_load_explicit(&entry->key, memory_order_relaxed) != key) return 0;
	return value;
}

enum fdb_learned {
	// Known at this place (its time is renewed).
	FDB_SAME,
	FDB_NEW,
	// Known elsewhere, now here.
	FDB_MOVED,
	// A static entry holds the address, or it stays where it is (fdb->stays): nothing changed.
	FDB_HELD,
	// A limit: nothing changed.
	FDB_LIMITED,
	// Another thread is at this entry: nothing changed, the next frame will do.
	FDB_BUSY,
};

// Where and with which limits (0: none) an address is learned.
struct fdb_place {
	uint32_t port;
	uint16_t domain;
	uint16_t epoch;
	uint32_t port_limit;
	uint32_t domain_limit;
};

// Learns or renews `key` at `place`; `now` in seconds. The common case, an address known at this place and seen in
// this second, writes nothing. Where both buckets are full the address seen longest ago gives way.
enum fdb_learned fdb_learn_slow(struct fdb *fdb, struct fdb_table *table, uint64_t key, uint64_t hash,
				const struct fdb_place *place, uint32_t now);

static inline enum fdb_learned fdb_learn(struct fdb *fdb, struct fdb_table *table, uint64_t key, uint64_t hash,
					 const struct fdb_place *place, uint32_t now)
{
	if (fdb_lookup(table, key, hash) == fdb_value(place->port, place->epoch, now)) return FDB_SAME;
	return fdb_learn_slow(fdb, table, key, hash, place, now);
}

// Control thread. Sets a static entry, in place of what was there. 0 or -ENOSPC (grow the table, then again).
int fdb_set_static(struct fdb *fdb, uint64_t key, uint32_t port);
// Control thread. Removes a static entry; does nothing where there is none.
void fdb_remove_static(struct fdb *fdb, uint64_t key);
// Removes what was learned of the key, unless it was at that port.
void fdb_forget(struct fdb *fdb, uint64_t key, uint32_t port);

// Control thread. Looks at `count` buckets from *cursor on (and wraps) and removes each learned entry for which
// `keep` is false. Returns the number removed. Workers go on meanwhile.
typedef bool fdb_keep(void *ctx, uint64_t key, uint64_t value);
uint32_t fdb_sweep(struct fdb *fdb, uint32_t *cursor, uint32_t count, fdb_keep *keep, void *ctx);

// Control thread. Calls `visit` for every entry of `count` buckets from `cursor` on, and returns the cursor to go on
// from: at least fdb_buckets() after the last one. An entry that moves meanwhile may be seen twice or not at all.
typedef void fdb_visit(void *ctx, uint64_t key, uint64_t value);
uint32_t fdb_walk(const struct fdb *fdb, uint32_t cursor, uint32_t count, fdb_visit *visit, void *ctx);
uint32_t fdb_buckets(const struct fdb *fdb);

#endif
