// A participant alone, and two that talk to each other with loss, in simulated time.
#include "collect.h"
#include "participant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct mrp_participant a, b;
static struct mvrp_value values[MRP_VIDS];
static size_t count;
static bool leave_all;

static void start(struct mrp_participant *mrp, enum mrp_registration registration, bool periodic)
{
	memset(mrp, 0, sizeof(*mrp));
	mrp->registration = registration;
	mrp->periodic = periodic;
	mrp_start(mrp, 1000, 12345);
}

// 0: nothing to send at that time.
static size_t sends(struct mrp_participant *mrp, uint64_t now)
{
	mrp_run(mrp, now);
	return mrp_transmit(mrp, now, values, &count, &leave_all) ? count + leave_all : 0;
}

static void hear(struct mrp_participant *mrp, uint16_t vid, enum mrp_event event, bool all, uint64_t now)
{
	uint8_t pdu[64];
	size_t taken, length = mvrp_encode(&(struct mvrp_value){vid, event}, 1, all, pdu, sizeof(pdu), &taken);

	assert_int_equal(mrp_receive(mrp, pdu, length, now), 0);
}

static void new_is_sent_twice_join_time_apart(void **state)
{
	start(&a, MRP_FIXED, false);
	a.vlan[10].known = true;
	mrp_request(&a, 10, MRP_REQUEST_NEW, 1000);
	assert_int_equal(mrp_next(&a), 1000);
	assert_int_equal(sends(&a, 1000), 1);
	assert_int_equal(values[0].event, MRP_NEW);
	assert_int_equal(a.vlan[10].applicant, MRP_AN);
	assert_int_equal(sends(&a, 1199), 0);
	assert_int_equal(sends(&a, 1200), 1);
	assert_int_equal(values[0].event, MRP_NEW);
	assert_int_equal(a.vlan[10].applicant, MRP_QA);
	assert_int_equal(sends(&a, 2000), 0);
}

static void leave_goes_at_once_and_three_opportunities_in_300_ms(void **state)
{
	start(&a, MRP_FIXED, false);
	for (uint16_t vid = 10; vid < 14; vid++) {
		a.vlan[vid].known = true;
		mrp_request(&a, vid, MRP_REQUEST_JOIN, 1000);
	}
	assert_int_equal(sends(&a, 1000), 4);
	assert_int_equal(values[0].event, MRP_JOIN_IN);
	for (uint16_t i = 0; i < 2; i++) {
		uint64_t now = 1010 + 10u * i;

		mrp_request(&a, (uint16_t)(10 + i), MRP_REQUEST_LV, now);
		assert_true(sends(&a, now) >= 1);
		assert_int_equal(values[0].vid, 10 + i);
		assert_int_equal(values[0].event, MRP_LV);
	}
	// The fourth waits until the first one is 300 ms old.
	mrp_request(&a, 12, MRP_REQUEST_LV, 1030);
	assert_int_equal(sends(&a, 1030), 0);
	assert_int_equal(mrp_next(&a), 1300);
	assert_int_equal(sends(&a, 1300), 1);
	assert_int_equal(values[0].vid, 12);
	assert_false(mrp_declares(&a, 12));
	assert_true(mrp_declares(&a, 13));
}

static void leave_again_goes_for_what_is_not_declared(void **state)
{
	start(&a, MRP_FIXED, false);
	mrp_leave_again(&a, 77, 1000);
	assert_int_equal(sends(&a, 1000), 1);
	assert_int_equal(values[0].vid, 77);
	assert_int_equal(values[0].event, MRP_LV);
	assert_int_equal(sends(&a, 1400), 0);
	// A VLAN that is declared meanwhile does not leave.
	mrp_leave_again(&a, 77, 2000);
	mrp_request(&a, 77, MRP_REQUEST_JOIN, 2000);
	assert_int_equal(sends(&a, 2000), 1);
	assert_int_equal(values[0].event, MRP_JOIN_MT);
}

