// What a path depends on: elements with generations.
//
// Routes are elements by their leading bits, in tiers: a route of length n is an element of the last tier whose bits do
// not exceed n, so that a change of a /24 touches only what lies in the same /16, and one of the default route one
// element. A lookup depends on one element of each tier. An aggregate agrees in the bits of the last tier at least
// (flow_route_bits).
#ifndef SLUICE_FLOW_ELEMENT_H
#define SLUICE_FLOW_ELEMENT_H

#include <stdatomic.h>

#include "record.h"

#define FLOW_SLOTS       (1u << 18)
#define FLOW_ROUTE_TIERS 3

// Odd: some record has looked at it since it was last raised. What nobody has looked at needs no raising, so that a
// flood of new addresses, each an element of its own, does not make every path be judged anew.
extern _Atomic uint32_t flow_generations[FLOW_SLOTS];
// Raised after each change of a generation: a path that was judged in this epoch is valid.
extern _Atomic uint64_t flow_epoch;

static const uint8_t flow_route_tier_bits[IP_VERSIONS][FLOW_ROUTE_TIERS] = {{0, 8, FLOW_ROUTE_BITS_V4},
									    {0, 16, FLOW_ROUTE_BITS_V6}};

// The generation of a slot, for who is about to read what it stands for.
static inline uint32_t flow_watch(uint32_t slot)
{
	uint32_t generation = atomic_load_explicit(&flow_generations[slot], memory_order_acquire);

	if (likely(generation & 1)) return generation;
	// Sequentially consistent: either who changes the element sees it watched, or the change is seen here.
	generation = atomic_fetch_or(&flow_generations[slot], 1) | 1;
	atomic_thread_fence(memory_order_seq_cst);
	return generation;
}

static inline uint32_t flow_slot(enum flow_element element, uint64_t id)
{
	uint64_t h = (id ^ (uint64_t)element << 59) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(h >> 46);
}

static inline uint32_t flow_route_slot(uint32_t vrf, enum ip_version version, const struct ip_address *address,
				       unsigned tier)
{
	unsigned bits = flow_route_tier_bits[version][tier];
	uint64_t leading = 0;

	for (unsigned i = 0; i < bits / 8; i++)
		leading = leading << 8 | address->bytes[i];
	return flow_slot(FLOW_ROUTE, leading | (uint64_t)vrf << 32 | (uint64_t)version << 48 | (uint64_t)tier << 50);
}

#endif
