// The generations of all elements: a fixed array of slots that elements are hashed to. Two elements of one slot cost a
// judgement too many, never one too few.
#include "element.h"

_Atomic uint32_t flow_generations[FLOW_SLOTS];
_Atomic uint64_t flow_epoch = 1;

static void raise_slot(uint32_t slot)
{
	uint32_t generation;

	// The change of the table comes before the look (flow_watch).
	atomic_thread_fence(memory_order_seq_cst);
	generation = atomic_load(&flow_generations[slot]);
	do {
		if ((generation & 1) == 0) return;
	} while (!atomic_compare_exchange_weak(&flow_generations[slot], &generation, generation + 1));
	atomic_fetch_add_explicit(&flow_epoch, 1, memory_order_release);
}

void flow_element_changed(enum flow_element element, uint64_t id)
{
	raise_slot(flow_slot(element, id));
}

void flow_route_changed(uint32_t vrf, enum ip_version version, const struct ip_address *prefix, unsigned length)
{
	unsigned tier = 0;

	while (tier + 1 < FLOW_ROUTE_TIERS && length >= flow_route_tier_bits[version][tier + 1])
		tier++;
	raise_slot(flow_route_slot(vrf, version, prefix, tier));
}
