#include "held.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_ring.h>

// How often the age of what is held is looked at.
#define LOOK_MS 5

struct segment_hold {
	uint32_t limit;
	struct rte_ring *ring;
};

static int edge = -1;
static struct timer timer;

struct segment_hold *held_new(uint32_t limit)
{
	struct segment_hold *hold = calloc(1, sizeof(*hold));
	unsigned places = rte_align32pow2(limit + 1);
	size_t size = RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(places), RTE_CACHE_LINE_SIZE);

	if (hold == NULL) return NULL;
	hold->limit = limit;
	hold->ring = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (hold->ring == NULL ||
	    rte_ring_init(hold->ring, "segment-hold", limit, RING_F_EXACT_SZ | RING_F_SC_DEQ) != 0) {
		free(hold->ring);
		free(hold);
		return NULL;
	}
	return hold;
}

void held_free(void *arg)
{
	struct segment_hold *hold = arg;
	void *m;

	if (hold == NULL) return;
	while (rte_ring_dequeue(hold->ring, &m) == 0)
		rte_pktmbuf_free(m);
	free(hold->ring);
	free(hold);
}

uint32_t held_limit(const struct segment_hold *hold)
{
	return hold->limit;
}

static uint32_t now_ms(void)
{
	return (uint32_t)(rte_rdtsc() / (rte_get_tsc_hz() / 1000));
}

bool held_put(struct segment_hold *hold, struct rte_mbuf *m)
{
	packet_meta(m)->adjacency = now_ms();
	if (rte_ring_mp_enqueue(hold->ring, m) != 0) return false;
	control_wake();
	return true;
}

void held_run(const struct segment_view *view)
{
	unsigned count = view->hold != NULL ? rte_ring_count(view->hold->ring) : 0;
	struct segment *segment = view->segment;
	uint32_t now = now_ms();
	bool any = false;
	void *m;

	for (; count != 0 && rte_ring_sc_dequeue(view->hold->ring, &m) == 0; count--) {
		const struct packet_meta *meta = packet_meta(m);

		if (gate_is_open(&segment->gate, meta->vid)) {
			any = true;
			if (packet_inject(m, edge, segment->port) < 0) segment->held_dropped++;
		} else if (now - meta->adjacency >= view->hold_ms || rte_ring_mp_enqueue(view->hold->ring, m) != 0) {
			rte_pktmbuf_free(m);
			segment->held_dropped++;
		}
	}
	if (any) port_inject_flush();
}

void held_poll(void)
{
	const struct dataplane *dp = dataplane_current();
	bool any = false;

	for (uint16_t i = 0; i < dp->port_count; i++) {
		const struct segment_view *view = segment_on(dp, dp->port_ids[i]);

		if (view != NULL && view->hold != NULL) any |= !rte_ring_empty(view->hold->ring);
	}
	if (any && timer.place == 0) timer_arm(&timer, control_now_ms() + LOOK_MS);
}

static void look(struct timer *unused)
{
	const struct dataplane *dp = dataplane_current();

	for (uint16_t i = 0; i < dp->port_count; i++)
		if (segment_on(dp, dp->port_ids[i]) != NULL) held_run(segment_on(dp, dp->port_ids[i]));
	held_poll();
}

int held_start(void)
{
	timer.run = look;
	edge = inject_edge("segment-enter");
	return edge < 0 ? edge : 0;
}

void held_stop(void)
{
	timer_disarm(&timer);
}
