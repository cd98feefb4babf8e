// Orders, and what follows from VLANs that are blocked and released: the same as from block points.
#include <string.h>

#include "../../api/event.h"
#include "../../main/clock.h"
#include "../../main/stages.h"
#include "../flow/record.h"
#include "block_changes.h"
#include "held.h"
#include "order.h"
#include "redirect.h"
#include "seen.h"
#include "segment.h"

// The last order, until it is told of.
static struct block_changes told;

static void open_changes(struct gate *gate, const uint64_t *block, const uint64_t *release)
{
	for (unsigned i = 0; i < GATE_WORDS; i++) {
		atomic_fetch_or_explicit(&gate->open[i], release[i], memory_order_release);
		atomic_fetch_and_explicit(&gate->open[i], ~block[i], memory_order_release);
	}
}

// Those of the order that are not so already, ascending.
static void collect(const struct segment_view *view, const struct port *port, const uint64_t *block,
		    const uint64_t *release)
{
	const struct gate *gate = &view->segment->gate;

	block_changes_begin(&told, port);
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++) {
		bool open = gate_is_open(gate, vid);

		if (open ? vid_is_in(block, vid) : vid_is_in(release, vid))
			block_changes_add(&told, vid, open, block_map_get(port->blocks, vid) != NULL);
	}
}

int segment_order(const struct owner *owner, const Sluice__Api__SegmentOrder *order, uint64_t *effective_at_ns,
		  struct api_error *error)
{
	const struct segment_view *view = segment_named(owner, order->segment, error);
	uint64_t block[GATE_WORDS], release[GATE_WORDS];
	struct redirect redirect;
	struct segment *segment;

	if (view == NULL || segment_vlans_take(view, "block", &order->block, block, error) < 0 ||
	    segment_vlans_take(view, "release", &order->release, release, error) < 0 ||
	    redirect_take(view, order, &redirect, error) < 0)
		return -1;
	for (unsigned i = 0; i < GATE_WORDS; i++)
		if ((block[i] & release[i]) != 0)
			return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, error->object,
					  "VLAN %u is to be blocked and released",
					  i * 64 + (unsigned)__builtin_ctzll(block[i] & release[i]));
	segment = view->segment;
	collect(view, dataplane_port(dataplane_current(), segment->port), block, release);
	for (unsigned i = 0; i < told.count; i++)
		told.change[i].keeps = redirect.milliseconds != 0;
	redirect_begin(segment, block, release, &redirect);
	seen_forget(segment, release);
	open_changes(&segment->gate, block, release);
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (vid_is_in(block, vid) || vid_is_in(release, vid))
			flow_element_changed(FLOW_BLOCK, flow_tag_id(segment->port, vid));
	workers_synchronize();
	*effective_at_ns = clock_realtime_ns();
	told.effective_at_ns = *effective_at_ns;
	held_run(view);
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (vid_is_in(block, vid) || vid_is_in(release, vid)) segment->since_ns[vid] = *effective_at_ns;
	return 0;
}

void segment_order_told(void)
{
	block_changes_tell(&told);
}
