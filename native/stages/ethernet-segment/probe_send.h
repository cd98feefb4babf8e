// Sending probes: a frame in each VLAN, paced.
#ifndef SLUICE_ETHERNET_SEGMENT_PROBE_SEND_H
#define SLUICE_ETHERNET_SEGMENT_PROBE_SEND_H

#include "../../api/object.h"
#include "../../main/stage.h"

struct owner;
struct segment_view;

// Begins to send; what the port does not take is dropped and counted. -1 with the error: nothing is sent.
int segment_probe(const struct owner *owner, const Sluice__Api__SegmentProbe *probe, struct api_error *error);
// Says of those VLANs that are open that they are: a peer that asks must not wait for the control plane, which may be
// busy or away. With the stamp of the last probe that was asked for; before the first one nothing is said.
void probe_answer(const struct segment_view *view, const uint64_t *asked);
// The timer of a segment (struct segment, send).
void probe_send_due(struct timer *timer);

#endif
