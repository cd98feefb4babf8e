// Sending probes: a frame in each VLAN, paced.
#ifndef SLUICE_ETHERNET_SEGMENT_PROBE_SEND_H
#define SLUICE_ETHERNET_SEGMENT_PROBE_SEND_H

#include "../../api/object.h"
#include "../../main/stage.h"

struct owner;

// Begins to send; what the port does not take is dropped and counted. -1 with the error: nothing is sent.
int segment_probe(const struct owner *owner, const Sluice__Api__SegmentProbe *probe, struct api_error *error);
// The timer of a segment (struct segment, send).
void probe_send_due(struct timer *timer);

#endif
