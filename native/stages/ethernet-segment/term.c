#include "term.h"

#include "../flow/record.h"
#include "segment.h"

static uint64_t word(const struct term *term, unsigned i)
{
	return atomic_load_explicit(&term->holds[i], memory_order_relaxed);
}

static bool holds(const struct term *term, uint16_t vid)
{
	return word(term, vid / 64) >> (vid % 64) & 1;
}

static void arm(struct term *term)
{
	uint64_t next = UINT64_MAX;

	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (holds(term, vid)) next = RTE_MIN(next, term->until_ms[vid]);
	timer_disarm(&term->timer);
	if (next != UINT64_MAX) timer_arm(&term->timer, next);
}

static void due(struct timer *timer)
{
	struct term *term = (struct term *)(void *)((uint8_t *)timer - offsetof(struct term, timer));
	uint64_t ended[GATE_WORDS] = {0}, now = control_now_ms();

	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (holds(term, vid) && term->until_ms[vid] <= now) ended[vid / 64] |= UINT64_C(1) << (vid % 64);
	term_end(term, ended, NULL);
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (vid_is_in(ended, vid)) flow_element_changed(FLOW_BLOCK, flow_tag_id(term->segment->port, vid));
	if (term->ended != NULL) term->ended(term->segment, ended);
}

void term_init(struct term *term, struct segment *segment, _Atomic uint64_t *holding,
	       void (*ended)(const struct segment *segment, const uint64_t *vlans))
{
	term->segment = segment;
	term->holds = holding;
	term->ended = ended;
	term->timer.run = due;
}

void term_begin(struct term *term, const uint64_t *vlans, uint32_t milliseconds)
{
	for (uint16_t vid = 0; vid < GATE_VIDS; vid++)
		if (vid_is_in(vlans, vid)) term->until_ms[vid] = control_now_ms() + milliseconds;
	for (unsigned i = 0; i < GATE_WORDS; i++)
		atomic_fetch_or_explicit(&term->holds[i], vlans[i], memory_order_release);
	arm(term);
}

void term_end(struct term *term, const uint64_t *vlans, uint64_t *ended)
{
	for (unsigned i = 0; i < GATE_WORDS; i++) {
		uint64_t had = atomic_fetch_and_explicit(&term->holds[i], ~vlans[i], memory_order_release);

		if (ended != NULL) ended[i] = had & vlans[i];
	}
	arm(term);
}

void term_stop(struct term *term)
{
	timer_disarm(&term->timer);
}
