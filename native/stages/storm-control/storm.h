// Storm control: how much of a class of frames that are flooded a logical port may bring in.
//
// A bucket a class and logical port, shared by the workers without a lock: one number, the time at which the bucket is
// full again (the generic cell rate algorithm, ITU-T I.371, annex A). A frame puts that off by what it costs; where it
// would lie further ahead than the bucket is deep, the frame is dropped and costs nothing.
#ifndef SLUICE_STORM_H
#define SLUICE_STORM_H

#include <stdatomic.h>
#include <stdint.h>

#include <rte_cycles.h>

#include "../../main/dataplane.h"

struct storm_bucket {
	_Atomic uint64_t full_at; // TSC
	uint64_t per_packet;      // TSC clocks; 0: not limited by packets
	uint64_t per_octet_256;   // TSC clocks × 256; 0: not limited by bits
	uint64_t depth;           // TSC clocks
};

struct storm {
	struct storm_bucket bucket[STORM_CLASSES];
};

static inline bool storm_passes(struct storm_bucket *bucket, uint32_t octets, uint64_t now)
{
	uint64_t cost = bucket->per_packet + (bucket->per_octet_256 * octets >> 8), before, after;

	if (cost == 0) return true;
	before = atomic_load_explicit(&bucket->full_at, memory_order_relaxed);
	do {
		after = RTE_MAX(before, now) + cost;
		if (after - now > bucket->depth) return false;
	} while (!atomic_compare_exchange_weak_explicit(&bucket->full_at, &before, after, memory_order_relaxed,
							memory_order_relaxed));
	return true;
}

// Sets a bucket up; its depth is a tenth of a second, but at least one frame of the largest size, or one packet.
void storm_bucket_set(struct storm_bucket *bucket, const struct storm_limit *limit, uint64_t tsc_hz);

#endif
