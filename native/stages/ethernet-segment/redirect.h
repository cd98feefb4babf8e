// Redirection of what a closed VLAN's frames would be dropped for, on the control thread: where to and how long; and
// how long peers redirect here. Workers: redirect_node.c, redirected_node.c.
#ifndef SLUICE_ETHERNET_SEGMENT_REDIRECT_H
#define SLUICE_ETHERNET_SEGMENT_REDIRECT_H

#include "segment.h"

// What an order wishes; milliseconds 0: nothing.
struct redirect {
	struct ip_address to;
	uint32_t milliseconds;
	uint32_t peers_milliseconds;
};

// 0, or -1 with the error.
int redirect_take(const struct segment_view *view, const Sluice__Api__SegmentOrder *order, struct redirect *redirect,
		  struct api_error *error);
// Before the gates of `block` close and those of `release` open: from then on the first redirect, and the others look
// for copies. What was of either, and the order does not say anew, ends. Flow cache: the caller raises FLOW_BLOCK of
// all.
void redirect_begin(struct segment *segment, const uint64_t *block, const uint64_t *release,
		    const struct redirect *redirect);
// What follows when it ends in these VLANs, and they are blocked.
void redirect_ended(const struct segment *segment, const uint64_t *ended);

#endif
