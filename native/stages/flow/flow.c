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

// What the first loops have found out of a packet.
enum { SLOW, PARSED, NO_MATCH };

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

// Under each mask of its kind, most used first.
static struct flow_entry *find_aggregate(struct flow_cache *cache, const struct flow_parsed *p, unsigned first)
{
	unsigned words = flow_key_words(&p->key), kind = p->key.kind;
	uint64_t masked[FLOW_KEY_LONG];

	for (unsigned i = first; i < cache->mask_count[kind]; i++) {
		uint8_t number = cache->order[kind][i];
		struct flow_mask_slot *mask = &cache->mask[number];
		struct flow_entry *entry;
		uint32_t hash;

		flow_key_masked(&p->key, mask, words, masked);
		hash = words == FLOW_KEY_LONG ? flow_hash_long(masked, number) : flow_hash_short(masked, number);
		entry = flow_table_find(&cache->table, p, masked, words, hash, number);
		if (entry == NULL) continue;
		mask->hits++;
		return entry;
	}
	return NULL;
}

// The second packet of a flow that an aggregate knows gets an entry of its own.
static inline void promote(struct flow_cache *cache, const struct flow_parsed *p, uint32_t hash,
			   const struct flow_entry *aggregate)
{
	uint16_t *once = &cache->once[(hash ^ hash >> 16) % FLOW_ONCE], mark = (uint16_t)(hash >> 8 | 1);
	uint32_t word_mask = aggregate->word_mask, path = aggregate->path;

	if (*once == mark)
		flow_cache_enter(cache, p, p->key.word, hash, 0, word_mask, path);
	else
		*once = mark;
}

// False: it takes the stages.
static bool missed(struct burst *burst, struct rte_mbuf *m, const struct flow_parsed *p, uint32_t hash,
		   struct flow_entry *entry)
{
	struct flow_cache *cache = burst->cache;
	unsigned records = FEWEST_RECORDS + ((FLOW_RECORDS - FEWEST_RECORDS) * cache->hit_share >> 8);
	struct flow_path *path;

	if (likely(entry != NULL) && (path = valid_path(burst, entry)) != NULL) {
		entry->seen = cache->now;
		cache->statistics.aggregate_hits++;
		promote(cache, p, hash, entry);
		return hit(burst, m, p, path);
	}
	burst->missed++;
	if (cache->record_count < records) {
		record_begin(&cache->record[cache->record_count++], m, p);
		packet_meta(m)->record = (uint16_t)cache->record_count;
	}
	return false;
}

// What no exact entry knows. The mask that is used most is tried for all of them at once.
static void missed_all(struct burst *burst, struct rte_mbuf **packets, const struct flow_parsed *parsed,
		       const uint32_t *hash, const uint8_t *list, uint16_t n, uint8_t *known)
{
	struct flow_cache *cache = burst->cache;
	uint8_t number = cache->mask_count[FLOW_KIND_IPV4] != 0 ? cache->order[FLOW_KIND_IPV4][0] : 0;
	uint64_t masked[STRIDE][FLOW_KEY_SHORT];
	struct flow_entry *entry[STRIDE];
	uint32_t masked_hash[STRIDE], changes = cache->table.changes;

	for (uint16_t i = 0; i < n && number != 0; i++) {
		flow_key_masked(&parsed[list[i]].key, &cache->mask[number], FLOW_KEY_SHORT, masked[i]);
		masked_hash[i] = flow_hash_short(masked[i], number);
		rte_prefetch0(flow_bucket_of(&cache->table, masked_hash[i]));
	}
	for (uint16_t i = 0; i < n; i++) {
		entry[i] = NULL;
		if (number == 0 || parsed[list[i]].kind != FLOW_KIND_IPV4) continue;
		entry[i] = flow_table_find(&cache->table, &parsed[list[i]], masked[i], FLOW_KEY_SHORT, masked_hash[i],
					   number);
		cache->mask[number].hits += entry[i] != NULL;
	}
	for (uint16_t i = 0; i < n; i++) {
		const struct flow_parsed *p = &parsed[list[i]];

		if (unlikely(cache->table.changes != changes))
			entry[i] = find_aggregate(cache, p, 0);
		else if (entry[i] == NULL)
			entry[i] = find_aggregate(cache, p, p->kind == FLOW_KIND_IPV4);
		known[list[i]] = missed(burst, packets[list[i]], p, hash[list[i]], entry[i]) ? PARSED : SLOW;
	}
}

static inline void stride(struct burst *burst, struct rte_mbuf **packets, uint16_t n)
{
	struct flow_cache *cache = burst->cache;
	struct flow_parsed parsed[STRIDE];
	uint32_t hash[STRIDE];
	struct flow_entry *entry[STRIDE];
	uint8_t known[STRIDE], miss[STRIDE];
	uint64_t exact = 0;
	uint16_t misses = 0;

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
		const struct flow_bucket *bucket;
		uint32_t bits;

		if (unlikely(!known[i])) continue;
		bucket = flow_bucket_of(&cache->table, hash[i]);
		bits = flow_bucket_matches(bucket, flow_signature(hash[i]));
		if (unlikely(bits == 0)) {
			known[i] = NO_MATCH;
			continue;
		}
		entry[i] = flow_entry_at(&cache->table, bucket->entry[__builtin_ctz(bits) / 2]);
		rte_prefetch0(entry[i]);
		if (parsed[i].kind == FLOW_KIND_IPV6) rte_prefetch0((uint8_t *)entry[i] + 64);
	}
	for (uint16_t i = 0; i < n; i++) {
		const struct flow_parsed *p = &parsed[i];
		struct flow_path *path;

		if (unlikely(known[i] != PARSED)) {
			if (known[i] == NO_MATCH) miss[misses++] = (uint8_t)i;
			continue;
		}
		// Unit 0, where a free place leads, matches nothing.
		if (unlikely(entry[i] == NULL ||
			     !flow_entry_is(entry[i], p, p->key.word,
					    p->kind == FLOW_KIND_IPV6 ? FLOW_KEY_LONG : FLOW_KEY_SHORT, 0)))
			entry[i] = flow_table_find(&cache->table, p, p->key.word, flow_key_words(&p->key), hash[i], 0);
		if (unlikely(entry[i] == NULL) || unlikely((path = valid_path(burst, entry[i])) == NULL)) {
			miss[misses++] = (uint8_t)i;
			continue;
		}
		if (unlikely(entry[i]->seen != cache->now)) entry[i]->seen = cache->now;
		known[i] = hit(burst, packets[i], p, path) ? PARSED : SLOW;
		exact += known[i] == PARSED;
	}
	cache->statistics.exact_hits += exact;
	if (unlikely(misses != 0)) missed_all(burst, packets, parsed, hash, miss, misses, known);
	// In the order in which they came: what the stages learn may depend on it.
	for (uint16_t i = 0; i < n && unlikely(exact != n); i++)
		if (known[i] == SLOW) burst->other[burst->slow++] = packets[i];
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
