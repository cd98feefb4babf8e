// One worker's flow cache as a whole.
#ifndef SLUICE_FLOW_H
#define SLUICE_FLOW_H

#include "cache.h"
#include "path.h"
#include "table.h"

// One of the aggregates' masks: of a key of its kind.
struct flow_mask_slot {
	uint64_t key[FLOW_KEY_LONG];
	uint32_t hits; // halved once a second
	uint8_t kind;
	bool used;
};

// Flows of aggregates that are remembered to have had a first packet.
#define FLOW_ONCE 16384u

struct flow_statistics {
	uint64_t exact_hits, aggregate_hits, misses, not_cacheable, inserted, invalid;
};

struct flow_cache {
	struct flow_table table;
	struct flow_paths paths;
	uint32_t now;       // second
	uint32_t hit_share; // of the packets of late, in 256ths
	unsigned record_count;
	unsigned turn; // of bursts with exact misses
	struct flow_statistics statistics;
	struct flow_mask_slot mask[FLOW_MASKS + 1]; // by number, from 1
	uint8_t order[3][FLOW_MASKS];               // numbers by kind, most hits first
	uint8_t mask_count[3];
	uint16_t once[FLOW_ONCE]; // signatures of exact misses that an aggregate took
	uint64_t swept_at;        // TSC
	uint32_t ordered_at;      // second
	struct flow_record record[FLOW_RECORDS];
	// Shared: takes its place with the next answer; NULL: none. The control thread then closes this one.
	struct flow_cache *successor;
	// Shared: the last request of the control thread that the worker has fulfilled.
	_Atomic uint64_t answered;
};

// Shared: raised by the control thread to have all workers end what is not valid any more and credit the rest.
extern _Atomic uint64_t flow_request;

// Control thread. A cache for at most `limit` entries. NULL: no memory.
struct flow_cache *flow_cache_open(uint32_t limit);
void flow_cache_close(struct flow_cache *cache);

// What the control thread asks for, by the worker; or by the control thread where no worker runs.
void flow_cache_answer(struct flow_cache *cache, unsigned index);
// Once a walk: idle entries, order of masks.
void flow_cache_tidy(struct flow_cache *cache);

// Where a key stands under a mask.
static inline void flow_key_masked(const struct flow_key *key, const struct flow_mask_slot *mask, unsigned words,
				   uint64_t *masked)
{
	for (unsigned i = 0; i < words; i++)
		masked[i] = key->word[i] & mask->key[i];
}

// Synthesis' and promotion's: an entry, the one that is there already or a new one, that leads to the path.
void flow_cache_enter(struct flow_cache *cache, const struct flow_parsed *p, const uint64_t *key, uint32_t hash,
		      uint8_t mask, uint32_t word_mask, uint32_t path);

#endif
