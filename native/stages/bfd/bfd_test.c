// Sessions with a neighbour: up, lost, changed, refused.
#include "testing.h"

static void comes_up(const struct wish *wish, const char *router)
{
	uint16_t port = wish->vrf != NULL ? BFD_PORT_MULTIHOP : BFD_PORT;
	const struct bfd_session *session;
	uint64_t went;

	apply(session_op(*wish));
	peer_begins(wish->remote, router, port, 10 * MS);
	peer.auth.type = (uint8_t)wish->auth;
	peer.auth.key_id = wish->auth != 0 ? 5 : 0;
	if (wish->auth != 0) memcpy(peer.auth.key, "secret", 6);
	go_on(3000, false);
	session = session_named(wish->name);
	assert_non_null(session);
	assert_int_equal(session->machine.state, BFD_STATE_UP);
	assert_int_equal(peer.machine.state, BFD_STATE_UP);
	assert_int_equal(session->counters.became_up, 1);
	assert_int_equal(session->counters.became_down, 0);
	assert_int_equal(bfd_detection_time(&session->machine), 30 * MS);
	// 100 a second, less jitter.
	peer.heard = 0;
	go_on(1000, false);
	assert_in_range(peer.heard, 98, 136);
	// Death is seen within the detection time, and the router's view of it said at once.
	went = urgent_by_hand;
	while (session->machine.state == BFD_STATE_UP && urgent_by_hand < went + SECOND)
		go_on(1, true);
	assert_in_range(urgent_by_hand - went, 20 * MS, 31 * MS);
	assert_int_equal(session->machine.diagnostic, BFD_DIAG_DETECTION_EXPIRED);
	assert_int_equal(session->counters.became_down, 1);
	assert_int_not_equal(session->last_down_ns, 0);
	// And back.
	go_on(4000, false);
	assert_int_equal(session->machine.state, BFD_STATE_UP);
	router_forget();
	delete_session(wish->name);
	peer_hears();
	assert_int_equal(peer.machine.remote_state, BFD_STATE_ADMIN_DOWN);
	assert_int_equal(peer.machine.diagnostic, BFD_DIAG_NEIGHBOR_DOWN);
}

static void sessions_come_up_notice_death_and_come_back(void **state)
{
	static const struct wish wishes[] = {
		{.name = "4", .interface = "a", .remote = "10.0.1.2"},
		{.name = "6", .interface = "a", .remote = "2001:db8:1::2"},
		{.name = "far", .vrf = "red", .remote = "10.9.0.1", .local = "10.0.1.1"},
		{.name = "keyed", .interface = "a", .remote = "10.0.1.2", .auth = BFD_AUTH_KEYED_SHA1},
		{.name = "meticulous", .interface = "a", .remote = "2001:db8:1::2", .auth = BFD_AUTH_METICULOUS_SHA1},
	};

	for (unsigned i = 0; i < RTE_DIM(wishes); i++) {
		struct wish wish = wishes[i];

		wish.tx = wish.rx = 10 * MS;
		comes_up(&wish, strchr(wish.remote, ':') != NULL ? "2001:db8:1::1" : "10.0.1.1");
	}
}

static void intervals_change_while_it_is_up(void **state)
{
	struct wish wish = {
		.name = "4", .interface = "a", .remote = "10.0.1.2", .tx = 10 * MS, .rx = 10 * MS, .mult = 3};
	struct bfd_session *session;

	apply(session_op(wish));
	peer_begins("10.0.1.2", "10.0.1.1", BFD_PORT, 10 * MS);
	go_on(3000, false);
	session = session_named("4");
	for (unsigned i = 0; i < 6; i++) {
		static const uint32_t intervals[] = {300, 20, 100, 10, 50, 1000};

		wish.tx = wish.rx = intervals[i] * MS;
		apply(session_op(wish));
		go_on(3000, false);
		assert_int_equal(session->machine.state, BFD_STATE_UP);
		assert_int_equal(bfd_tx_interval(&session->machine), intervals[i] * MS);
		assert_int_equal(bfd_detection_time(&session->machine), 3 * intervals[i] * MS);
	}
	assert_int_equal(session->counters.became_up, 1);
	assert_int_equal(session->counters.became_down, 0);
	wish.admin_down = true;
	apply(session_op(wish));
	go_on(10, false);
	assert_int_equal(session->machine.state, BFD_STATE_ADMIN_DOWN);
	assert_int_equal(peer.machine.state, BFD_STATE_DOWN);
	wish.admin_down = false;
	apply(session_op(wish));
	go_on(4000, false);
	assert_int_equal(session->machine.state, BFD_STATE_UP);
	delete_session("4");
}

