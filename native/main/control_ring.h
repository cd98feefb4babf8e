// From the workers to the control thread: copies of packets, in one bounded ring for all of them. What is put wakes the
// control thread (stage.h, poll).
#ifndef SLUICE_MAIN_CONTROL_RING_H
#define SLUICE_MAIN_CONTROL_RING_H

#include "stage.h"

struct rte_ring;

// `waiting`: packets that may wait, and one; a power of two. 0, -ENOMEM or -errno of the ring.
int control_ring_open(struct rte_ring **ring, const char *name, unsigned waiting);
// Frees what waits.
void control_ring_close(struct rte_ring **ring);

// A worker. Puts a copy of the first `longest` bytes, with the packet's meta; the packet stays the caller's. False: no
// buffer, or full.
bool control_ring_copy(struct rte_ring *ring, const struct worker *worker, struct rte_mbuf *m, uint32_t longest);

// Control thread. The next one, which the caller frees; NULL: none.
struct rte_mbuf *control_ring_next(struct rte_ring *ring);

#endif
