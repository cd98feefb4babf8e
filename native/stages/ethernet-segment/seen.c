#include "seen.h"

#include "../bridge/bridge.h"

static void forget(const struct segment *segment, uint64_t key, uint64_t value, const uint64_t *released)
{
	const struct logical_port *lp = dataplane_logical_port(dataplane_current(), (uint32_t)value);

	if (lp == NULL || lp->port != segment->port || lp->bridge_domain != (uint32_t)(key >> 48) || lp->matches == 0 ||
	    !vid_is_in(released, lp->match[0].vid))
		return;
	fdb_forget(&bridge_fdb, key, lp->id);
}

void seen_forget(const struct segment *segment, const uint64_t *released)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < GATE_WORDS; i++)
		any |= released[i];
	for (unsigned i = 0; any != 0 && i < GATE_SEEN; i++) {
		uint64_t key = atomic_load(&segment->gate.seen[i].key);

		if (key != 0) forget(segment, key, atomic_load(&segment->gate.seen[i].value), released);
	}
}