static void what_is_wrong_is_dropped_and_counted(void **state)
{
	struct wish wish = {
		.name = "4", .interface = "a", .remote = "10.0.1.2", .tx = 10 * MS, .rx = 10 * MS, .mult = 3};
	struct bfd_session *session;
	uint64_t received, malformed;
	bool changed;

	// Nobody has a session there, and the kernel no part in the interface.
	peer_begins("10.0.1.2", "10.0.1.1", BFD_PORT, 10 * MS);
	peer_sends(false);
	assert_int_equal(router_frames("a"), 1);
	assert_memory_equal(router_frame("a", 0)->bytes + 34, "\x03\x03", 2); // port unreachable
	apply(session_op(wish));
	session = session_named("4");
	peer_begins("10.0.1.2", "10.0.1.1", BFD_PORT, 10 * MS);
	go_on(3000, false);
	received = session->counters.received;
	peer.ttl = 254;
	peer_sends(false);
	peer.ttl = 255;
	assert_int_equal(router_drops("bfd-ttl"), 1);
	malformed = router_drops("bfd-malformed");
	peer.damage = 0x80;
	peer_sends(false);
	peer.damage = 0;
	assert_int_equal(router_drops("bfd-malformed"), malformed + 1);
	// Somebody else on the link knows the discriminator.
	peer.address = "10.0.1.3";
	peer_sends(false);
	bfd_round(urgent_by_hand, &changed);
	assert_int_equal(session->counters.session_errors, 1);
	peer.address = "10.0.1.2";
	// Authentication that nobody asked for.
	peer.auth = (struct bfd_auth){BFD_AUTH_KEYED_SHA1, 5, "secret"};
	peer_sends(false);
	bfd_round(urgent_by_hand, &changed);
	assert_int_equal(session->counters.authentication_failures, 1);
	peer.auth = (struct bfd_auth){0};
	assert_int_equal(session->counters.received, received);
	// More than the ring holds while the thread does nothing. What it held was in time.
	for (unsigned i = 0; i < BFD_RING + 10; i++)
		peer_sends(false);
	assert_int_equal(router_drops("bfd-queue-full"), 11); // a ring holds one less than its size
	urgent_by_hand += 100 * MS;
	bfd_round(urgent_by_hand, &changed);
	assert_int_equal(session->counters.received, received + BFD_RING - 1);
	assert_int_equal(session->machine.state, BFD_STATE_UP);
	delete_session("4");
}

static void several_hops_have_a_least_ttl(void **state)
{
	struct wish wish = {.name = "far",
			    .vrf = "red",
			    .remote = "10.9.0.1",
			    .local = "10.0.1.1",
			    .tx = 10 * MS,
			    .rx = 10 * MS,
			    .ttl = 253};
	struct bfd_session *session;

	apply(session_op(wish));
	session = session_named("far");
	peer_begins("10.9.0.1", "10.0.1.1", BFD_PORT_MULTIHOP, 10 * MS);
	peer.ttl = 252;
	go_on(3000, false);
	assert_int_equal(session->machine.state, BFD_STATE_DOWN);
	assert_true(session->counters.ttl_errors >= 2);
	peer.ttl = 253;
	go_on(3000, false);
	assert_int_equal(session->machine.state, BFD_STATE_UP);
	delete_session("far");
}

static void bounds_are_refused(void **state)
{
	static Sluice__Api__Operation *list[BFD_MOST_SESSIONS + 1];
	static char names[BFD_MOST_SESSIONS + 1][24], addresses[BFD_MOST_SESSIONS + 1][24];
	struct wish wish = {.interface = "a", .tx = 10 * MS, .rx = 10 * MS};
	const struct api_error *error;

	for (unsigned round = 0; round < 3; round++) {
		// 401 times 100 packets a second; then the most, which is taken; then one session too many.
		unsigned count =
			(unsigned[]){BFD_MOST_PACKETS / 100 + 1, BFD_MOST_PACKETS / 100, BFD_MOST_SESSIONS + 1}[round];

		for (unsigned i = 0; i < count; i++) {
			snprintf(names[i], sizeof(names[i]), "s%u", i);
			snprintf(addresses[i], sizeof(addresses[i]), "10.0.%u.%u", 4 + i / 250, 2 + i % 250);
			wish.name = names[i];
			wish.remote = addresses[i];
			wish.rx = round == 2 ? 1000 * MS : 10 * MS;
			list[i] = session_op(wish);
		}
		error = router_apply_list(list, count, false);
		assert_int_equal(error == NULL, round == 1);
		if (error != NULL) assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_RESOURCE);
	}
	for (unsigned i = 0; i < BFD_MOST_PACKETS / 100; i++)
		list[i] = op_delete(SLUICE__API__OBJECT_KIND__KIND_BFD_SESSION, names[i]);
	assert_null(router_apply_list(list, BFD_MOST_PACKETS / 100, false));
	// Nothing of it is left.
	wish.name = "one";
	wish.remote = "10.0.1.2";
	apply(session_op(wish));
	delete_session("one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_come_up_notice_death_and_come_back),
		cmocka_unit_test(intervals_change_while_it_is_up),
		cmocka_unit_test(what_is_wrong_is_dropped_and_counted),
		cmocka_unit_test(several_hops_have_a_least_ttl),
		cmocka_unit_test(bounds_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
