// Sessions in the whole router: the neighbour is a machine of the test's, which also keeps the time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "../../main/worker.h"
#include "../../testing/applied.h"
#include "bfd.h"

#define MS     1000u
#define SECOND 1000000u

static const uint8_t our_mac[6] = {2, 0, 0, 0, 1, 'a'}, peer_mac[6] = {2, 0, 0, 0, 0, 9};

// ---------------------------------------------------------------- objects

struct wish {
	const char *name, *interface, *vrf, *remote, *local;
	uint32_t tx, rx, mult, ttl, auth, late;
	bool admin_down;
};

static Sluice__Api__Operation *session_op(struct wish w)
{
	Sluice__Api__BfdSession it = SLUICE__API__BFD_SESSION__INIT;
	Sluice__Api__BfdAuthentication auth = SLUICE__API__BFD_AUTHENTICATION__INIT;
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;
	uint8_t remote[16], local[16];
	bool v6 = strchr(w.remote, ':') != NULL;

	it.name = (char *)(uintptr_t)w.name;
	it.path_case = w.vrf != NULL ? SLUICE__API__BFD_SESSION__PATH_VRF : SLUICE__API__BFD_SESSION__PATH_INTERFACE;
	it.interface = (char *)(uintptr_t)(w.vrf != NULL ? w.vrf : w.interface);
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, w.remote, remote), 1);
	it.remote_address = (ProtobufCBinaryData){v6 ? 16 : 4, remote};
	if (w.local != NULL) {
		assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, w.local, local), 1);
		it.local_address = (ProtobufCBinaryData){v6 ? 16 : 4, local};
	}
	it.desired_min_tx_interval = w.tx;
	it.required_min_rx_interval = w.rx;
	it.detect_multiplier = w.mult;
	it.minimum_ttl = w.ttl;
	it.admin_down = w.admin_down;
	it.late_before = w.late;
	if (w.auth != 0) {
		auth.type = (Sluice__Api__BfdAuthenticationType)w.auth;
		auth.key_id = 5;
		auth.key = (ProtobufCBinaryData){6, (uint8_t *)(uintptr_t) "secret"};
		it.authentication = &auth;
	}
	operation.op_case = SLUICE__API__OPERATION__OP_SET_BFD_SESSION;
	operation.set_bfd_session = &it;
	return op_fresh(&operation);
}

static struct bfd_session *session_named(const char *name)
{
	struct bfd_session *session;

	for (uint32_t slot = 0; (session = bfd_next(&slot)) != NULL;)
		if (strcmp(session->name, name) == 0) return session;
	return NULL;
}

// ---------------------------------------------------------------- the neighbour

static struct peer {
	const char *address, *router; // of which we are the neighbour
	uint16_t port;
	uint8_t ttl;
	struct bfd_machine machine;
	struct bfd_auth auth;
	struct bfd_sequence sequence;
	unsigned heard;
	uint8_t damage; // of the UDP payload's third byte
} peer;

