#include "policer.h"

#include <errno.h>

#include <rte_atomic.h>

#define TICKS_PER_CLOCK  256
#define COST_FRACTION    16
#define LOWEST_RATE      1000u
#define HIGHEST_RATE     UINT64_C(10000000000000)
#define LONGEST_REFILL_S 3600u
#define BEHIND           (UINT64_C(1) << 40) // ticks: a worker's time is no older than this, a second and more

// ---------------------------------------------------------------- parameters

static int bucket(uint64_t hz, uint64_t rate, uint64_t burst, uint64_t *cost, uint64_t *depth)
{
	__uint128_t ticks = (__uint128_t)hz * TICKS_PER_CLOCK * 8;

	if (rate < LOWEST_RATE || rate > HIGHEST_RATE || (__uint128_t)burst * 8 > (__uint128_t)rate * LONGEST_REFILL_S)
		return -EINVAL;
	*cost = (uint64_t)(((ticks << COST_FRACTION) + rate / 2) / rate);
	*depth = (uint64_t)(ticks * burst / rate);
	return 0;
}

int policer_parameters_fill(struct policer_parameters *p, uint64_t hz, uint64_t committed_rate,
			    uint64_t committed_burst, uint64_t peak_rate, uint64_t peak_burst)
{
	uint64_t same;

	if (bucket(hz, committed_rate, committed_burst, &p->committed_cost, &p->committed_depth) < 0) return -EINVAL;
	p->peak_cost = 0;
	if (peak_rate == 0) return bucket(hz, committed_rate, peak_burst, &same, &p->peak_depth);
	if (peak_rate < committed_rate) return -EINVAL;
	return bucket(hz, peak_rate, peak_burst, &p->peak_cost, &p->peak_depth);
}

// ---------------------------------------------------------------- colours

static inline uint64_t ticks_of(uint32_t octets, uint64_t cost)
{
	return (uint64_t)(((__uint128_t)octets * cost) >> COST_FRACTION);
}

// The time of a bucket never goes back. A worker that was kept off its core between its clock and its packets comes
// with a time at which the bucket was more than empty: its packets count as of the time at which it was empty. (A
// bucket that nobody used until the counter went round looks the same for BEHIND, once in 300 days.)
static inline uint64_t not_before(uint64_t now, uint64_t full_at, uint64_t depth)
{
	return full_at - depth - now < BEHIND ? full_at - depth : now;
}

// What a bucket lacks now. Farther away than it is deep is a time long ago, before the counter went round.
static inline uint64_t lack(uint64_t full_at, uint64_t now, uint64_t depth)
{
	uint64_t distance = full_at - now;

	return distance <= depth ? distance : 0;
}

// RFC 2698, 3.
static void two_rates(const struct policer_parameters *p, struct policer_buckets *b, uint64_t now,
		      const uint32_t *octets, uint8_t *color, unsigned n)
{
	uint64_t committed, peak;

	now = not_before(not_before(now, b->committed, p->committed_depth), b->peak, p->peak_depth);
	committed = lack(b->committed, now, p->committed_depth);
	peak = lack(b->peak, now, p->peak_depth);
	for (unsigned i = 0; i < n; i++) {
		uint64_t c = committed + ticks_of(octets[i], p->committed_cost);
		uint64_t k = peak + ticks_of(octets[i], p->peak_cost);

		if (color[i] == POLICER_RED || k > p->peak_depth) {
			color[i] = POLICER_RED;
			continue;
		}
		peak = k;
		if (color[i] == POLICER_YELLOW || c > p->committed_depth) {
			color[i] = POLICER_YELLOW;
			continue;
		}
		committed = c;
	}
	b->committed = now + committed;
	b->peak = now + peak;
}

// RFC 2697, 3: what the committed bucket has no room for goes to the excess bucket.
static void one_rate(const struct policer_parameters *p, struct policer_buckets *b, uint64_t now,
		     const uint32_t *octets, uint8_t *color, unsigned n)
{
	uint64_t committed, over, excess;

	now = not_before(now, b->committed, p->committed_depth);
	committed = lack(b->committed, now, p->committed_depth);
	over = committed == 0 ? now - b->committed : 0;
	excess = b->peak <= p->peak_depth && b->peak > over ? b->peak - over : 0;
	for (unsigned i = 0; i < n; i++) {
		uint64_t cost = ticks_of(octets[i], p->committed_cost);

		if (color[i] == POLICER_GREEN && committed + cost <= p->committed_depth) {
			committed += cost;
		} else if (color[i] != POLICER_RED && excess + cost <= p->peak_depth) {
			excess += cost;
			color[i] = POLICER_YELLOW;
		} else {
			color[i] = POLICER_RED;
		}
	}
	b->committed = now + committed;
	b->peak = excess;
}

void policer_meter(struct policer *policer, uint64_t now, const uint32_t *octets, uint8_t *color, unsigned n)
{
	const struct policer_parameters *p = __atomic_load_n(&policer->parameters, __ATOMIC_ACQUIRE);
	uint8_t came_with[MAX_BURST];
	struct policer_buckets before, after;
	rte_int128_t *place = (rte_int128_t *)&policer->buckets, old, new;

	now *= TICKS_PER_CLOCK;
	for (unsigned i = 0; i < n; i++)
		came_with[i] = p->color_aware ? color[i] : POLICER_GREEN;
	// Halves of two moments are no state that was there: the swap then fails, and says what is.
	before.committed = __atomic_load_n(&policer->buckets.committed, __ATOMIC_RELAXED);
	before.peak = __atomic_load_n(&policer->buckets.peak, __ATOMIC_RELAXED);
	old.val[0] = before.committed;
	old.val[1] = before.peak;
	do {
		for (unsigned i = 0; i < n; i++)
			color[i] = came_with[i];
		after.committed = old.val[0];
		after.peak = old.val[1];
		if (p->peak_cost != 0)
			two_rates(p, &after, now, octets, color, n);
		else
			one_rate(p, &after, now, octets, color, n);
		new.val[0] = after.committed;
		new.val[1] = after.peak;
	} while (!rte_atomic128_cmp_exchange(place, &old, &new, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

void policer_refill(struct policer *policer)
{
	rte_int128_t *place = (rte_int128_t *)&policer->buckets, old = {.val = {0, 0}}, full = {.val = {0, 0}};

	while (!rte_atomic128_cmp_exchange(place, &old, &full, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		;
}
