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
	uint64_t copies; // that came second (copies.h)
} __rte_cache_aligned;

// Stations whose frames have met the closed gate from the CE: they may be behind the segment, wherever else the bridge
// has learned them from what the open PE floods. A place by hash, the last one counts. Workers write key and value each
// by itself: who reads checks that they fit.
#define GATE_SEEN_BITS 14
#define GATE_SEEN      (1u << GATE_SEEN_BITS)

struct gate_seen {
	_Atomic uint64_t key;   // fdb_key(); 0: none
	_Atomic uint64_t value; // bridge_seconds() << 32 | logical port id
};

struct copies;

// The same for the life of the segment on its port. Written by the control thread, but for counters.
struct gate {
	_Atomic uint64_t open[GATE_WORDS];
	// Of the closed ones: whether unicast frames go to a peer.
	_Atomic uint64_t redirects[GATE_WORDS];
	// Of the open ones: whether a peer redirects here what the CE may send to both (copies.h).
	_Atomic uint64_t doubled[GATE_WORDS];
	struct copies *copies;
	struct gate_counters *counters; // [worker index]
	struct gate_seen *seen;         // [GATE_SEEN]
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

static inline bool gate_doubles(const struct gate *gate, uint16_t vid)
{
	return atomic_load_explicit(&gate->doubled[vid / 64], memory_order_relaxed) >> (vid % 64) & 1;
}

static inline void gate_saw(const struct gate *gate, uint64_t key, uint32_t logical_port, uint32_t second)
{
	struct gate_seen *seen = &gate->seen[(key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - GATE_SEEN_BITS)];
	uint64_t value = (uint64_t)second << 32 | logical_port;

	if (atomic_load_explicit(&seen->key, memory_order_relaxed) != key)
		atomic_store_explicit(&seen->key, key, memory_order_relaxed);
	if (atomic_load_explicit(&seen->value, memory_order_relaxed) != value)
		atomic_store_explicit(&seen->value, value, memory_order_relaxed);
}

#endif
