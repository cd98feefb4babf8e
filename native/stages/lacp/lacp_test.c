// The machines of link aggregation as data: two systems, the links between them, and a clock that the test moves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../port/bundle.h"
#include "lacp.h"

#define LINKS 4

struct side {
	struct lacp_bundle bundle;
	struct lacp_port ports[LINKS];
	unsigned sent[LINKS];
};

static struct side a, b;
static bool cut[LINKS]; // frames are lost, the link stays
static uint64_t now;

static void make(struct side *side, uint8_t system, enum lacp_mode mode, bool fast, unsigned max_links)
{
	*side = (struct side){.bundle = {.mode = mode, .fast = fast, .max_links = max_links}};
	for (unsigned i = LINKS; i-- > 0;) {
		side->ports[i].actor = (struct lacp_info){.system_priority = 32768,
							  .system = {2, 0, 0, 0, 0, system},
							  .key = system,
							  .port_priority = 32768,
							  .port = (uint16_t)(i + 1)};
		side->ports[i].next = side->bundle.ports;
		side->bundle.ports = &side->ports[i];
		lacp_port_start(&side->bundle, &side->ports[i]);
	}
}

static void deliver(struct side *from, struct side *to)
{
	lacp_bundle_run(&from->bundle, now);
	for (unsigned i = 0; i < LINKS; i++) {
		struct lacp_pdu pdu, heard;
		uint8_t bytes[LACP_PDU_SIZE], again[LACP_PDU_SIZE];

		if (!lacp_port_transmit(&from->bundle, &from->ports[i], now, &pdu)) continue;
		from->sent[i]++;
		lacp_encode(&pdu, bytes);
		assert_int_equal(lacp_decode(bytes, sizeof(bytes), &heard), 0);
		lacp_encode(&heard, again);
		assert_memory_equal(again, bytes, sizeof(bytes));
		if (!cut[i]) lacp_port_receive(&to->bundle, &to->ports[i], &heard, now);
	}
}

// Event by event, as the owner's timers would run it.
static void advance(uint64_t ms)
{
	uint64_t end = now + ms;

	for (;;) {
		for (unsigned settle = 0; settle < 6; settle++) {
			deliver(&a, &b);
			deliver(&b, &a);
		}
		uint64_t next = lacp_bundle_next(&a.bundle, now), other = lacp_bundle_next(&b.bundle, now);

		next = next < other ? next : other;
		if (next > end) break;
		assert_true(next > now);
		now = next;
	}
	now = end;
}

static void start(enum lacp_mode mode_a, enum lacp_mode mode_b, bool fast, unsigned max_links, unsigned links)
{
	memset(cut, 0, sizeof(cut));
	now = 1000;
	make(&a, 1, mode_a, fast, max_links);
	make(&b, 2, mode_b, fast, LINKS);
	for (unsigned i = 0; i < links; i++) {
		lacp_port_enable(&a.ports[i], true, now);
		lacp_port_enable(&b.ports[i], true, now);
	}
}

static unsigned distributing(const struct side *side)
{
	unsigned count = 0;

	for (unsigned i = 0; i < LINKS; i++)
		count += lacp_port_distributes(&side->ports[i]);
	return count;
}

static void two_active_ends_agree_after_the_wait(void **state)
{
	start(LACP_MODE_ACTIVE, LACP_MODE_ACTIVE, false, LINKS, 2);
	advance(LACP_AGGREGATE_WAIT_MS - 1);
	assert_int_equal(distributing(&a) + distributing(&b), 0);
	advance(1500);
	assert_int_equal(distributing(&a), 2);
	assert_int_equal(distributing(&b), 2);
	assert_int_equal(a.ports[0].actor.state,
			 LACP_ACTIVITY | LACP_AGGREGATION | LACP_SYNCHRONIZATION | LACP_COLLECTING | LACP_DISTRIBUTING);
	assert_int_equal(a.ports[0].partner.port, 1);
	assert_int_equal(lacp_port_collects(&a.ports[2]), false);
}

static void slow_partners_speak_every_30_s_and_fast_ones_every_second(void **state)
{
	for (int fast = 0; fast < 2; fast++) {
		start(LACP_MODE_ACTIVE, LACP_MODE_ACTIVE, fast, LINKS, 1);
		advance(10000);
		unsigned before = a.sent[0];
		advance(300000);
		assert_in_range(a.sent[0] - before, fast ? 299 : 10, fast ? 301 : 11);
		assert_int_equal(distributing(&a), 1);
	}
}

static void two_passive_ends_are_silent(void **state)
{
	start(LACP_MODE_PASSIVE, LACP_MODE_PASSIVE, false, LINKS, 2);
	advance(200000);
	assert_int_equal(a.sent[0] + b.sent[0], 0);
	assert_int_equal(distributing(&a), 0);
}

static void a_passive_end_answers_an_active_one(void **state)
{
	start(LACP_MODE_PASSIVE, LACP_MODE_ACTIVE, true, LINKS, 2);
	advance(6000);
	assert_int_equal(distributing(&a), 2);
	assert_int_equal(distributing(&b), 2);
}

