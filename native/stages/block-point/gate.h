// What an ethernet segment (stages/ethernet-segment) blocks on its port, beside the port's block points. The set of
// VLANs is of a generation; which of them are open changes without one: a bitmap that workers read for every frame.
// A VLAN that comes into the set is closed there already, so it is blocked for the first packet of that generation.
#ifndef SLUICE_BLOCK_GATE_H
#define SLUICE_BLOCK_GATE_H

#include <stdatomic.h>

#include "../../main/dataplane.h"

#define GATE_VIDS  4096
#define GATE_WORDS (GATE_VIDS / 64)

// One worker's share.
struct gate_counters {
	uint64_t in_dropped[GATE_VIDS], out_dropped[GATE_VIDS];
} __rte_cache_aligned;

// The same for the life of the segment on its port. Written by the control thread, but for counters.
struct gate {
	_Atomic uint64_t open[GATE_WORDS];
	// Of the closed ones: whether unicast frames go to a peer.
	_Atomic uint64_t redirects[GATE_WORDS];
	struct gate_counters *counters; // [worker index]
	char name[256];                 // of the segment
};

// Generation memory.
struct gate_vlans {
	uint64_t word[GATE_WORDS];
	struct gate *gate;
	bool probes; // the segment's frames in the CE path are taken (stages/ethernet-segment/probe.h)
};

static inline bool vid_is_in(const uint64_t *words, uint16_t vid)
{
	return words[vid / 64] >> (vid % 64) & 1;
}

static inline bool gate_is_open(const struct gate *gate, uint16_t vid)
{
	return atomic_load_explicit(&gate->open[vid / 64], memory_order_relaxed) >> (vid % 64) & 1;
}

static inline bool gate_redirects(const struct gate *gate, uint16_t vid)
{
	return atomic_load_explicit(&gate->redirects[vid / 64], memory_order_relaxed) >> (vid % 64) & 1;
}

#endif
