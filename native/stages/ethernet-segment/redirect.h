// Redirection of what a closed VLAN's frames would be dropped for, on the control thread: where to and how long. Workers:
// redirect_node.c.
#ifndef SLUICE_ETHERNET_SEGMENT_REDIRECT_H
#define SLUICE_ETHERNET_SEGMENT_REDIRECT_H

#include "segment.h"

// What an order wishes; `milliseconds` 0: nothing.
struct redirect {
	struct ip_address to;
	uint32_t milliseconds;
};

// 0, or -1 with the error.
int redirect_take(const struct segment_view *view, const Sluice__Api__SegmentOrder *order, struct redirect *redirect,
		  struct api_error *error);
// Before the gates of `block` close: from then on these VLANs redirect. `release` and, without a redirect, `block` end
// what was. Flow cache: the caller raises FLOW_BLOCK of all of them.
void redirect_begin(struct segment *segment, const uint64_t *block, const uint64_t *release,
		    const struct redirect *redirect);
// The timer of a segment (struct segment, redirect_end).
void redirect_end_due(struct timer *timer);

#endif
