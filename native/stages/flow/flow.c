// Node "flow": what is known goes to the wire, the rest takes the stages and is recorded.
//
// Three loops over 64 packets, each fetching for the next: key and hash (fetches the bucket), bucket (fetches the
// entry), entry and path. What no exact entry knows is looked for under each mask; what remains goes to classify.
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../bridge/bridge.h"
#include "../enqueue.h"
#include "apply.h"
#include "flow.h"

enum { EDGE_CLASSIFY, EDGE_TX, EDGES };

#define STRIDE 64
#define AHEAD  8

// Records a burst, from the fewest, while most packets miss and what is recorded is hardly used, to the most.
#define FEWEST_RECORDS 8

struct burst {
	struct worker *worker;
	struct flow_cache *cache;
	uint64_t epoch;
	uint16_t hits, slow, missed;
	void *hit[MAX_BURST], *other[MAX_BURST];
};

// The path of an entry, if it is (still) valid. NULL: the entry is gone.
static inline struct flow_path *valid_path(struct burst *burst, struct flow_entry *entry)
{
	struct flow_paths *paths = &burst->cache->paths;
	struct flow_path *path = &paths->hot[entry->path];
	uint32_t now = burst->cache->now;

	if (likely(path->generation == entry->generation && path->epoch == burst->epoch && path->second == now))
		return path;
	if (path->generation == entry->generation) {
		if ((path->epoch == burst->epoch || flow_path_judge(paths, entry->path, burst->epoch)) &&
		    (path->second == now || flow_path_refresh(paths, entry->path, burst->worker, now)))
			return path;
		flow_path_end(paths, entry->path);
	}
	burst->cache->statistics.invalid++;
	flow_table_remove(&burst->cache->table, entry);
	return NULL;
}

// A packet that its entry knows. False: it is longer than what the path takes.
static inline bool hit(struct burst *burst, struct rte_mbuf *m, const struct flow_parsed *p, struct flow_path *path)
{
	struct packet_meta *meta = packet_meta(m);
	uint32_t number = (uint32_t)(path - burst->cache->paths.hot);

	if (unlikely(m->pkt_len - p->l3_offset > path->largest)) return false;
	path->packets++;
	path->octets += m->pkt_len;
	if (unlikely(path->flags & (PATH_DROP | PATH_EXTRA | PATH_USE))) {
		if (!flow_apply_extra(burst->cache, burst->worker, m, p, number)) return true;
	} else {
		flow_apply(path, m, p);
	}
	meta->egress_port = path->egress_port;
	meta->egress = path->egress;
	meta->flags = PACKET_COUNTED;
	meta->record = (uint16_t)(number + 1);
	burst->hit[burst->hits++] = m;
	return true;
}

// What an exact miss has found under one of the masks.
struct found {
	struct flow_entry *entry; // NULL: nothing
	bool again;               // seen once before: it gets an entry of its own
};

// Looks for packets under one mask; those that it does not know come to the front of the list. How many they are.
static __rte_always_inline uint16_t try_mask(struct flow_cache *cache, uint8_t number, const struct flow_parsed *parsed,
					     uint8_t *list, uint16_t n, const unsigned words, struct found *found)
{
	struct flow_mask_slot *mask = &cache->mask[number];
	uint64_t masked[STRIDE * FLOW_KEY_LONG] __attribute__((aligned(32)));
	struct flow_entry *entry[STRIDE];
	uint32_t hash[STRIDE];
	uint16_t rest = 0;

	for (uint16_t i = 0; i < n; i++) {
		flow_key_masked(&parsed[list[i]].key, mask, words, masked + i * words);
		hash[i] = words == FLOW_KEY_LONG ? flow_hash_long(masked + i * words, number)
						 : flow_hash_short(masked + i * words, number);
		rte_prefetch0(flow_bucket_of(&cache->table, hash[i]));
	}
	for (uint16_t i = 0; i < n; i++) {
		entry[i] = flow_table_candidate(&cache->table, hash[i]);
		rte_prefetch0(entry[i]);
	}
	for (uint16_t i = 0; i < n; i++) {
		uint8_t packet = list[i];
		bool is = flow_entry_is(entry[i], &parsed[packet], masked + i * words, words, number);

		if (unlikely(!is && flow_entry_some(&cache->table, entry[i]))) {
			entry[i] = flow_table_find(&cache->table, &parsed[packet], masked + i * words, words, hash[i],
						   number);
			is = entry[i] != NULL;
		}
		// Nobody can foresee which: no branch.
		found[packet].entry = is ? entry[i] : NULL;
		list[rest] = packet;
		rest += !is;
	}
	mask->hits += n - rest;
	return rest;
}

// Under each mask of their kind, most used first.
static void find_aggregates(struct flow_cache *cache, const struct flow_parsed *parsed, const uint8_t *miss, uint16_t n,
			    struct found *found)
{
	uint8_t list[3][STRIDE];
	uint16_t count[3] = {0};

