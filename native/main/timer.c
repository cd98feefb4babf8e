// Timers of the control thread: a binary heap by time. place is the index in the heap plus 1.
#include "timer.h"

#include <errno.h>
#include <stdlib.h>

static struct timer **heap;
static uint32_t count, room;

static void put(uint32_t i, struct timer *timer)
{
	heap[i] = timer;
	timer->place = i + 1;
}

static void sift(uint32_t i, struct timer *timer)
{
	while (i > 0 && heap[(i - 1) / 2]->at_ms > timer->at_ms) {
		put(i, heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= count) break;
		if (child + 1 < count && heap[child + 1]->at_ms < heap[child]->at_ms) child++;
		if (heap[child]->at_ms >= timer->at_ms) break;
		put(i, heap[child]);
		i = child;
	}
	put(i, timer);
}

int timer_arm(struct timer *timer, uint64_t at_ms)
{
	if (timer->place == 0) {
		if (count == room) {
			uint32_t more = room ? room * 2 : 64;
			struct timer **grown = realloc(heap, more * sizeof(*heap));

			if (grown == NULL) return -ENOMEM;
			heap = grown;
			room = more;
		}
		timer->at_ms = at_ms;
		sift(count++, timer);
		return 0;
	}
	timer->at_ms = at_ms;
	sift(timer->place - 1, timer);
	return 0;
}

void timer_disarm(struct timer *timer)
{
	uint32_t i = timer->place;

	if (i-- == 0) return;
	timer->place = 0;
	struct timer *last = heap[--count];
	if (last != timer) sift(i, last);
}

int timers_next_ms(uint64_t now_ms)
{
	if (count == 0) return -1;
	if (heap[0]->at_ms <= now_ms) return 0;
	uint64_t wait = heap[0]->at_ms - now_ms;
	return wait > 60000 ? 60000 : (int)wait;
}

void timers_run(uint64_t now_ms)
{
	// A timer that arms itself for now again runs in the next round, so that the loop stays alive.
	for (uint32_t budget = count; budget > 0 && count > 0 && heap[0]->at_ms <= now_ms; budget--) {
		struct timer *timer = heap[0];

		timer_disarm(timer);
		timer->run(timer);
	}
}

void timers_free(void)
{
	while (count > 0)
		timer_disarm(heap[0]);
	free(heap);
	heap = NULL;
	room = 0;
}
