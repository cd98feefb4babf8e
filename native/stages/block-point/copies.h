// Frames from the CE that come twice. A CE that has forgotten where a station is floods to all PEs of its segment; the
// one that is blocked redirects its copy to the one that forwards, which has a copy of its own already. Of the two the
// second one is dropped, whichever way it came.
//
//   a place   | 63 … 17 hash of the frame | 16 side | 15 … 0 when, milliseconds |        0: nothing
//
// A frame goes into the place that its hash says, in exchange for what is there: of two workers with the two copies
// exactly one gets the other's. What it drives out goes to its second place; what is there is lost. So nothing is
// locked, and what is taken for a copy is one unless 61 bits say so by chance.
#ifndef SLUICE_BLOCK_COPIES_H
#define SLUICE_BLOCK_COPIES_H

#include "gate.h"

#define COPIES_BITS 14
#define COPIES      (1u << COPIES_BITS)
// The longest from one copy to the other: a PE that is short of time redirects late. A flow whose frames are all the
// same loses one where the CE ends to send them by one way and begins by the other in this time.
#define COPIES_MS 1000

enum copy_side { COPY_DIRECT, COPY_REDIRECTED };

struct copies {
	uint64_t seed[2]; // nobody outside knows which frames have the same hash
	_Atomic uint64_t place[COPIES];
};

// NULL: no memory. free() is enough.
struct copies *copies_new(void);

// Any worker. Whether the frame with this hash has come by the other side; then neither is known any more.
bool copies_take(struct copies *copies, uint64_t hash, enum copy_side side, uint32_t now_ms);

// Worker, in a VLAN of gate->doubled: whether the frame, as on the segment's port, is to be dropped as the second copy.
// Counted then.
bool copies_second(const struct worker *worker, const struct gate *gate, const struct rte_mbuf *m, enum copy_side side);

#endif
