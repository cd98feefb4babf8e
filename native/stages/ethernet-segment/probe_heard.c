#include "probe_heard.h"

#include <string.h>

#include "../../main/clock.h"
#include "../../main/worker_rings.h"
#include "probe_send.h"
#include "segment.h"

// Frames of one worker that wait: two senders in all VLANs.
#define RING_SIZE 8192
// Events that are being gathered; of more the oldest goes at once.
#define GATHERED 64
#define BATCH    64

WORKER_RINGS(rings, "segment-probes", struct probe_heard, RING_SIZE);

struct gathered {
	struct probe_heard what; // port 0: free
	uint64_t due_ms;
	uint64_t vlans[GATE_WORDS];
};

static struct gathered gathered[GATHERED];
static struct timer timer;

bool probe_heard_put(const struct worker *worker, const struct probe_heard *heard)
{
	return worker_rings_put(&rings, worker, heard);
}

static void emit(struct gathered *it)
{
	const struct segment_view *view = segment_on(dataplane_current(), it->what.port);
	Sluice__Api__SegmentProbe what = SLUICE__API__SEGMENT_PROBE__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;
	uint8_t bytes[SEGMENT_SET_BYTES];

	// It may have gone meanwhile.
	if (view != NULL) {
		if (it->what.kind == SLUICE__API__SEGMENT_PROBE_KIND__PROBE_QUERY) probe_answer(view, it->vlans);
		what.segment = view->segment->gate.name;
		what.kind = (Sluice__Api__SegmentProbeKind)it->what.kind;
		for (unsigned i = 0; i < SEGMENT_SET_BYTES; i++) {
			bytes[i] = (uint8_t)(it->vlans[i / 8] >> (i % 8 * 8));
			if (bytes[i] != 0) what.vlans.len = i + 1;
		}
		what.vlans.data = bytes;
		what.stamp = it->what.stamp;
		what.from = (ProtobufCBinaryData){view->version == IP_V4 ? 4 : 16, it->what.from.bytes};
		event.at_ns = clock_realtime_ns();
		event.what_case = SLUICE__API__EVENT__WHAT_SEGMENT_PROBE;
		event.segment_probe = &what;
		event_emit(&event);
	}
	it->what.port = 0;
}

static void emit_due(struct timer *unused)
{
	uint64_t now = control_now_ms(), next = UINT64_MAX;

	for (unsigned i = 0; i < GATHERED; i++) {
		if (gathered[i].what.port == 0) continue;
		if (gathered[i].due_ms <= now)
			emit(&gathered[i]);
		else
			next = RTE_MIN(next, gathered[i].due_ms);
	}
	if (next != UINT64_MAX) timer_arm(&timer, next);
}

static bool is_same(const struct probe_heard *a, const struct probe_heard *b)
{
	return a->port == b->port && a->kind == b->kind && a->stamp == b->stamp &&
	       memcmp(&a->from, &b->from, sizeof(a->from)) == 0;
}

// Where it is gathered: with its like, in a free place, or in that of the oldest.
static struct gathered *place_of(const struct probe_heard *heard)
{
	struct gathered *best = &gathered[0];

	for (unsigned i = 0; i < GATHERED; i++) {
		struct gathered *it = &gathered[i];

		if (is_same(&it->what, heard)) return it;
		if (best->what.port != 0 && (it->what.port == 0 || it->due_ms < best->due_ms)) best = it;
	}
	if (best->what.port != 0) emit(best);
	*best = (struct gathered){.what = *heard, .due_ms = control_now_ms() + 1};
	return best;
}

static void take(const void *element, uint64_t unused)
{
	const struct probe_heard *heard = element;

	place_of(heard)->vlans[heard->vid / 64] |= UINT64_C(1) << (heard->vid % 64);
	if (timer.place == 0) timer_arm(&timer, control_now_ms() + 1);
}

void probe_heard_poll(void)
{
	struct probe_heard heard[BATCH];

	worker_rings_take(&rings, heard, BATCH, take, 0);
}

int probe_heard_start(void)
{
	timer.run = emit_due;
	return worker_rings_open(&rings);
}

void probe_heard_stop(void)
{
	timer_disarm(&timer);
	memset(gathered, 0, sizeof(gathered));
	worker_rings_close(&rings);
}
