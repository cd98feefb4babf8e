// The entries of one worker: a hash table of buckets, one cache line each, over an arena of entries.
//
//   bucket   | 8 signatures of 16 bits | 8 entries of 32 bits: index in the arena in units of 64 bytes, 0: free |
//   entry    | head of 32 bytes | key: 32 bytes (one unit) or 56 bytes, IPv6 (two units) |
//
// Exact entries and those of every mask live in the same table: the mask's number begins the hash and is compared.
// The number of buckets follows that of entries (linear hashing: one bucket at a time is split in two), so that few
// flows stay in the caches. All of it is reserved at once and touched by the control thread ahead of its use: no worker
// waits for a page.
#ifndef SLUICE_FLOW_TABLE_H
#define SLUICE_FLOW_TABLE_H

#include <immintrin.h>
#include <stdatomic.h>

#include <rte_hash_crc.h>

#include "../../main/stage.h"
#include "key.h"

#define FLOW_BUCKET 8
#define FLOW_UNIT   64u
// Numbers of masks; 0 is exact.
#define FLOW_TABLE_MASKS 65

struct flow_bucket {
	uint16_t signature[FLOW_BUCKET];
	uint32_t entry[FLOW_BUCKET + 1]; // the last one is always 0
	uint32_t spare[3];
} __attribute__((aligned(64)));

struct flow_entry {
	uint32_t word, word_mask; // of FLOW_WORD_*
	uint32_t path, generation;
	uint32_t hash;
	uint32_t seen; // second of the last hit
	uint8_t mask;  // number of the mask, 0: exact
	uint8_t units; // 1 or 2
	bool used;
	uint8_t spare;
	uint32_t next; // of the free ones
	uint64_t key[];
};
_Static_assert(sizeof(struct flow_entry) == 32, "head and short key are one cache line");

struct flow_table {
	struct flow_bucket *bucket;
	// Buckets below `split` have been split: of those, one more bit of the hash counts.
	uint32_t bucket_mask, split;
	uint32_t buckets; // reserved
	uint8_t *arena;
	uint32_t limit;   // entries
	uint32_t entries; // used
	uint32_t fresh;   // next unit that was never used
	uint32_t free[3]; // first free entry of one and of two units
	uint32_t hand;    // of the clock: next unit to look at
	uint32_t units;   // reserved
	// Shared: units and buckets that the control thread has touched, and whether more are wanted.
	_Atomic uint32_t touched, touched_buckets;
	_Atomic bool wanted;
	uint32_t changes; // entries that came or went: what was found before may be another now
	uint64_t evicted, expired;
	uint32_t of_mask[FLOW_TABLE_MASKS]; // entries of each mask
};

// Control thread. Reserves a table for `limit` entries. 0 or -ENOMEM.
int flow_table_open(struct flow_table *table, uint32_t limit);
void flow_table_close(struct flow_table *table);
// Control thread. Touches more of the arena if the worker wants that.
void flow_table_grow(struct flow_table *table);
uint64_t flow_table_memory(const struct flow_table *table);

// A new entry in the table, for the caller to fill in key, word and path; the oldest of a few gives way where there is
// no room. NULL: there is no memory ready (yet).
struct flow_entry *flow_table_insert(struct flow_table *table, uint32_t hash, unsigned words, uint8_t mask,
				     uint32_t now);
// Takes an entry out, if it is in.
void flow_table_remove(struct flow_table *table, struct flow_entry *entry);
// Looks at `units` of the arena and removes what was not used since `oldest`, and what `dead` says. Returns the entries
// that it has removed.
typedef bool flow_dead(void *ctx, const struct flow_entry *entry);
uint32_t flow_table_sweep(struct flow_table *table, uint32_t units, uint32_t now, uint32_t idle, flow_dead *dead,
			  void *ctx);

// ---------------------------------------------------------------- reading

static inline uint32_t flow_crc(uint64_t data, uint32_t from)
{
#ifdef __SSE4_2__
	return (uint32_t)__builtin_ia32_crc32di(from, data);
#else
	return rte_hash_crc_8byte(data, from);
#endif
}

static inline uint32_t flow_hash_short(const uint64_t *key, uint32_t mask)
{
	// Two chains side by side.
	uint32_t a = flow_crc(key[0], mask), b = flow_crc(key[2], 0x9e3779b9);

	a = flow_crc(key[1], a);
	b = flow_crc(key[3], b);
	return a ^ (b << 16 | b >> 16);
}