static uint16_t checksum(const uint8_t *bytes, unsigned length, uint32_t sum)
{
	for (unsigned i = 0; i < length; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void peer_sends(bool final)
{
	bool v6 = strchr(peer.address, ':') != NULL;
	unsigned header = v6 ? 40 : 20, size = v6 ? 16 : 4, length;
	uint8_t frame[14 + 40 + 8 + BFD_LONGEST] = {0}, *ip = frame + 14, *udp = ip + header;
	struct bfd_packet packet;
	uint16_t sum;

	bfd_compose(&peer.machine, final, &packet);
	bfd_number(&peer.auth, &peer.sequence, &packet);
	length = 8 + bfd_write(&packet, peer.auth.key, udp + 8);
	memcpy(frame, our_mac, 6);
	memcpy(frame + 6, peer_mac, 6);
	memcpy(frame + 12, v6 ? "\x86\xdd" : "\x08\x00", 2);
	ip[0] = v6 ? 0x60 : 0x45;
	ip[v6 ? 5 : 3] = (uint8_t)(length + (v6 ? 0 : 20));
	ip[v6 ? 6 : 9] = 17;
	ip[v6 ? 7 : 8] = peer.ttl;
	inet_pton(v6 ? AF_INET6 : AF_INET, peer.address, ip + header - 2 * size);
	inet_pton(v6 ? AF_INET6 : AF_INET, peer.router, ip + header - size);
	if (!v6) {
		sum = (uint16_t)~checksum(ip, 20, 0);
		ip[10] = (uint8_t)(sum >> 8);
		ip[11] = (uint8_t)sum;
	}
	memcpy(udp, (uint8_t[]){0xc0, 0x10, (uint8_t)(peer.port >> 8), (uint8_t)peer.port, 0, (uint8_t)length, 0, 0},
	       8);
	sum = (uint16_t)~checksum(udp, length, checksum(ip + header - 2 * size, 2 * size, 17 + length));
	udp[6] = (uint8_t)(sum >> 8);
	udp[7] = (uint8_t)sum;
	udp[8 + 2] ^= peer.damage;
	router_receive("a", frame, (uint16_t)(14 + header + length));
}

static void peer_does(unsigned todo)
{
	if (todo & BFD_SEND) peer_sends(false);
	if (todo & BFD_SEND_FINAL) peer_sends(true);
}

// What left by port a since the last call; checked against what the RFCs say of its headers.
static void peer_hears(void)
{
	for (unsigned i = 0; i < router_frames("a"); i++) {
		const struct router_frame *frame = router_frame("a", i);
		const uint8_t *ip = frame->bytes + 14, *udp;
		bool v6 = ip[0] >> 4 == 6;
		unsigned header = v6 ? 40 : 20, size = v6 ? 16 : 4, length = frame->length - 14u - header;
		struct bfd_packet packet;
		uint8_t expected[16], bytes[BFD_LONGEST] = {0};

		udp = ip + header;
		if (ip[v6 ? 6 : 9] != 17 || udp[2] << 8 != (peer.port & 0xff00)) continue;
		assert_memory_equal(frame->bytes, peer_mac, 6);
		assert_int_equal(ip[v6 ? 7 : 8], 255);
		inet_pton(v6 ? AF_INET6 : AF_INET, peer.router, expected);
		assert_memory_equal(udp - 2 * size, expected, size);
		inet_pton(v6 ? AF_INET6 : AF_INET, peer.address, expected);
		assert_memory_equal(udp - size, expected, size);
		assert_int_equal(udp[2] << 8 | udp[3], peer.port);
		assert_true(udp[0] >= 0xc0); // 49152 and above
		assert_int_equal(udp[4] << 8 | udp[5], length);
		assert_int_equal(checksum(udp, length, checksum(udp - 2 * size, 2 * size, 17 + length)), 0xffff);
		if (!v6) assert_int_equal(checksum(ip, 20, 0), 0xffff);
		memcpy(bytes, udp + 8, length - 8);
		assert_int_equal(bfd_parse(udp + 8, length - 8, &packet), BFD_FINE);
		assert_true(
			bfd_authenticate(&peer.auth, &peer.sequence, &peer.machine, &packet, bytes, urgent_by_hand));
		peer.heard++;
		peer_does(bfd_receive(&peer.machine, &packet, urgent_by_hand, 0));
	}
	router_forget();
}

static void peer_begins(const char *address, const char *router, uint16_t port, uint32_t interval)
{
	const struct bfd_parameters parameters = {interval, interval, 3, false, 0};

	peer = (struct peer){.address = address, .router = router, .port = port, .ttl = 255};
	bfd_begin(&peer.machine, &parameters, 77, urgent_by_hand);
	router_forget();
}

// Time goes on by steps of a millisecond; `silent`: the neighbour says nothing.
static void go_on(uint32_t ms, bool silent)
{
	bool changed;

	for (; ms != 0; ms--) {
		urgent_by_hand += MS;
		bfd_round(urgent_by_hand, &changed);
		router_run();
		if (silent) {
			router_forget();
			continue;
		}
		peer_hears();
		if (bfd_due(&peer.machine) <= urgent_by_hand) peer_does(bfd_time(&peer.machine, urgent_by_hand, 0));
		bfd_round(urgent_by_hand, &changed);
	}
}

// Time goes on, and the control thread is busy.
static void wait_for(uint32_t ms)
{
	bool changed;

	for (; ms != 0; ms--) {
		urgent_by_hand += MS;
		bfd_round(urgent_by_hand, &changed);
	}
}

static int setup(void **state)
{
	urgent_by_hand = 1000 * SECOND;
	router_start();
	apply(op_vrf("red"));
	apply(router_port("a"));
	apply(op_logical_port("a", "a", 0, ""));
	apply(op_with_mac(op_l3_interface("a", "red", "a", "", "10.0.1.1/24 2001:db8:1::1/64"), 'a'));
	apply(op_static_neighbour("a", "10.0.1.2", 9));
	apply(op_static_neighbour("a", "2001:db8:1::2", 9));
	apply(op_next_hop_group("far", "red", "10.0.1.2@a"));
	apply(op_route("red", "10.9.0.0/16", "far"));
	router_advance(5000);
	return 0;
}

static int teardown(void **state)
{
	router_stop();
	return 0;
}

static void delete_session(const char *name)
{
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BFD_SESSION, name));
	assert_null(session_named(name));
}

// ---------------------------------------------------------------- tests

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
		cmocka_unit_test(changes_are_told_in_order_and_none_of_what_is_gone),
		cmocka_unit_test(a_neighbour_is_late_and_asked),
		cmocka_unit_test(of_too_many_changes_the_last_is_told),
		cmocka_unit_test(bounds_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
