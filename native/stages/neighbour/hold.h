// Packets that wait for their neighbour, on the control thread.
#ifndef SLUICE_NEIGHBOUR_HOLD_H
#define SLUICE_NEIGHBOUR_HOLD_H

#include "table.h"

int hold_start(void); // 0 or -errno
// Takes a packet of neighbour-hold.
void hold_take(struct rte_mbuf *m);
// On: to the rewrite, in their order.
void hold_release(struct neighbour *neighbour);
// Their senders are told that it does not answer (RFC 4861, 7.2.2; RFC 1122, 2.3.2.1).
void hold_fail(struct neighbour *neighbour);
// Dropped, and counted.
void hold_drop(struct neighbour *neighbour);

#endif