static inline uint32_t flow_hash_long(const uint64_t *key, uint32_t mask)
{
	uint32_t hash = flow_hash_short(key, mask);

	for (unsigned i = FLOW_KEY_SHORT; i < FLOW_KEY_LONG; i++)
		hash = flow_crc(key[i], hash);
	return hash;
}

static inline uint32_t flow_hash(const struct flow_key *key, uint32_t mask)
{
	return key->kind == FLOW_KIND_IPV6 ? flow_hash_long(key->word, mask) : flow_hash_short(key->word, mask);
}

static inline struct flow_bucket *flow_bucket_of(const struct flow_table *table, uint32_t hash)
{
	uint32_t index = hash & table->bucket_mask, longer = hash & (table->bucket_mask * 2 + 1);

	return &table->bucket[index < table->split ? longer : index];
}

static inline uint16_t flow_signature(uint32_t hash)
{
	return (uint16_t)(hash >> 16);
}

static inline struct flow_entry *flow_entry_at(const struct flow_table *table, uint32_t index)
{
	return (struct flow_entry *)(table->arena + (uint64_t)index * FLOW_UNIT);
}

// Bit set: place i of the bucket holds an entry with the signature, two bits a place.
static inline uint32_t flow_bucket_matches(const struct flow_bucket *bucket, uint16_t signature)
{
#ifdef __SSE2__
	__m128i have = _mm_load_si128((const __m128i *)(const void *)bucket->signature);

	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi16(have, _mm_set1_epi16((short)signature)));
#else
	uint32_t bits = 0;

	for (unsigned i = 0; i < FLOW_BUCKET; i++)
		bits |= bucket->signature[i] == signature ? 3u << 2 * i : 0;
	return bits;
#endif
}

// The first entry whose signature is that of the hash; where there is none unit 0, which is no entry.
static inline struct flow_entry *flow_table_candidate(const struct flow_table *table, uint32_t hash)
{
	const struct flow_bucket *bucket = flow_bucket_of(table, hash);
	uint32_t bits = flow_bucket_matches(bucket, flow_signature(hash)) | 1u << 2 * FLOW_BUCKET;

	return flow_entry_at(table, bucket->entry[__builtin_ctz(bits) / 2]);
}

static inline bool flow_entry_some(const struct flow_table *table, const struct flow_entry *entry)
{
	return (const uint8_t *)entry != table->arena;
}

static inline bool flow_entry_is(const struct flow_entry *entry, const struct flow_parsed *p, const uint64_t *key,
				 unsigned words, uint32_t mask)
{
	uint64_t differs = (entry->word ^ p->word) & entry->word_mask;

	differs |= entry->mask ^ mask;
#ifdef __AVX2__
	__m256i apart = _mm256_xor_si256(_mm256_load_si256((const __m256i *)(const void *)entry->key),
					 _mm256_loadu_si256((const __m256i *)(const void *)key));

	differs |= !_mm256_testz_si256(apart, apart);
#else
	for (unsigned i = 0; i < FLOW_KEY_SHORT; i++)
		differs |= entry->key[i] ^ key[i];
#endif
	if (words > FLOW_KEY_SHORT)
		for (unsigned i = FLOW_KEY_SHORT; differs == 0 && i < FLOW_KEY_LONG; i++)
			differs |= entry->key[i] ^ key[i];
	return differs == 0;
}

// The entry of a key with that hash; NULL: there is none.
static inline struct flow_entry *flow_table_find(const struct flow_table *table, const struct flow_parsed *p,
						 const uint64_t *key, unsigned words, uint32_t hash, uint32_t mask)
{
	const struct flow_bucket *bucket = flow_bucket_of(table, hash);

	for (uint32_t bits = flow_bucket_matches(bucket, flow_signature(hash)) & 0x5555; bits != 0; bits &= bits - 1) {
		unsigned place = (unsigned)__builtin_ctz(bits) / 2;
		struct flow_entry *entry;

		if (bucket->entry[place] == 0) continue;
		entry = flow_entry_at(table, bucket->entry[place]);
		if ((entry->units > 1) == (words > FLOW_KEY_SHORT) && flow_entry_is(entry, p, key, words, mask))
			return entry;
	}
	return NULL;
}

#endif
