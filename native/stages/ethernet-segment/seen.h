// Stations behind the segment that were seen while it was closed (struct gate_seen).
#ifndef SLUICE_ETHERNET_SEGMENT_SEEN_H
#define SLUICE_ETHERNET_SEGMENT_SEEN_H

#include "segment.h"

// Control thread, once these VLANs are open: the bridge learns them at the segment. Before it had them, if at all,
// where the PE that was open sent their frames: the CE would be told that its own stations are remote, and what comes
// for them from there would not go back there.
void seen_learn(const struct segment *segment, const uint64_t *released);

#endif
