// The session of RFC 5880 as data, two of them that talk, and authentication.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "machine.h"

#define MS     1000u
#define SECOND 1000000u

static const struct bfd_parameters fast = {.desired_min_tx = 10 * MS, .required_min_rx = 10 * MS, .detect_mult = 3};

// ---------------------------------------------------------------- 6.8.6: states

struct row {
	uint8_t before, heard, after, diagnostic;
};

#define ADMIN BFD_STATE_ADMIN_DOWN
#define DOWN  BFD_STATE_DOWN
#define INIT  BFD_STATE_INIT
#define UP    BFD_STATE_UP

static const struct row rows[] = {
	{ADMIN, ADMIN, ADMIN, 0}, {ADMIN, DOWN, ADMIN, 0}, {ADMIN, INIT, ADMIN, 0}, {ADMIN, UP, ADMIN, 0},
	{DOWN, ADMIN, DOWN, 0},   {DOWN, DOWN, INIT, 0},   {DOWN, INIT, UP, 0},     {DOWN, UP, DOWN, 0},
	{INIT, ADMIN, DOWN, 3},   {INIT, DOWN, INIT, 0},   {INIT, INIT, UP, 0},     {INIT, UP, UP, 0},
	{UP, ADMIN, DOWN, 3},     {UP, DOWN, DOWN, 3},     {UP, INIT, UP, 0},       {UP, UP, UP, 0},
};

static struct bfd_packet packet_of(uint8_t state)
{
	return (struct bfd_packet){
		.state = state,
		.detect_mult = 3,
		.my_discriminator = 7,
		.your_discriminator = 1,
		.desired_min_tx = 10 * MS,
		.required_min_rx = 20 * MS,
	};
}

// A session at time 1 s that has come into the state by what it heard.
static struct bfd_machine machine_in(uint8_t state)
{
	static const uint8_t ways[4][2] = {[INIT] = {DOWN, ADMIN}, [UP] = {DOWN, UP}};
	struct bfd_parameters parameters = fast;
	struct bfd_machine machine;

	parameters.admin_down = state == ADMIN;
	bfd_begin(&machine, &parameters, 1, SECOND);
	for (unsigned i = 0; i < 2 && ways[state][i] != ADMIN; i++) {
		struct bfd_packet packet = packet_of(ways[state][i]);

		packet.final = true;
		bfd_receive(&machine, &packet, SECOND, 0);
	}
	assert_int_equal(machine.state, state);
	return machine;
}

static void a_packet_moves_the_state_as_the_table_says(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct bfd_machine machine = machine_in(row->before);
		struct bfd_packet packet = packet_of(row->heard);
		unsigned todo = bfd_receive(&machine, &packet, SECOND, 0);
		bool changes = row->before != row->after;

		if (machine.state != row->after || (changes && machine.diagnostic != row->diagnostic) ||
		    todo != (changes ? BFD_CHANGED | BFD_SEND : 0))
			fail_msg("%u hears %u: %u, diagnostic %u, to do %u", row->before, row->heard, machine.state,
				 machine.diagnostic, todo);
		assert_int_equal(machine.remote_state, row->heard);
		assert_int_equal(machine.remote_discriminator, 7);
	}
}

static void a_poll_is_answered_at_once_in_every_state_but_admin_down(void **state)
{
	for (uint8_t before = ADMIN; before <= UP; before++) {
		struct bfd_machine machine = machine_in(before);
		struct bfd_packet packet = packet_of(before), answer;
		unsigned todo;

		packet.poll = true;
		todo = bfd_receive(&machine, &packet, SECOND, 0);
		assert_int_equal((todo & BFD_SEND_FINAL) != 0, before != ADMIN);
		bfd_compose(&machine, true, &answer);
		// 6.8.7: never both.
		assert_true(answer.final && !answer.poll);
	}
}

// ---------------------------------------------------------------- times

