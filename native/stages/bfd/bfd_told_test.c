// What the control thread hears of sessions, and what it asks of them.
#include "testing.h"

// Time goes on, and the control thread is busy.
static void wait_for(uint32_t ms)
{
	bool changed;

	for (; ms != 0; ms--) {
		urgent_by_hand += MS;
		bfd_round(urgent_by_hand, &changed);
	}
}

static void changes_are_told_in_order_and_none_of_what_is_gone(void **state)
{
	struct wish wish = {
		.name = "4", .interface = "a", .remote = "10.0.1.2", .tx = 10 * MS, .rx = 10 * MS, .mult = 3};
	struct bfd_told told[8];
	struct bfd_packet packet;
	bool changed;

	apply(session_op(wish));
	peer_begins("10.0.1.2", "10.0.1.1", BFD_PORT, 10 * MS);
	bfd_compose(&peer.machine, false, &packet);
	peer_sends(false); // Down
	bfd_round(urgent_by_hand, &changed);
	assert_true(changed);
	assert_int_equal(bfd_take_changes(told, 8), 1);
	assert_int_equal(told[0].state, BFD_STATE_INIT);
	assert_int_equal(bfd_take_changes(told, 8), 0);
	urgent_by_hand += 4 * SECOND;
	bfd_round(urgent_by_hand, &changed);
	assert_true(changed);
	delete_session("4");
	assert_int_equal(bfd_take_changes(told, 8), 0);
}

static void a_neighbour_is_late_and_asked(void **state)
{
	struct wish wish = {.name = "4",
			    .interface = "a",
			    .remote = "10.0.1.2",
			    .tx = 100 * MS,
			    .rx = 100 * MS,
			    .mult = 3,
			    .late = 40 * MS};
	struct bfd_session *session;
	struct bfd_told told[8];
	uint32_t slot, discriminator;
	uint64_t asked;

	apply(session_op(wish));
	peer_begins("10.0.1.2", "10.0.1.1", BFD_PORT, 100 * MS);
	go_on(4000, false);
	session = session_named("4");
	slot = session->slot;
	discriminator = session->machine.local_discriminator;
	while (bfd_take_changes(told, 8) != 0)
		;
	// It answers at once, though its next packet is not due.
	while (session->machine.received_at != urgent_by_hand)
		go_on(1, false);
	(void)bfd_take_answered();
	asked = bfd_session_ask(session);
	assert_int_equal(asked, urgent_by_hand);
	assert_false(bfd_heard_since(slot, discriminator, asked));
	assert_false(bfd_take_answered());
	go_on(1, false);
	assert_true(bfd_heard_since(slot, discriminator, asked));
	assert_false(bfd_heard_since(slot, discriminator + 1, asked));
	assert_true(bfd_take_answered());
	assert_false(bfd_take_answered());
	// Late, and heard again.
	while (!session->machine.late)
		wait_for(1);
	assert_in_range(urgent_by_hand - session->machine.received_at, 260 * MS, 261 * MS);
	assert_int_equal(bfd_take_changes(told, 8), 1);
	assert_true(told[0].late);
	assert_int_equal(told[0].state, BFD_STATE_UP);
	peer_sends(false);
	wait_for(1);
	assert_int_equal(bfd_take_changes(told, 8), 1);
	assert_false(told[0].late);
	// Late, and lost: nobody is asked any more.
	wait_for(301);
	assert_int_equal(bfd_take_changes(told, 8), 2);
	assert_true(told[0].late);
	assert_int_equal(told[1].state, BFD_STATE_DOWN);
	assert_false(told[1].late);
	assert_int_equal(bfd_session_ask(session), 0);
	assert_int_equal(session->counters.became_down, 1);
	delete_session("4");
	assert_false(bfd_heard_since(slot, discriminator, asked));
}

// While the control thread is busy: what finds no room is told as the session is by then.
static void of_too_many_changes_the_last_is_told(void **state)
{
	struct wish wish = {
		.name = "4", .interface = "a", .remote = "10.0.1.2", .tx = 10 * MS, .rx = 10 * MS, .mult = 3};
	struct bfd_heard heard = {.version = IP_V4, .ttl = 255};
	struct bfd_told told[64];
	struct bfd_session *session;
	unsigned count = 0, got;
	bool changed;

	apply(session_op(wish));
	session = session_named("4");
	heard.interface = session->settings.interface;
	heard.source = session->settings.remote;
	heard.packet = (struct bfd_packet){
		.detect_mult = 3, .my_discriminator = 7, .desired_min_tx = 10 * MS, .required_min_rx = 10 * MS};
	for (unsigned i = 0; i < 5001; i++) {
		heard.packet.state = i % 2 == 0 ? BFD_STATE_DOWN : BFD_STATE_ADMIN_DOWN;
		assert_true(bfd_put(&workers[0], &heard));
		bfd_round(urgent_by_hand, &changed);
		assert_true(changed);
	}
	// Nor are there buffers for all that was to be said.
	assert_true(session->counters.send_failures > 0);
	while ((got = bfd_take_changes(told, 64)) != 0)
		count += got;
	assert_int_equal(count, 4096 + 1);
	assert_int_equal(told[0].state, BFD_STATE_INIT);
	router_run();
	delete_session("4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes_are_told_in_order_and_none_of_what_is_gone),
		cmocka_unit_test(a_neighbour_is_late_and_asked),
		cmocka_unit_test(of_too_many_changes_the_last_is_told),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
