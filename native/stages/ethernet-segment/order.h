// Orders: they change which VLANs of a segment are open, at once and whatever transaction is under way.
#ifndef SLUICE_ETHERNET_SEGMENT_ORDER_H
#define SLUICE_ETHERNET_SEGMENT_ORDER_H

#include "../../api/object.h"

struct owner;

// Carries it out and waits for every worker: when it returns 0 the order holds, since *effective_at_ns (CLOCK_REALTIME).
// -1 with the error: nothing has changed. segment_order_told() comes after it.
int segment_order(const struct owner *owner, const Sluice__Api__SegmentOrder *order, uint64_t *effective_at_ns,
		  struct api_error *error);
// What follows from the last order: addresses that were learned are flushed, the CE is told, events. Apart from the order
// so that its reply need not wait.
void segment_order_told(void);

#endif
