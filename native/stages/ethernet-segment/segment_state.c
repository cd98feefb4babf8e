// What a query answers of a segment.
#include <errno.h>

#include "segment.h"
#include "segment_state.h"

static void add_counters(const struct segment *segment, Sluice__Api__EthernetSegmentState *state)
{
	state->probes_sent = segment->probes_sent;
	state->probes_dropped = segment->probes_dropped;
	state->redirects_refused = segment->held_dropped;
	for (unsigned w = 0; w < worker_count; w++) {
		const struct segment_counters *c = &segment->counters[w];

		state->probes_received += c->probes_received;
		state->probes_refused += c->probes_refused;
		state->redirected_from_ce += c->redirected_from_ce;
		state->redirected_to_ce += c->redirected_to_ce;
		state->redirects_dropped += c->redirects_dropped;
		state->redirects_received += c->redirects_received;
		state->redirects_held += c->redirects_held;
		state->redirects_refused += c->redirects_refused;
		state->copies_dropped += segment->gate.counters[w].copies;
	}
}

int segment_state(struct arena *arena, const struct object *object, const struct version *version,
		  Sluice__Api__QueryReply *part)
{
	const struct segment *segment = version->runtime;
	const struct segment_view *view = segment_on(dataplane_current(), segment->port);
	Sluice__Api__EthernetSegmentState *state = arena_alloc(arena, sizeof(*state));
	Sluice__Api__SegmentVlanState *vlans;
	unsigned count = 0;

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__EthernetSegmentState)SLUICE__API__ETHERNET_SEGMENT_STATE__INIT;
	state->name = object->name;
	for (unsigned i = 0; view != NULL && i < GATE_WORDS; i++)
		count += (unsigned)__builtin_popcountll(view->vlans.word[i]);
	vlans = arena_alloc(arena, count * sizeof(*vlans));
	state->vlans = arena_alloc(arena, count * sizeof(*state->vlans));
	if (count != 0 && (vlans == NULL || state->vlans == NULL)) return -ENOMEM;
	for (uint16_t vid = 0; count != 0 && vid < GATE_VIDS; vid++) {
		Sluice__Api__SegmentVlanState *vlan = &vlans[state->n_vlans];

		if (!vid_is_in(view->vlans.word, vid)) continue;
		*vlan = (Sluice__Api__SegmentVlanState)SLUICE__API__SEGMENT_VLAN_STATE__INIT;
		vlan->vid = vid;
		vlan->open = gate_is_open(&segment->gate, vid);
		vlan->since_ns = segment->since_ns[vid];
		for (unsigned w = 0; w < worker_count; w++) {
			vlan->in_dropped += segment->gate.counters[w].in_dropped[vid];
			vlan->out_dropped += segment->gate.counters[w].out_dropped[vid];
		}
		state->vlans[state->n_vlans++] = vlan;
	}
	add_counters(segment, state);
	part->ethernet_segments[part->n_ethernet_segments++] = state;
	return 0;
}
