#include "copies.h"

#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_random.h>

#define SIDE_BIT  16
#define HASH_BIT  17
#define SAME      (UINT64_MAX << HASH_BIT)
#define LOOKED_AT 256 // octets of a frame: all headers, and what protocols number their messages by

struct copies *copies_new(void)
{
	struct copies *copies = calloc(1, sizeof(*copies));

	for (unsigned i = 0; copies != NULL && i < RTE_DIM(copies->seed); i++)
		copies->seed[i] = rte_rand();
	return copies;
}

// ---------------------------------------------------------------- places

// Within COPIES_MS of each other: another worker may have read the clock later than this one.
static bool is_near(uint64_t word, uint32_t now_ms)
{
	return (uint16_t)(now_ms - word + COPIES_MS) <= 2 * COPIES_MS;
}

static bool is_other(uint64_t word, uint64_t own, uint32_t now_ms)
{
	return ((word ^ own) & SAME) == 0 && ((word ^ own) >> SIDE_BIT & 1) != 0 && is_near(word, now_ms);
}

// Each of the two from the other.
static uint32_t other_place(uint32_t place, uint64_t word)
{
	return place ^ (uint32_t)(word >> (64 - COPIES_BITS) | 1);
}

static uint64_t exchange(_Atomic uint64_t *place, uint64_t word)
{
	return atomic_exchange_explicit(place, word, memory_order_relaxed);
}

// Unless another worker was faster.
static bool replace(_Atomic uint64_t *place, uint64_t old, uint64_t word)
{
	return atomic_compare_exchange_strong_explicit(place, &old, word, memory_order_relaxed, memory_order_relaxed);
}

bool copies_take(struct copies *copies, uint64_t hash, enum copy_side side, uint32_t now_ms)
{
	uint64_t own = (hash & SAME) | (uint64_t)side << SIDE_BIT | (uint16_t)now_ms, was, there;
	uint32_t first = hash & (COPIES - 1), second = other_place(first, own);

	was = exchange(&copies->place[first], own);
	if (is_other(was, own, now_ms)) {
		replace(&copies->place[first], own, 0);
		return true;
	}
	there = atomic_load_explicit(&copies->place[second], memory_order_relaxed);
	if (is_other(there, own, now_ms) && replace(&copies->place[second], there, 0)) {
		replace(&copies->place[first], own, was);
		return true;
	}
	// The same frame again is no reason to know two: else a flow of equal frames could lose two.
	if (was != 0 && ((was ^ own) & SAME) != 0 && is_near(was, now_ms))
		exchange(&copies->place[other_place(first, was)], was);
	return false;
}

// ---------------------------------------------------------------- frames

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_of(const struct copies *copies, const struct rte_mbuf *m)
{
	uint32_t length = RTE_MIN(m->pkt_len, (uint32_t)LOOKED_AT);
	uint8_t bytes[LOOKED_AT];
	const uint8_t *at = rte_pktmbuf_read(m, 0, length, bytes);
	uint64_t hash = copies->seed[1] ^ m->pkt_len;

	for (uint32_t i = 0; i < length; i += 16) {
		uint64_t pair[2] = {0};

		memcpy(pair, at + i, RTE_MIN(length - i, 16u));
		hash = fold(pair[0] ^ copies->seed[0], pair[1] ^ hash);
	}
	return fold(hash ^ copies->seed[0], copies->seed[1]);
}

bool copies_second(const struct worker *worker, const struct gate *gate, const struct rte_mbuf *m, enum copy_side side)
{
	uint32_t now_ms = (uint32_t)(rte_rdtsc() / (rte_get_tsc_hz() / 1000));

	// What is only traced has no copy.
	if (worker_traces(worker) || !copies_take(gate->copies, hash_of(gate->copies, m), side, now_ms)) return false;
	gate->counters[worker->index].copies++;
	return true;
}
