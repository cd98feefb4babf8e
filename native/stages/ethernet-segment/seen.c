#include "seen.h"

#include "../bridge/bridge.h"

// As long as an address of a bridge domain that never ages counts.
#define LONGEST_SECONDS 300

static void learn(const struct segment *segment, uint64_t key, uint64_t value, const uint64_t *released, uint32_t now)
{
	const struct dataplane *dp = dataplane_current();
	const struct logical_port *lp = dataplane_logical_port(dp, (uint32_t)value);
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, (uint32_t)(key >> 48));
	struct fdb_table *table = atomic_load(&bridge_fdb.table);
	uint32_t second = (uint32_t)(value >> 32), longest;
	struct fdb_place place;

	if (lp == NULL || bd == NULL || lp->port != segment->port || lp->bridge_domain != bd->id || !lp->enabled ||
	    !bd->learning || lp->matches == 0 || !vid_is_in(released, lp->match[0].vid))
		return;
	longest = bd->ageing_seconds != 0 ? bd->ageing_seconds : LONGEST_SECONDS;
	if (now - second > longest) return;
	place = (struct fdb_place){
		.port = lp->id,
		.domain = (uint16_t)bd->id,
		.epoch = bridge_epoch_of(lp->id),
		.port_limit = lp->mac_limit,
		.domain_limit = bd->mac_limit,
	};
	fdb_learn(&bridge_fdb, table, key, fdb_hash(table, key), &place, now);
}

void seen_learn(const struct segment *segment, const uint64_t *released)
{
	uint32_t now = bridge_seconds();
	uint64_t any = 0;

	for (unsigned i = 0; i < GATE_WORDS; i++)
		any |= released[i];
	for (unsigned i = 0; any != 0 && i < GATE_SEEN; i++) {
		uint64_t key = atomic_load(&segment->gate.seen[i].key);

		if (key != 0) learn(segment, key, atomic_load(&segment->gate.seen[i].value), released, now);
	}
}
