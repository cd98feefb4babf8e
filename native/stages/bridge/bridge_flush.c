// Flushing: an epoch for each logical port makes its entries invalid at once; the sweep (bridge_ageing.c) frees
// their slots.
#include <errno.h>

#include "../classify/tag_map.h"
#include "../flow/record.h"
#include "bridge_control.h"

_Atomic uint16_t bridge_epoch[MAX_ID + 1];

// Bit set: to flush when the generation being built is published.
static uint64_t later[(MAX_ID + 1) / 64];
static bool some_later;

static void forget(void *unused)
{
	RTE_SET_USED(unused);
	memset(later, 0, sizeof(later));
	some_later = false;
}

int bridge_flush_later(struct generation *g, uint32_t logical_port)
{
	if (!some_later && generation_on_abort(g, forget, NULL) != 0) return -ENOMEM;
	some_later = true;
	later[logical_port / 64] |= UINT64_C(1) << (logical_port % 64);
	return 0;
}

void bridge_flush_port(uint32_t logical_port)
{
	atomic_fetch_add_explicit(&bridge_epoch[logical_port], 1, memory_order_relaxed);
	flow_element_changed(FLOW_LOGICAL_PORT, logical_port);
}

static void flush_blocked(void *ctx, uint32_t logical_port)
{
	bool *learned = ctx;

	bridge_flush_port(logical_port);
	*learned |= atomic_load(&bridge_fdb.port[logical_port].learned) != 0;
}

bool bridge_flush_blocked(const struct dataplane *dp, const struct block_change *change, unsigned count)
{
	bool learned = false;

	for (unsigned i = 0; i < count; i++) {
		const struct port *port = dataplane_port(dp, change[i].point->port);

		if (change[i].blocked && !change[i].keeps && port != NULL)
			tag_map_each(port->tags, change[i].point->vid, flush_blocked, &learned);
	}
	return learned;
}

bool bridge_flush_published(struct generation *g)
{
	unsigned count;
	const struct block_change *change = generation_block_changes(g, &count);
	bool learned = false;

	for (unsigned i = 0; some_later && i < RTE_DIM(later); i++)
		for (uint64_t bits = later[i]; bits != 0; bits &= bits - 1)
			flush_blocked(&learned, i * 64 + (uint32_t)__builtin_ctzll(bits));
	if (some_later) forget(NULL);
	return bridge_flush_blocked(generation_next(g), change, count) || learned;
}