static void a_silent_partner_is_given_up_after_its_timeout(void **state)
{
	for (int fast = 0; fast < 2; fast++) {
		uint64_t timeout = fast ? LACP_SHORT_TIMEOUT_MS : LACP_LONG_TIMEOUT_MS;

		start(LACP_MODE_ACTIVE, LACP_MODE_ACTIVE, fast, LINKS, 2);
		advance(60000);
		assert_int_equal(distributing(&a), 2);
		cut[1] = true;
		advance(timeout - 31000 * !fast - 1001 * fast);
		assert_int_equal(distributing(&a), 2);
		advance(31001 + LACP_SHORT_TIMEOUT_MS);
		assert_int_equal(distributing(&a), 1);
		assert_int_equal(a.ports[1].receive, LACP_DEFAULTED_STATE);
		assert_int_equal(a.ports[1].mux, LACP_DETACHED);
		assert_true(a.ports[1].actor.state & LACP_DEFAULTED);
		assert_false(a.ports[1].actor.state & LACP_EXPIRED);
		cut[1] = false;
		advance(40000);
		assert_int_equal(distributing(&a), 2);
		assert_int_equal(distributing(&b), 2);
	}
}

static void a_lost_link_leaves_at_once_and_comes_back(void **state)
{
	start(LACP_MODE_ACTIVE, LACP_MODE_ACTIVE, false, LINKS, 3);
	advance(6000);
	assert_int_equal(distributing(&a), 3);
	lacp_port_enable(&a.ports[0], false, now);
	lacp_bundle_run(&a.bundle, now);
	assert_int_equal(distributing(&a), 2);
	assert_false(lacp_port_collects(&a.ports[0]));
	lacp_port_enable(&b.ports[0], false, now);
	advance(5000);
	lacp_port_enable(&a.ports[0], true, now);
	lacp_port_enable(&b.ports[0], true, now);
	advance(6000);
	assert_int_equal(distributing(&a), 3);
	assert_int_equal(distributing(&b), 3);
}

static void what_is_above_max_links_stands_by_and_steps_in(void **state)
{
	start(LACP_MODE_ACTIVE, LACP_MODE_ACTIVE, true, 2, 3);
	a.ports[2].actor.port_priority = 1; // better than the others
	advance(8000);
	assert_int_equal(distributing(&a), 2);
	assert_int_equal(distributing(&b), 2);
	assert_true(lacp_port_distributes(&a.ports[2]));
	assert_int_equal(a.ports[1].selected, LACP_STANDBY);
	lacp_port_enable(&a.ports[2], false, now);
	lacp_port_enable(&b.ports[2], false, now);
	advance(8000);
	assert_true(lacp_port_distributes(&a.ports[1]));
	assert_int_equal(distributing(&a), 2);
}

static void a_link_to_another_system_stays_out(void **state)
{
	start(LACP_MODE_ACTIVE, LACP_MODE_ACTIVE, true, LINKS, 3);
	b.ports[1].actor.system[5] = 9;
	advance(8000);
	assert_int_equal(distributing(&a), 2);
	assert_int_equal(a.ports[1].selected, LACP_UNSELECTED);
	// And one that is moved to the system of the others joins them.
	b.ports[1].actor.system[5] = 2;
	lacp_port_start(&b.bundle, &b.ports[1]);
	lacp_port_enable(&b.ports[1], true, now);
	advance(8000);
	assert_int_equal(distributing(&a), 3);
}

static void a_looped_link_is_no_partner(void **state)
{
	start(LACP_MODE_ACTIVE, LACP_MODE_ACTIVE, true, LINKS, 1);
	for (unsigned i = 0; i < 20; i++, now += 1000) {
		struct lacp_pdu pdu;

		lacp_bundle_run(&a.bundle, now);
		if (lacp_port_transmit(&a.bundle, &a.ports[0], now, &pdu))
			lacp_port_receive(&a.bundle, &a.ports[0], &pdu, now);
	}
	assert_int_equal(a.ports[0].selected, LACP_UNSELECTED);
	assert_int_equal(distributing(&a), 0);
}

static void at_most_three_pdus_a_second_answer_a_liar(void **state)
{
	struct lacp_pdu lie = {.actor = {.system = {2, 0, 0, 0, 0, 2}, .key = 2, .port = 1, .state = LACP_ACTIVITY}};
	unsigned sent = 0;

	start(LACP_MODE_ACTIVE, LACP_MODE_ACTIVE, false, LINKS, 1);
	for (unsigned i = 0; i < 1000; i++, now++) {
		struct lacp_pdu pdu;

		lie.actor.state ^= LACP_AGGREGATION;
		lacp_port_receive(&a.bundle, &a.ports[0], &lie, now);
		lacp_bundle_run(&a.bundle, now);
		sent += lacp_port_transmit(&a.bundle, &a.ports[0], now, &pdu);
	}
	assert_int_equal(sent, LACP_MOST_A_SECOND);
}