static void peers_leave_all_is_answered_within_join_time(void **state)
{
	start(&a, MRP_FIXED, false);
	a.vlan[10].known = true;
	mrp_request(&a, 10, MRP_REQUEST_JOIN, 1000);
	(void)sends(&a, 1000);
	(void)sends(&a, 1200);
	assert_int_equal(a.vlan[10].applicant, MRP_QA);
	hear(&a, 99, MRP_JOIN_IN, true, 5000);
	assert_int_equal(a.vlan[10].applicant, MRP_VP);
	assert_true(mrp_next(&a) <= 5200);
	assert_int_equal(sends(&a, mrp_next(&a)), 1);
	assert_int_equal(values[0].vid, 10);
	assert_int_equal(values[0].event, MRP_JOIN_IN);
	// It spares ours.
	assert_in_range(a.leave_all_at, 15000, 20000);
}

static void leave_all_goes_every_10_to_15_seconds(void **state)
{
	uint64_t last = 1000, now;

	start(&a, MRP_FIXED, false);
	for (unsigned i = 0; i < 100; i++) {
		now = mrp_next(&a);
		assert_in_range(now - last, 10000, 15000);
		assert_int_equal(sends(&a, now), 1);
		assert_true(leave_all);
		last = now;
	}
}

static void fixed_and_forbidden_registrars_ignore_the_ce(void **state)
{
	for (unsigned mode = MRP_FIXED; mode <= MRP_FORBIDDEN; mode++) {
		start(&a, (enum mrp_registration)mode, false);
		a.vlan[10].known = true;
		hear(&a, 10, MRP_LV, true, 1000);
		hear(&a, 55, MRP_NEW, false, 1000);
		assert_int_equal(mrp_registered(&a, 10), mode == MRP_FIXED ? MRP_REGISTRAR_IN : MRP_REGISTRAR_MT);
		assert_int_equal(mrp_registered(&a, 55), MRP_REGISTRAR_MT);
	}
}

static void normal_registrar_keeps_for_leave_time(void **state)
{
	start(&a, MRP_NORMAL, false);
	hear(&a, 55, MRP_JOIN_MT, false, 1000);
	assert_int_equal(mrp_registered(&a, 55), MRP_REGISTRAR_IN);
	hear(&a, 55, MRP_LV, false, 2000);
	assert_int_equal(mrp_registered(&a, 55), MRP_REGISTRAR_LV);
	assert_true(mrp_next(&a) <= 3000);
	mrp_run(&a, 2999);
	assert_int_equal(mrp_registered(&a, 55), MRP_REGISTRAR_LV);
	mrp_run(&a, 3000);
	assert_int_equal(mrp_registered(&a, 55), MRP_REGISTRAR_MT);
}

static void unsent_is_sent_again(void **state)
{
	start(&a, MRP_FIXED, false);
	mrp_request(&a, 10, MRP_REQUEST_NEW, 1000);
	assert_int_equal(sends(&a, 1000), 1);
	mrp_unsent(&a, values, 1, true, 1000);
	assert_int_equal(a.vlan[10].applicant, MRP_VN);
	assert_int_equal(sends(&a, 1200), 2);
	assert_true(leave_all);
	assert_int_equal(values[0].event, MRP_NEW);
}

// ---------------------------------------------------------------- two of them

// Carries what one sends to the other, of which so many of 100 are lost.
static void carry(struct mrp_participant *from, struct mrp_participant *to, uint64_t now, int lost)
{
	uint8_t pdu[1500];

	if (sends(from, now) == 0) return;
	for (size_t done = 0, taken = 0;;) {
		size_t length = mvrp_encode(values + done, count - done, leave_all, pdu, sizeof(pdu), &taken);

		if (rand() % 100 >= lost) assert_int_equal(mrp_receive(to, pdu, length, now), 0);
		leave_all = false;
		done += taken;
		if (done >= count) return;
	}
}

