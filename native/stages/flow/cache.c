// A worker's cache: its making, its entries, its tidying.
#include <stdlib.h>

#include <rte_cycles.h>

#include "../bridge/bridge.h"
#include "flow.h"
#include "memory.h"

_Atomic uint64_t flow_request;

struct flow_cache *flow_cache_open(uint32_t limit)
{
	struct flow_cache *cache = flow_memory_reserve(sizeof(*cache));

	if (cache == NULL) return NULL;
	flow_memory_touch(cache, sizeof(*cache));
	if (flow_table_open(&cache->table, limit) < 0 ||
	    flow_paths_open(&cache->paths, RTE_MIN(limit, FLOW_PATHS)) < 0) {
		flow_cache_close(cache);
		return NULL;
	}
	cache->now = bridge_seconds();
	return cache;
}

void flow_cache_close(struct flow_cache *cache)
{
	if (cache == NULL) return;
	flow_table_close(&cache->table);
	flow_paths_close(&cache->paths);
	flow_memory_release(cache, sizeof(*cache));
}

void flow_credit_packet(const struct worker *worker, struct rte_mbuf *m)
{
	struct packet_meta *meta = packet_meta(m);

	if (flow_caches[worker->index] != NULL && meta->record != 0)
		flow_path_credit(&flow_caches[worker->index]->paths, meta->record - 1u);
	meta->record = 0;
	meta->flags &= (uint8_t)~PACKET_COUNTED;
}

void flow_cache_answer(struct flow_cache *cache, unsigned index)
{
	struct flow_cache *successor = cache->successor;
	uint64_t request = atomic_load_explicit(&flow_request, memory_order_acquire);

	if (likely(atomic_load_explicit(&cache->answered, memory_order_relaxed) == request)) return;
	flow_paths_judge(&cache->paths);
	flow_paths_credit(&cache->paths);
	if (successor != NULL) {
		atomic_store(&successor->answered, request);
		__atomic_store_n(&flow_caches[index], successor, __ATOMIC_RELEASE);
	}
	atomic_store_explicit(&cache->answered, request, memory_order_release);
}

// ---------------------------------------------------------------- entries

void flow_cache_enter(struct flow_cache *cache, const struct flow_parsed *p, const uint64_t *key, uint32_t hash,
		      uint8_t mask, uint32_t word_mask, uint32_t path)
{
	unsigned words = flow_key_words(&p->key);
	struct flow_entry *entry = flow_table_find(&cache->table, p, key, words, hash, mask);

	// One that looks at other fields of the word must not hide the new one, nor the other way round.
	if (entry != NULL && entry->word_mask != word_mask) {
		flow_table_remove(&cache->table, entry);
		entry = NULL;
	}
	if (entry == NULL) {
		entry = flow_table_insert(&cache->table, hash, words, mask, cache->now);
		if (entry == NULL) return;
		cache->statistics.inserted++;
	}
	memcpy(entry->key, key, words * sizeof(*key));
	entry->word = p->word & word_mask;
	entry->word_mask = word_mask;
	entry->path = path;
	entry->generation = cache->paths.hot[path].generation;
}

// ---------------------------------------------------------------- tidying

static bool is_dead(void *ctx, const struct flow_entry *entry)
{
	const struct flow_cache *cache = ctx;

	return cache->paths.hot[entry->path].generation != entry->generation;
}

static void order_masks(struct flow_cache *cache)
{
	memset(cache->mask_count, 0, sizeof(cache->mask_count));
	for (unsigned number = 1; number <= FLOW_MASKS; number++) {
		struct flow_mask_slot *mask = &cache->mask[number];
		uint8_t *order = cache->order[mask->kind];
		unsigned at = cache->mask_count[mask->kind];

		if (!mask->used) continue;
		if (cache->table.of_mask[number] == 0) {
			mask->used = false;
			continue;
		}
		for (; at > 0 && cache->mask[order[at - 1]].hits < mask->hits; at--)
			order[at] = order[at - 1];
		order[at] = (uint8_t)number;
		cache->mask_count[mask->kind]++;
	}
	for (unsigned number = 1; number <= FLOW_MASKS; number++)
		cache->mask[number].hits /= 2;
}

void flow_cache_tidy(struct flow_cache *cache)
{
	uint64_t tsc = rte_rdtsc(), hz = rte_get_tsc_hz();
	uint32_t second = (uint32_t)(tsc / hz);

	// The whole arena in about 16 seconds.
	if (tsc - cache->swept_at < hz / 1024) return;
	cache->swept_at = tsc;
	flow_table_sweep(&cache->table, 16 + cache->table.fresh / 16384, second, FLOW_IDLE_SECONDS, is_dead, cache);
	if (second == cache->ordered_at) return;
	cache->ordered_at = second;
	order_masks(cache);
}
