// Sets of next hops behind ids, and how flows are dealt out to them.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../flow/record.h"
#include "table.h"

#define BUCKETS_A_HOP 32
#define MOST_BUCKETS  2048
#define NO_HOP        UINT32_MAX

const struct next_hop_set *_Atomic next_hop_sets[MAX_NEXT_HOP_SETS];

static const struct next_hop_set no_route = {.hop = {{.kind = NEXT_HOP_NO_ROUTE}}};

// Ids given back, chained by what would be their number; and the highest that was in use.
static uint32_t *spare;
static uint32_t spare_count, spare_room, highest;

int next_hop_sets_start(void)
{
	next_hop_sets[0] = &no_route;
	return 0;
}

void next_hop_sets_stop(void)
{
	free(spare);
	spare = NULL;
	spare_count = spare_room = highest = 0;
}

uint32_t next_hop_set_take(void)
{
	if (spare_count > 0) return spare[--spare_count];
	// So that giving back needs no memory.
	if (highest + 1 >= spare_room) {
		uint32_t room = spare_room ? spare_room * 2 : 256;
		uint32_t *grown = realloc(spare, room * sizeof(*grown));

		if (grown == NULL) return 0;
		spare = grown;
		spare_room = room;
	}
	return highest + 1 < MAX_NEXT_HOP_SETS ? ++highest : 0;
}

static void free_late(void *arg, uint32_t number)
{
	free(arg);
}

static void give_late(void *arg, uint32_t id)
{
	spare[spare_count++] = id;
}

void next_hop_set_give(uint32_t id)
{
	if (id == 0) return;
	next_hop_set_publish(id, NULL);
	fib_later(give_late, NULL, id);
}

struct next_hop_set *next_hop_set_alloc(unsigned buckets)
{
	struct next_hop_set *set = calloc(1, sizeof(*set) + buckets * sizeof(struct next_hop));

	if (set != NULL) set->mask = (uint16_t)(buckets - 1);
	return set;
}

void next_hop_set_publish(uint32_t id, struct next_hop_set *set)
{
	const struct next_hop_set *old = next_hop_sets[id];

	if (set != NULL) set->id = id;
	atomic_store_explicit(&next_hop_sets[id], set, memory_order_release);
	if (old != NULL) fib_later(free_late, (void *)(uintptr_t)old, 0);
	flow_element_changed(FLOW_NEXT_HOP, id);
}

int next_hop_set_one(uint32_t id, struct next_hop hop)
{
	struct next_hop_set *set = next_hop_set_alloc(1);

	if (set == NULL) return -ENOMEM;
	set->hops = 1;
	set->hop[0] = hop;
	next_hop_set_publish(id, set);
	return 0;
}

// ---------------------------------------------------------------- buckets

static bool same(struct next_hop a, struct next_hop b)
{
	return a.kind == b.kind && a.interface == b.interface && a.adjacency == b.adjacency;
}

// How many buckets each hop is to have: in proportion to the weights, the largest remainders rounded up.
static void share_out(const struct weighted_hop *hops, unsigned count, unsigned buckets, uint32_t *quota)
{
	uint64_t sum = 0;
	uint32_t given = 0;

	for (unsigned h = 0; h < count; h++)
		sum += hops[h].weight;
	for (unsigned h = 0; h < count; h++)
		given += quota[h] = (uint32_t)(hops[h].weight * (uint64_t)buckets / sum);
	// What is left goes to the hops that miss most of a bucket, one each.
	for (; given < buckets; given++) {
		unsigned best = 0;
		int64_t most = INT64_MIN;

		for (unsigned h = 0; h < count; h++) {
			int64_t misses = (int64_t)(hops[h].weight * (uint64_t)buckets) - (int64_t)(quota[h] * sum);

			if (misses <= most) continue;
			most = misses;
			best = h;
		}
		quota[best]++;
	}
}

static unsigned buckets_for(const struct next_hop_set *before, unsigned count)
{
	unsigned buckets = 1;

	if (count == 1) return 1;
	while (buckets < count * BUCKETS_A_HOP)
		buckets *= 2;
	buckets = RTE_MIN(buckets, (unsigned)MOST_BUCKETS);
	// Fewer than before would move flows.
	return before != NULL ? RTE_MAX(buckets, before->mask + 1u) : buckets;
}

struct next_hop_set *next_hop_buckets(const struct next_hop_set *before, const struct weighted_hop *hops,
				      unsigned count)
{
	unsigned buckets = buckets_for(before, count), next = 0;
	struct next_hop_set *set = next_hop_set_alloc(buckets);
	uint32_t *quota = calloc(count, sizeof(*quota)), *taken = calloc(buckets, sizeof(*taken));

	if (set == NULL || quota == NULL || taken == NULL) {
		free(set);
		set = NULL;
		goto out;
	}
	set->hops = (uint16_t)count;
	share_out(hops, count, buckets, quota);
	for (unsigned b = 0; b < buckets; b++) {
		taken[b] = NO_HOP;
		if (before == NULL) continue;
		for (unsigned h = 0; h < count; h++) {
			if (quota[h] == 0 || !same(hops[h].hop, before->hop[b & before->mask])) continue;
			quota[h]--;
			taken[b] = h;
			break;
		}
	}
	// In turn, so that neighbouring hashes differ.
	for (unsigned b = 0; b < buckets; b++) {
		if (taken[b] == NO_HOP) {
			while (quota[next] == 0)
				next = (next + 1) % count;
			quota[next]--;
			taken[b] = next;
			next = (next + 1) % count;
		}
		set->hop[b] = hops[taken[b]].hop;
	}
out:
	free(quota);
	free(taken);
	return set;
}