	for (uint16_t i = 0; i < n; i++) {
		unsigned kind = parsed[miss[i]].kind;

		list[kind][count[kind]++] = miss[i];
		found[miss[i]].entry = NULL;
	}
	for (unsigned m = 0; m < cache->mask_count[FLOW_KIND_IPV4] && count[FLOW_KIND_IPV4] != 0; m++)
		count[FLOW_KIND_IPV4] = try_mask(cache, cache->order[FLOW_KIND_IPV4][m], parsed, list[FLOW_KIND_IPV4],
						 count[FLOW_KIND_IPV4], FLOW_KEY_SHORT, found);
	for (unsigned m = 0; m < cache->mask_count[FLOW_KIND_IPV6] && count[FLOW_KIND_IPV6] != 0; m++)
		count[FLOW_KIND_IPV6] = try_mask(cache, cache->order[FLOW_KIND_IPV6][m], parsed, list[FLOW_KIND_IPV6],
						 count[FLOW_KIND_IPV6], FLOW_KEY_LONG, found);
}

// Whether an aggregate has taken a packet of this flow before.
static inline bool seen_before(struct flow_cache *cache, uint32_t hash)
{
	uint16_t *once = &cache->once[(hash ^ hash >> 16) % FLOW_ONCE], mark = (uint16_t)(hash >> 8 | 1);
	bool before = *once == mark;

	*once = mark;
	return before;
}

// The second packet of a flow that an aggregate knows gets an entry of its own. Once nobody holds entries of the table
// any more: those give way.
static __rte_noinline void promote(struct flow_cache *cache, const struct flow_parsed *parsed, const uint32_t *hash,
				   const uint8_t *miss, uint16_t n, const struct found *found)
{
	struct {
		uint32_t word_mask, path;
		uint8_t packet;
	} wanted[STRIDE];
	uint16_t count = 0;

	for (uint16_t i = 0; i < n; i++) {
		const struct flow_entry *entry = found[miss[i]].entry;

		if (entry == NULL || !found[miss[i]].again) continue;
		// Its path has just been valid; an ended one's number may be another's soon.
		if (!entry->used || cache->paths.hot[entry->path].generation != entry->generation) continue;
		wanted[count].word_mask = entry->word_mask;
		wanted[count].path = entry->path;
		wanted[count++].packet = miss[i];
	}
	for (uint16_t i = 0; i < count; i++) {
		const struct flow_parsed *p = &parsed[wanted[i].packet];

		flow_cache_enter(cache, p, p->key.word, hash[wanted[i].packet], 0, wanted[i].word_mask, wanted[i].path);
	}
}

// Nothing knows it: it takes the stages, recorded if there is a record left.
static void unknown(struct burst *burst, struct rte_mbuf *m, const struct flow_parsed *p)
{
	struct flow_cache *cache = burst->cache;
	unsigned records = FEWEST_RECORDS + ((FLOW_RECORDS - FEWEST_RECORDS) * cache->hit_share >> 8);

	burst->missed++;
	if (cache->record_count >= records) return;
	record_begin(&cache->record[cache->record_count++], m, p);
	packet_meta(m)->record = (uint16_t)cache->record_count;
}

// What no exact entry knows.
static __rte_noinline void missed(struct burst *burst, struct rte_mbuf **packets, const struct flow_parsed *parsed,
				  const uint32_t *hash, const uint8_t *miss, uint16_t n, uint8_t *known)
{
	struct flow_cache *cache = burst->cache;
	struct found found[STRIDE];
	uint64_t hits = 0;
	bool any = false;

	cache->turn++;
	find_aggregates(cache, parsed, miss, n, found);
	for (uint16_t i = 0; i < n; i++) {
		uint8_t packet = miss[i];
		struct flow_entry *entry = found[packet].entry;
		struct flow_path *path;

		known[packet] = false;
		if (unlikely(entry == NULL) || unlikely((path = valid_path(burst, entry)) == NULL)) {
			found[packet].entry = NULL;
			unknown(burst, packets[packet], &parsed[packet]);
			continue;
		}
		if (unlikely(entry->seen != cache->now)) entry->seen = cache->now;
		// Of many, one in four: a flow that goes on is noticed soon enough, and a scan costs less.
		found[packet].again =
			(n < STRIDE / 4 || (i & 3) == (cache->turn & 3)) && seen_before(cache, hash[packet]);
		any |= found[packet].again;
		hits++;
		known[packet] = hit(burst, packets[packet], &parsed[packet], path);
	}
	cache->statistics.aggregate_hits += hits;
	if (any) promote(cache, parsed, hash, miss, n, found);
}