static void silence_takes_it_down_after_the_detection_time(void **state)
{
	struct bfd_machine machine = machine_in(UP);
	struct bfd_packet packet = packet_of(UP);

	bfd_receive(&machine, &packet, 5 * SECOND, 0);
	// 3 times the slower of what we take and they send.
	assert_int_equal(bfd_detection_time(&machine), 30 * MS);
	bfd_time(&machine, 5 * SECOND + 30 * MS - 1, 0);
	assert_int_equal(machine.state, UP);
	assert_int_equal(bfd_time(&machine, 5 * SECOND + 30 * MS, 0), BFD_CHANGED | BFD_SEND);
	assert_int_equal(machine.state, DOWN);
	assert_int_equal(machine.diagnostic, BFD_DIAG_DETECTION_EXPIRED);
	assert_int_equal(machine.remote_discriminator, 0);
	// Slow again, and nothing to wait for.
	assert_int_equal(bfd_tx_interval(&machine), SECOND);
	assert_int_equal(machine.expires_at, BFD_NEVER);
}

static void silence_is_late_before_it_is_death(void **state)
{
	struct bfd_machine machine = machine_in(UP);
	struct bfd_packet packet = packet_of(UP);

	machine.parameters.late_before = 10 * MS;
	assert_int_equal(bfd_receive(&machine, &packet, 5 * SECOND, 0) & BFD_LATE, 0);
	assert_int_equal(bfd_time(&machine, 5 * SECOND + 20 * MS - 1, 0) & BFD_LATE, 0);
	assert_int_equal(bfd_time(&machine, 5 * SECOND + 20 * MS, 0) & BFD_LATE, BFD_LATE);
	assert_true(machine.late);
	// Once.
	assert_int_equal(bfd_time(&machine, 5 * SECOND + 21 * MS, 0) & BFD_LATE, 0);
	assert_int_equal(bfd_receive(&machine, &packet, 5 * SECOND + 22 * MS, 0) & BFD_LATE, BFD_LATE);
	assert_false(machine.late);
	// At most half of the detection time, whatever is asked for.
	machine.parameters.late_before = SECOND;
	machine.send_at = BFD_NEVER;
	assert_int_equal(bfd_due(&machine), 5 * SECOND + 37 * MS);
	assert_int_equal(bfd_time(&machine, 5 * SECOND + 37 * MS, 0) & BFD_LATE, BFD_LATE);
	// The end says all.
	assert_int_equal(bfd_time(&machine, 5 * SECOND + 52 * MS, 0) & (BFD_LATE | BFD_CHANGED), BFD_CHANGED);
	assert_false(machine.late);
}

static void down_forgets_the_discriminator_of_one_that_is_silent(void **state)
{
	struct bfd_machine machine = machine_in(UP);
	struct bfd_packet packet = packet_of(ADMIN);

	packet.desired_min_tx = SECOND;
	bfd_receive(&machine, &packet, 5 * SECOND, 0);
	assert_int_equal(machine.state, DOWN);
	assert_int_equal(machine.remote_discriminator, 7);
	bfd_time(&machine, 8 * SECOND, 0);
	assert_int_equal(machine.remote_discriminator, 0);
}

static void it_transmits_slowly_until_it_is_up(void **state)
{
	static const struct {
		uint8_t state;
		uint32_t interval, announced;
	} expected[] = {
		{ADMIN, SECOND, SECOND}, {DOWN, SECOND, SECOND}, {INIT, SECOND, SECOND}, {UP, 20 * MS, 10 * MS}};

	for (unsigned i = 0; i < 4; i++) {
		struct bfd_machine machine = machine_in(expected[i].state);
		struct bfd_packet packet;

		bfd_compose(&machine, false, &packet);
		assert_int_equal(bfd_tx_interval(&machine), expected[i].interval);
		assert_int_equal(packet.desired_min_tx, expected[i].announced);
		assert_int_equal(packet.required_min_rx, 10 * MS);
	}
}

static void transmissions_are_jittered_within_the_bounds(void **state)
{
	for (unsigned mult = 1; mult <= 2; mult++) {
		uint64_t least = UINT64_MAX, most = 0, now = 2 * SECOND;
		struct bfd_machine machine = machine_in(UP);
		struct bfd_parameters parameters = fast;

		parameters.detect_mult = (uint8_t)mult;
		bfd_change(&machine, &parameters, now, 0);
		machine.expires_at = BFD_NEVER;
		for (uint32_t random = 0; random < 100000; random += 7) {
			uint64_t wait;

			now = machine.send_at;
			assert_int_equal(bfd_time(&machine, now, random * 2654435761u), BFD_SEND);
			wait = machine.send_at - now;
			least = wait < least ? wait : least;
			most = wait > most ? wait : most;
		}
		assert_in_range(least, 15 * MS, 15 * MS + 10);
		assert_in_range(most, (mult == 1 ? 18 : 20) * MS - 10, (mult == 1 ? 18 : 20) * MS);
	}
}