static void a_static_bundle_uses_the_links_that_are_up(void **state)
{
	start(LACP_MODE_STATIC, LACP_MODE_STATIC, false, 2, 3);
	lacp_bundle_run(&a.bundle, now);
	assert_int_equal(distributing(&a), 2);
	lacp_port_enable(&a.ports[0], false, now);
	lacp_bundle_run(&a.bundle, now);
	assert_int_equal(distributing(&a), 2);
	assert_true(lacp_port_distributes(&a.ports[2]));
	assert_int_equal(lacp_bundle_next(&a.bundle, now), LACP_NEVER);
	advance(5000);
	assert_int_equal(a.sent[0], 0);
}

static void what_is_no_pdu_is_refused(void **state)
{
	uint8_t pdu[LACP_PDU_SIZE];
	struct lacp_pdu heard, none = {0};

	lacp_encode(&none, pdu);
	assert_int_equal(lacp_decode(pdu, sizeof(pdu), &heard), 0);
	assert_true(lacp_decode(pdu, sizeof(pdu) - 1, &heard) < 0);
	pdu[1] = 2; // a later version
	assert_int_equal(lacp_decode(pdu, sizeof(pdu), &heard), 0);
	for (unsigned at = 0; at < 4; at++) {
		static const unsigned where[] = {0, 2, 3, 23};

		lacp_encode(&none, pdu);
		pdu[where[at]] ^= 0x40;
		assert_true(lacp_decode(pdu, sizeof(pdu), &heard) < 0);
	}
}

static void a_marker_is_answered_and_a_response_is_not(void **state)
{
	uint8_t pdu[LACP_PDU_SIZE] = {2, 1, 1, 16, 0, 7, 2, 0, 0, 0, 0, 9, 1, 2, 3, 4}, before[LACP_PDU_SIZE];

	memcpy(before, pdu, sizeof(pdu));
	assert_int_equal(marker_answer(pdu, sizeof(pdu)), 0);
	before[2] = 2;
	assert_memory_equal(pdu, before, sizeof(pdu));
	assert_true(marker_answer(pdu, sizeof(pdu)) < 0);
	assert_true(marker_answer(before, 3) < 0);
}

static void a_port_that_goes_gives_up_only_its_own_places(void **state)
{
	uint16_t places[BUNDLE_PLACES] = {0}, before[BUNDLE_PLACES], ports[LINKS] = {11, 12, 13, 14};

	bundle_spread(places, ports, LINKS);
	for (unsigned i = 0; i < LINKS; i++) {
		unsigned count = 0;

		for (unsigned p = 0; p < BUNDLE_PLACES; p++)
			count += places[p] == ports[i];
		assert_int_equal(count, BUNDLE_PLACES / LINKS);
	}
	memcpy(before, places, sizeof(places));
	ports[1] = 14;
	bundle_spread(places, ports, LINKS - 1); // 12 is gone
	for (unsigned p = 0; p < BUNDLE_PLACES; p++) {
		if (before[p] == 12)
			assert_int_not_equal(places[p], 12);
		else
			assert_int_equal(places[p], before[p]);
	}
	// It is back: it gets its share from the others, who do not exchange theirs.
	memcpy(before, places, sizeof(places));
	ports[3] = 12;
	bundle_spread(places, ports, LINKS);
	unsigned moved = 0;
	for (unsigned p = 0; p < BUNDLE_PLACES; p++) {
		moved += places[p] != before[p];
		if (places[p] != before[p]) assert_int_equal(places[p], 12);
	}
	assert_int_equal(moved, BUNDLE_PLACES / LINKS);
	bundle_spread(places, ports, 0);
	for (unsigned p = 0; p < BUNDLE_PLACES; p++)
		assert_int_equal(places[p], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_active_ends_agree_after_the_wait),
		cmocka_unit_test(slow_partners_speak_every_30_s_and_fast_ones_every_second),
		cmocka_unit_test(two_passive_ends_are_silent),
		cmocka_unit_test(a_passive_end_answers_an_active_one),
		cmocka_unit_test(a_silent_partner_is_given_up_after_its_timeout),
		cmocka_unit_test(a_lost_link_leaves_at_once_and_comes_back),
		cmocka_unit_test(what_is_above_max_links_stands_by_and_steps_in),
		cmocka_unit_test(a_link_to_another_system_stays_out),
		cmocka_unit_test(a_looped_link_is_no_partner),
		cmocka_unit_test(at_most_three_pdus_a_second_answer_a_liar),
		cmocka_unit_test(a_static_bundle_uses_the_links_that_are_up),
		cmocka_unit_test(what_is_no_pdu_is_refused),
		cmocka_unit_test(a_marker_is_answered_and_a_response_is_not),
		cmocka_unit_test(a_port_that_goes_gives_up_only_its_own_places),
	};

	return cmocka_run_group_tests_name("lacp", tests, NULL, NULL);
}