static void run_both(uint64_t from, uint64_t to, int lost)
{
	for (uint64_t now = from; now < to; now++) {
		if (mrp_next(&a) <= now) carry(&a, &b, now, lost);
		if (mrp_next(&b) <= now) carry(&b, &a, now, lost);
	}
}

static unsigned registered(const struct mrp_participant *mrp)
{
	unsigned sum = 0;

	for (uint16_t vid = 1; vid < 4095; vid++)
		sum += mrp_registered(mrp, vid) == MRP_REGISTRAR_IN;
	return sum;
}

// All VLANs stay registered at the peer over LeaveAlls of both, and those that leave go.
static void peer_keeps_what_is_declared_and_forgets_what_left(void **state)
{
	unsigned seed = getenv("SEED") != NULL ? (unsigned)strtoul(getenv("SEED"), NULL, 0) : (unsigned)time(NULL);

	print_message("SEED=%u\n", seed);
	srand(seed);
	start(&a, MRP_FIXED, true);
	start(&b, MRP_NORMAL, true);
	b.random = 999;
	for (uint16_t vid = 1; vid < 4095; vid++) {
		a.vlan[vid].known = true;
		mrp_request(&a, vid, MRP_REQUEST_JOIN, 1000);
	}
	run_both(1000, 2000, 0);
	assert_int_equal(registered(&b), 4094);
	for (uint64_t now = 2000; now < 40000; now += 100) {
		run_both(now, now + 100, 0);
		for (uint16_t vid = 1; vid < 4095; vid++)
			assert_int_not_equal(mrp_registered(&b, vid), MRP_REGISTRAR_MT);
	}
	for (uint16_t vid = 100; vid < 200; vid++)
		mrp_request(&a, vid, MRP_REQUEST_LV, 40000);
	run_both(40000, 41600, 0);
	for (uint16_t vid = 1; vid < 4095; vid++)
		assert_int_equal(mrp_registered(&b, vid) == MRP_REGISTRAR_MT, vid >= 100 && vid < 200);
	// With a fifth lost, what is declared comes back by itself.
	run_both(41600, 60000, 20);
	run_both(60000, 62000, 0);
	for (uint16_t vid = 1; vid < 4095; vid++)
		assert_int_equal(mrp_registered(&b, vid) != MRP_REGISTRAR_MT, vid < 100 || vid >= 200);
}

// What the peer keeps of a participant that falls silent: gone within LeaveAll and LeaveTime.
static void silent_participant_is_withdrawn(void **state)
{
	uint64_t now;

	start(&a, MRP_FIXED, true);
	start(&b, MRP_NORMAL, true);
	mrp_request(&a, 10, MRP_REQUEST_JOIN, 1000);
	run_both(1000, 2000, 0);
	assert_int_equal(mrp_registered(&b, 10), MRP_REGISTRAR_IN);
	for (now = 2000; now < 30000 && mrp_registered(&b, 10) != MRP_REGISTRAR_MT; now++)
		(void)sends(&b, now);
	print_message("withdrawn after %u ms\n", (unsigned)(now - 2000));
	assert_in_range(now - 2000, 8000, 16001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_is_sent_twice_join_time_apart),
		cmocka_unit_test(leave_goes_at_once_and_three_opportunities_in_300_ms),
		cmocka_unit_test(leave_again_goes_for_what_is_not_declared),
		cmocka_unit_test(peers_leave_all_is_answered_within_join_time),
		cmocka_unit_test(leave_all_goes_every_10_to_15_seconds),
		cmocka_unit_test(fixed_and_forbidden_registrars_ignore_the_ce),
		cmocka_unit_test(normal_registrar_keeps_for_leave_time),
		cmocka_unit_test(unsent_is_sent_again),
		cmocka_unit_test(peer_keeps_what_is_declared_and_forgets_what_left),
		cmocka_unit_test(silent_participant_is_withdrawn),
	};

	return cmocka_run_group_tests_name("mrp-participant", tests, NULL, NULL);
}