static void nothing_is_sent_to_one_that_wants_nothing(void **state)
{
	struct bfd_machine machine = machine_in(UP);
	struct bfd_packet packet = packet_of(UP);

	packet.final = true;
	packet.required_min_rx = 0;
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	assert_int_equal(machine.send_at, BFD_NEVER);
	packet.required_min_rx = 20 * MS;
	packet.demand = true;
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	assert_int_equal(machine.send_at, BFD_NEVER);
	packet.demand = false;
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	assert_true(machine.send_at <= 2 * SECOND + 20 * MS);
}

// ---------------------------------------------------------------- 6.8.3: Poll Sequences

static void slower_waits_for_the_answer_to_the_poll(void **state)
{
	struct bfd_machine machine = machine_in(UP);
	struct bfd_packet packet = packet_of(UP), out;
	struct bfd_parameters slow = {.desired_min_tx = 300 * MS, .required_min_rx = 300 * MS, .detect_mult = 3};

	packet.final = true;
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	packet.final = false;
	assert_false(machine.polling);
	bfd_change(&machine, &slow, 2 * SECOND, 0);
	bfd_compose(&machine, false, &out);
	assert_true(out.poll && out.desired_min_tx == 300 * MS && out.required_min_rx == 300 * MS);
	// It goes on as fast as before; what comes may be slower from now on.
	assert_int_equal(bfd_tx_interval(&machine), 20 * MS);
	assert_int_equal(bfd_detection_time(&machine), 900 * MS);
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	assert_int_equal(bfd_tx_interval(&machine), 20 * MS);
	packet.final = true;
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	assert_int_equal(bfd_tx_interval(&machine), 300 * MS);
	bfd_compose(&machine, false, &out);
	assert_false(out.poll);
	// And faster: we are at once, and expect it of them after the answer.
	bfd_change(&machine, &fast, 2 * SECOND, 0);
	assert_int_equal(bfd_tx_interval(&machine), 20 * MS);
	assert_int_equal(bfd_detection_time(&machine), 900 * MS);
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	assert_int_equal(bfd_detection_time(&machine), 30 * MS);
}

static void a_change_during_a_poll_is_polled_for_again(void **state)
{
	struct bfd_machine machine = machine_in(UP);
	struct bfd_packet packet = packet_of(UP);
	struct bfd_parameters slow = fast, slower = fast;

	slow.desired_min_tx = 300 * MS;
	slower.desired_min_tx = 500 * MS;
	packet.final = true;
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	bfd_change(&machine, &slow, 2 * SECOND, 0);
	bfd_change(&machine, &slower, 2 * SECOND, 0);
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	assert_true(machine.polling);
	assert_int_equal(bfd_tx_interval(&machine), 20 * MS);
	bfd_receive(&machine, &packet, 2 * SECOND, 0);
	assert_false(machine.polling);
	assert_int_equal(bfd_tx_interval(&machine), 500 * MS);
}

static void admin_down_is_said_and_taken_back(void **state)
{
	struct bfd_machine machine = machine_in(UP);
	struct bfd_parameters off = fast;
	struct bfd_packet out;

	off.admin_down = true;
	assert_int_equal(bfd_change(&machine, &off, 2 * SECOND, 0), BFD_CHANGED | BFD_SEND);
	bfd_compose(&machine, false, &out);
	assert_true(out.state == ADMIN && out.diagnostic == BFD_DIAG_ADMIN_DOWN && !out.poll);
	assert_int_equal(bfd_change(&machine, &off, 2 * SECOND, 0), 0);
	assert_int_equal(bfd_change(&machine, &fast, 2 * SECOND, 0), BFD_CHANGED | BFD_SEND);
	assert_int_equal(machine.state, DOWN);
}

// ---------------------------------------------------------------- two of them

struct side {
	struct bfd_machine machine;
	uint64_t arrives[64];
	struct bfd_packet queue[64];
	unsigned first, count;
};

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 4;
}

static void transmit(const struct side *from, struct side *to, bool final, uint64_t now, uint32_t *seed, unsigned lossy)
{
	unsigned at = (to->first + to->count) % 64;

	if (next_random(seed) % 100 < lossy || to->count == 64) return;
	bfd_compose(&from->machine, final, &to->queue[at]);
	to->arrives[at] = now + 100;
	to->count++;
}

