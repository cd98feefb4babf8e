// Frames of a CE for the methods: from the workers to the control thread.
#ifndef SLUICE_CE_IN_H
#define SLUICE_CE_IN_H

#include <stdatomic.h>

#include "../classify/tags.h"

struct rte_mbuf;

// What is taken at a port, by bits of ce_takes.
enum ce_in_kind {
	CE_IN_NONE,
	CE_IN_MVRP = 1,          // 01-80-C2-00-00-21, 0x88F5
	CE_IN_MVRP_PROVIDER = 2, // 01-80-C2-00-00-0D, 0x88F5
	CE_IN_E_LMI = 4,         // 01-80-C2-00-00-07, 0x88EE
};

// Frames that wait for the control thread, of all ports.
#define CE_IN_WAITING 512

// By port; written by the control thread.
extern _Atomic uint8_t ce_takes[MAX_PORTS];

// What an untagged frame to 01-80-C2-00-00-xx is. 14 bytes are read.
static inline enum ce_in_kind ce_in_kind(const uint8_t *frame)
{
	switch (read_be16(frame + 12) << 8 | frame[5]) {
	case 0x88f521:
		return CE_IN_MVRP;
	case 0x88f50d:
		return CE_IN_MVRP_PROVIDER;
	case 0x88ee07:
		return CE_IN_E_LMI;
	default:
		return CE_IN_NONE;
	}
}

int ce_in_start(void);
void ce_in_stop(void);
// The next frame, its meta filled in; the caller frees it. NULL: none.
struct rte_mbuf *ce_in_next(void);

#endif