static inline void stride(struct burst *burst, struct rte_mbuf **packets, uint16_t n)
{
	struct flow_cache *cache = burst->cache;
	struct flow_parsed parsed[STRIDE];
	uint32_t hash[STRIDE];
	struct flow_entry *entry[STRIDE];
	uint8_t known[STRIDE], exact[STRIDE + 1], miss[STRIDE + 1];
	uint16_t exacts = 0, misses = 0, hits = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = packets[i];

		if (i + AHEAD < n) rte_prefetch0(rte_pktmbuf_mtod(packets[i + AHEAD], void *));
		known[i] = likely((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) == 0) &&
			   flow_parse(&parsed[i], rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, m->pkt_len,
				      packet_meta(m)->ingress_port);
		if (unlikely(!known[i])) continue;
		hash[i] = unlikely(parsed[i].kind == FLOW_KIND_IPV6) ? flow_hash_long(parsed[i].key.word, 0)
								     : flow_hash_short(parsed[i].key.word, 0);
		rte_prefetch0(flow_bucket_of(&cache->table, hash[i]));
	}
	for (uint16_t i = 0; i < n; i++) {
		if (unlikely(!known[i])) continue;
		entry[i] = flow_table_candidate(&cache->table, hash[i]);
		rte_prefetch0(entry[i]);
		if (unlikely(parsed[i].kind == FLOW_KIND_IPV6)) rte_prefetch0((uint8_t *)entry[i] + 64);
	}
	for (uint16_t i = 0; i < n; i++) {
		const struct flow_parsed *p = &parsed[i];
		bool is;

		if (unlikely(!known[i])) continue;
		is = flow_entry_is(entry[i], p, p->key.word, p->kind == FLOW_KIND_IPV6 ? FLOW_KEY_LONG : FLOW_KEY_SHORT,
				   0);
		if (unlikely(!is && flow_entry_some(&cache->table, entry[i]))) {
			entry[i] = flow_table_find(&cache->table, p, p->key.word, flow_key_words(&p->key), hash[i], 0);
			is = entry[i] != NULL;
		}
		// Between known flows and a scan nobody can foresee which: no branch.
		exact[exacts] = miss[misses] = (uint8_t)i;
		exacts += is;
		misses += !is;
	}
	for (uint16_t k = 0; k < exacts; k++) {
		uint8_t i = exact[k];
		struct flow_path *path = valid_path(burst, entry[i]);

		if (unlikely(path == NULL)) {
			miss[misses++] = i;
			continue;
		}
		if (unlikely(entry[i]->seen != cache->now)) entry[i]->seen = cache->now;
		known[i] = hit(burst, packets[i], &parsed[i], path);
		hits += known[i];
	}
	cache->statistics.exact_hits += hits;
	if (unlikely(misses != 0)) missed(burst, packets, parsed, hash, miss, misses, known);
	// In the order in which they came: what the stages learn may depend on it.
	for (uint16_t i = 0; i < n && unlikely(hits != n); i++)
		if (!known[i]) burst->other[burst->slow++] = packets[i];
}

static uint16_t flow_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t n)
{
	struct worker *worker = worker_self();
	struct burst burst;

	burst.worker = worker;
	burst.cache = flow_caches[worker->index];
	if (unlikely(burst.cache == NULL)) {
		rte_node_next_stream_move(graph, node, EDGE_CLASSIFY);
		return n;
	}
	burst.cache->now = bridge_seconds();
	// Packets of earlier walks have come to their end.
	burst.cache->record_count = 0;
	burst.epoch = atomic_load_explicit(&flow_epoch, memory_order_acquire);
	for (uint16_t done = 0; done < n; done += MAX_BURST) {
		uint16_t chunk = RTE_MIN(n - done, MAX_BURST);

		burst.hits = burst.slow = burst.missed = 0;
		for (uint16_t i = 0; i < chunk; i += STRIDE)
			stride(&burst, (struct rte_mbuf **)objs + done + i, RTE_MIN(chunk - i, STRIDE));
		burst.cache->statistics.misses += burst.missed;
		burst.cache->statistics.not_cacheable += (uint64_t)burst.slow - burst.missed;
		burst.cache->hit_share = (burst.cache->hit_share * 15 + 256u * (chunk - burst.missed) / chunk) / 16;
		if (burst.slow != 0) rte_node_enqueue(graph, node, EDGE_CLASSIFY, burst.other, burst.slow);
		if (likely(burst.hits == n))
			rte_node_next_stream_move(graph, node, EDGE_TX);
		else if (burst.hits != 0)
			rte_node_enqueue(graph, node, EDGE_TX, burst.hit, burst.hits);
	}
	return n;
}

static struct rte_node_register flow_node = {
	.name = "flow",
	.process = flow_process,
	.nb_edges = EDGES,
	.next_nodes = {[EDGE_CLASSIFY] = "classify", [EDGE_TX] = "tx"},
};
RTE_NODE_REGISTER(flow_node);