static void carry_out(struct side *side, struct side *other, unsigned todo, uint64_t now, uint32_t *seed,
		      unsigned lossy)
{
	if (todo & BFD_SEND) transmit(side, other, false, now, seed, lossy);
	if (todo & BFD_SEND_FINAL) transmit(side, other, true, now, seed, lossy);
}

static void run(struct side sides[2], uint64_t *now, uint64_t until, uint32_t *seed, unsigned lossy)
{
	for (; *now < until; *now += 100)
		for (unsigned i = 0; i < 2; i++) {
			struct side *side = &sides[i], *other = &sides[1 - i];

			while (side->count != 0 && side->arrives[side->first] <= *now) {
				struct bfd_packet packet = side->queue[side->first];

				side->first = (side->first + 1) % 64;
				side->count--;
				carry_out(side, other, bfd_receive(&side->machine, &packet, *now, next_random(seed)),
					  *now, seed, lossy);
			}
			if (bfd_due(&side->machine) <= *now)
				carry_out(side, other, bfd_time(&side->machine, *now, next_random(seed)), *now, seed,
					  lossy);
		}
}

static void two_agree_whatever_is_lost_meanwhile(void **state)
{
	for (uint32_t seed = 1; seed <= 50; seed++) {
		uint32_t random = seed;
		struct bfd_parameters a = {10 * MS + seed * MS, 20 * MS, 3, false, 0},
				      b = {50 * MS, 10 * MS, 5, false, 0};
		struct side sides[2] = {0};
		uint64_t now = SECOND;

		bfd_begin(&sides[0].machine, &a, 1, now);
		bfd_begin(&sides[1].machine, &b, 2, now + seed * 7 * MS);
		run(sides, &now, now + 5 * SECOND, &random, 40);
		run(sides, &now, now + 5 * SECOND, &random, 0);
		for (unsigned i = 0; i < 2; i++) {
			assert_int_equal(sides[i].machine.state, UP);
			assert_false(sides[i].machine.polling);
			assert_int_equal(sides[i].machine.remote_discriminator, 2 - i);
			assert_int_equal(bfd_tx_interval(&sides[i].machine), bfd_rx_interval(&sides[1 - i].machine));
		}
		// Nothing passes any more: both know within their detection times.
		run(sides, &now,
		    now + bfd_detection_time(&sides[0].machine) + bfd_detection_time(&sides[1].machine) + MS, &random,
		    100);
		assert_int_equal(sides[0].machine.state, DOWN);
		assert_int_equal(sides[1].machine.state, DOWN);
	}
}

static void neither_flaps_while_intervals_change(void **state)
{
	struct side sides[2] = {0};
	uint32_t random = 1;
	uint64_t now = SECOND;

	bfd_begin(&sides[0].machine, &fast, 1, now);
	bfd_begin(&sides[1].machine, &fast, 2, now);
	run(sides, &now, now + 5 * SECOND, &random, 0);
	for (unsigned i = 0; i < 200; i++) {
		struct bfd_parameters p = {(1 + next_random(&random) % 30) * 10 * MS,
					   (1 + next_random(&random) % 30) * 10 * MS,
					   (uint8_t)(2 + next_random(&random) % 5), false, 0};
		struct side *side = &sides[next_random(&random) % 2];

		carry_out(side, side == sides ? sides + 1 : sides, bfd_change(&side->machine, &p, now, 0), now, &random,
			  0);
		run(sides, &now, now + next_random(&random) % SECOND, &random, 0);
		assert_int_equal(sides[0].machine.state, UP);
		assert_int_equal(sides[1].machine.state, UP);
	}
}

// ---------------------------------------------------------------- 6.7.4

static const struct bfd_auth keyed = {BFD_AUTH_KEYED_SHA1, 5, "secret"},
			     meticulous = {BFD_AUTH_METICULOUS_SHA1, 5, "secret"};

static bool takes(const struct bfd_auth *auth, struct bfd_sequence *sequence, uint32_t number, uint64_t now,
		  const struct bfd_auth *theirs)
{
	struct bfd_machine machine = machine_in(UP);
	struct bfd_packet packet = packet_of(UP), read;
	uint8_t bytes[BFD_LONGEST];

	packet.auth_type = theirs->type;
	packet.key_id = theirs->key_id;
	packet.sequence = number;
	assert_int_equal(bfd_parse(bytes, bfd_write(&packet, theirs->key, bytes), &read), BFD_FINE);
	return bfd_authenticate(auth, sequence, &machine, &read, bytes, now);
}

