// Group frames from the CE while a VLAN moves. The CE floods them to both PEs, so each frame is there twice: the PE
// that has just blocked the VLAN redirects it, for in between no PE forwards what the CE sends, and the PE that
// releases it gets one from the CE itself as soon as it is open. That one sees both, and forwards the first of them:
//
//   from the CE, VLAN open      its other one was redirected here and has gone on: it ends
//                               else it goes on, and is noted
//   redirected, VLAN open       its other one is noted: it ends
//                               else it goes on, and is noted: what came of it while the VLAN was closed has ended
//                               there
//
// Two frames are the same when their addresses and what is behind the first tag are, but for zeros at the end
// (padding). A frame is noted by its hash in a place by that hash, with how often, for twice GATE_TWICE_MS. Where
// another frame has the place, one from the CE goes on without being noted and one that was redirected ends: in doubt a
// frame is lost, none goes twice. Every change of a place is one compare-and-swap, so two workers never let both go on.
//
//   63     32  31     16  15     8  7      0
//   | hash    | when    | count   | flags  |
#ifndef SLUICE_BLOCK_TWICE_H
#define SLUICE_BLOCK_TWICE_H

#include <string.h>

#include <rte_cycles.h>
#include <rte_mbuf.h>

#include "gate.h"

// How much of a frame is looked at.
#define TWICE_BYTES 512

// Units of `when`, in ticks of the TSC: 8 ms at 2 GHz.
#define TWICE_UNIT_BITS 24

#define TWICE_COUNT      UINT64_C(0x100)
#define TWICE_COUNTS     UINT64_C(0xff00)
#define TWICE_REDIRECTED UINT64_C(1) // what is noted came from a peer
#define TWICE_CROWDED    UINT64_C(2) // others from the CE have found the place taken

// Addresses and VLAN, then what is behind the tag; not its priority.
static inline uint64_t twice_hash(const struct rte_mbuf *m, uint16_t vid)
{
	uint8_t scratch[TWICE_BYTES];
	uint32_t length = RTE_MIN(m->pkt_len, (uint32_t)TWICE_BYTES);
	const uint8_t *frame = rte_pktmbuf_read(m, 0, length, scratch);
	uint64_t hash = vid, word;

	while (length > 16 && frame[length - 1] == 0)
		length--;
	for (uint32_t at = 0; at < length; at += 8) {
		word = 0;
		memcpy(&word, frame + at, RTE_MIN(8u, length - at));
		if (at == 8) word &= UINT64_C(0xffffffff); // the tag
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	return hash * UINT64_C(0xbf58476d1ce4e5b9);
}

// Whether both of a VLAN's frames are looked at. Those of a peer are taken for half of that time, so that the CE's own
// ones, which may be later, are looked at for longer.
static inline bool twice_watches(const struct gate *gate, uint16_t vid, bool redirected)
{
	uint64_t until, half;

	// A worker that sees the VLAN open sees this too.
	atomic_thread_fence(memory_order_acquire);
	until = atomic_load_explicit(&gate->twice_until, memory_order_relaxed);
	if (likely(until == 0)) return false;
	half = redirected ? rte_get_tsc_hz() / 1000 * (GATE_TWICE_MS / 2) : 0;
	return rte_rdtsc() + half < atomic_load_explicit(&gate->twice_until_of[vid], memory_order_relaxed);
}

static inline uint64_t twice_when(void)
{
	return rte_rdtsc() >> TWICE_UNIT_BITS & 0xffff;
}

// Another worker may have noted it a moment after `when`.
static inline bool twice_is_live(uint64_t place, uint64_t when)
{
	uint64_t life = (rte_get_tsc_hz() / 1000 * 2 * GATE_TWICE_MS) >> TWICE_UNIT_BITS, ahead = life / 4;

	return place != 0 && ((when + ahead - (place >> 16)) & 0xffff) < life + ahead;
}

// What becomes of a place; `goes_on`: whether the frame does.
static inline uint64_t twice_next(uint64_t was, uint64_t hash, uint64_t when, bool redirected, bool *goes_on)
{
	uint64_t crowded = was & TWICE_CROWDED, fresh = hash << 32 | when << 16;

	if ((was & TWICE_COUNTS) == 0) {
		*goes_on = !redirected || crowded == 0;
		return *goes_on ? fresh | TWICE_COUNT | crowded | redirected : was;
	}
	if (was >> 32 != hash) {
		*goes_on = !redirected;
		return redirected ? was : (was & ~UINT64_C(0xffff0000)) | when << 16 | TWICE_CROWDED;
	}
	*goes_on = ((was & TWICE_REDIRECTED) != 0) == redirected;
	if (!*goes_on) return was - TWICE_COUNT;
	if ((was & TWICE_COUNTS) != TWICE_COUNTS) return fresh | ((was & 0xffff) + TWICE_COUNT);
	*goes_on = !redirected;
	return redirected ? was : was | TWICE_CROWDED;
}

// Whether a frame goes on; `redirected`: it came from a peer.
static inline bool twice_goes_on(const struct gate *gate, const struct rte_mbuf *m, uint16_t vid, bool redirected)
{
	uint64_t hash = twice_hash(m, vid), when = twice_when(), was, is;
	_Atomic uint64_t *place = &gate->twice[hash & (GATE_TWICE - 1)];
	bool goes_on;

	was = atomic_load_explicit(place, memory_order_relaxed);
	do {
		is = twice_next(twice_is_live(was, when) ? was : 0, hash >> 32, when, redirected, &goes_on);
	} while (!atomic_compare_exchange_weak(place, &was, is));
	return goes_on;
}

#endif
