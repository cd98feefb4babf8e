// Stations that were seen at the segment while it was closed (struct gate_seen).
#ifndef SLUICE_ETHERNET_SEGMENT_SEEN_H
#define SLUICE_ETHERNET_SEGMENT_SEEN_H

#include "segment.h"

// Control thread, before these VLANs are opened: what the bridge learned of the stations elsewhere is forgotten, until
// they are heard again. It may be where the PE that was open sent their frames: the CE would be told that its own
// stations are remote, and what comes for them from there would not go back there. Not learned at the segment instead:
// the CE floods what it gets from the open PE too, so that remote stations are seen there as well.
void seen_forget(const struct segment *segment, const uint64_t *released);

#endif