static void sequence_numbers_are_taken_within_the_window(void **state)
{
	static const struct {
		int32_t ahead;
		bool keyed, meticulous;
	} expected[] = {{-1, false, false}, {0, true, false},   {1, true, true},
			{9, true, true},    {10, false, false}, {INT32_MIN, false, false}};

	for (unsigned wrap = 0; wrap < 2; wrap++)
		for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
			uint32_t from = wrap ? UINT32_MAX - 3 : 1000;
			struct bfd_sequence k = {.known = true, .received = from}, m = k;

			assert_int_equal(takes(&keyed, &k, from + (uint32_t)expected[i].ahead, SECOND, &keyed),
					 expected[i].keyed);
			assert_int_equal(
				takes(&meticulous, &m, from + (uint32_t)expected[i].ahead, SECOND, &meticulous),
				expected[i].meticulous);
			assert_int_equal(m.received,
					 expected[i].meticulous ? from + (uint32_t)expected[i].ahead : from);
		}
}

static void who_does_not_know_the_key_is_not_heard(void **state)
{
	static const struct bfd_auth none = {0}, other_key = {BFD_AUTH_KEYED_SHA1, 5, "Secret"},
				     other_id = {BFD_AUTH_KEYED_SHA1, 6, "secret"};
	struct bfd_sequence sequence = {0};

	assert_false(takes(&keyed, &sequence, 1, SECOND, &other_key));
	assert_false(takes(&keyed, &sequence, 1, SECOND, &other_id));
	assert_false(takes(&keyed, &sequence, 1, SECOND, &meticulous));
	assert_false(takes(&keyed, &sequence, 1, SECOND, &none));
	assert_false(takes(&none, &sequence, 1, SECOND, &keyed));
	// Nor is anything learned of it.
	assert_false(sequence.known);
	assert_true(takes(&keyed, &sequence, 1, SECOND, &keyed));
	assert_true(sequence.known);
}

static void numbers_begin_anew_after_two_detection_times(void **state)
{
	struct bfd_sequence sequence = {.known = true, .received = 1000};

	assert_false(takes(&keyed, &sequence, 5, SECOND + 60 * MS - 1, &keyed));
	assert_true(takes(&keyed, &sequence, 5, SECOND + 60 * MS, &keyed));
}

static void keyed_counts_what_differs_and_meticulous_all(void **state)
{
	struct bfd_sequence k = {0}, m = {0};
	struct bfd_packet packet;

	for (unsigned i = 0; i < 4; i++) {
		packet = packet_of(UP);
		packet.poll = i == 3;
		bfd_number(&keyed, &k, &packet);
		packet = packet_of(UP);
		bfd_number(&meticulous, &m, &packet);
	}
	assert_int_equal(k.sent, 2);
	assert_int_equal(m.sent, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_moves_the_state_as_the_table_says),
		cmocka_unit_test(a_poll_is_answered_at_once_in_every_state_but_admin_down),
		cmocka_unit_test(silence_takes_it_down_after_the_detection_time),
		cmocka_unit_test(silence_is_late_before_it_is_death),
		cmocka_unit_test(down_forgets_the_discriminator_of_one_that_is_silent),
		cmocka_unit_test(it_transmits_slowly_until_it_is_up),
		cmocka_unit_test(transmissions_are_jittered_within_the_bounds),
		cmocka_unit_test(nothing_is_sent_to_one_that_wants_nothing),
		cmocka_unit_test(slower_waits_for_the_answer_to_the_poll),
		cmocka_unit_test(a_change_during_a_poll_is_polled_for_again),
		cmocka_unit_test(admin_down_is_said_and_taken_back),
		cmocka_unit_test(two_agree_whatever_is_lost_meanwhile),
		cmocka_unit_test(neither_flaps_while_intervals_change),
		cmocka_unit_test(sequence_numbers_are_taken_within_the_window),
		cmocka_unit_test(who_does_not_know_the_key_is_not_heard),
		cmocka_unit_test(numbers_begin_anew_after_two_detection_times),
		cmocka_unit_test(keyed_counts_what_differs_and_meticulous_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
