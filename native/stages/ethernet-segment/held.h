// Frames that a peer has redirected here before the order that opens their VLAN: a ring that workers fill, and the
// control thread empties once an order is effective.
#ifndef SLUICE_ETHERNET_SEGMENT_HELD_H
#define SLUICE_ETHERNET_SEGMENT_HELD_H

#include "segment.h"

// At most `limit` frames. NULL: no memory.
struct segment_hold *held_new(uint32_t limit);
// With what is held. NULL is fine.
void held_free(void *hold);
uint32_t held_limit(const struct segment_hold *hold);

// Worker. Takes a frame whose meta is that of a frame that enters (redirected_node.c). False: there is no room.
bool held_put(struct segment_hold *hold, struct rte_mbuf *m);

// Control thread. Hands on what is open, drops what is too old.
void held_run(const struct segment_view *view);
// Of all segments: called soon after a worker has held something, and as long as something is held.
void held_poll(void);
// Once the nodes are there. 0 or -errno.
int held_start(void);
void held_stop(void);

#endif
