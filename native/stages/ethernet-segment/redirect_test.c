// Redirection in the whole router, both ends: what leaves for a peer, and what comes from one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../main/clock.h"
#include "../../main/loop.h"
#include "../../main/worker.h"
#include "../bridge/bridge.h"
#include "redirect_testing.h"

// Both stations known, then VLAN 10 blocked with a redirection.
static void move_away(void)
{
	segment_releases("es", 10, 11);
	receive("ce", remote, customer, 10);
	receive("core", customer, remote, 10);
	router_forget();
	applied(segment_ordered("es", 10, 10, 0, 0, peer()));
}

// What left towards the peer, whole; the bytes in front of it are checked.
static void assert_redirected(unsigned i, const uint8_t *to, const uint8_t *from, uint8_t direction)
{
	const struct router_frame *frame = router_frame("way", i);
	const uint8_t *ip = frame->bytes + 14, *udp = ip + (v6 ? 40 : 20);
	uint8_t inner[INNER];

	assert_int_equal(frame->length, 14 + (v6 ? 40 : 20) + 16 + INNER);
	assert_memory_equal(frame->bytes, peer_mac, 6);
	assert_int_equal(ip[0] >> 4, v6 ? 6 : 4);
	assert_int_equal(udp[2] << 8 | udp[3], VXLAN_PORT);
	assert_true(udp[0] >= 0xc0);
	assert_memory_equal(udp + 8, ((uint8_t[]){8, 0, 0, 0, 0x12, 0x34, 0x56, direction}), 8);
	inner_frame(inner, to, from, 10);
	assert_memory_equal(udp + 16, inner, INNER);
}

static void both_directions_go_to_the_peer(void **state)
{
	move_away();
	receive("ce", remote, customer, 10);
	receive("core", customer, remote, 10);
	assert_int_equal(router_frames("way"), 2);
	assert_redirected(0, remote, customer, VXLAN_FROM_CE);
	assert_redirected(1, customer, remote, VXLAN_TO_CE);
	assert_int_equal(router_frames("ce") + router_frames("core"), 0);
	assert_int_equal(router_drops("block-point"), 0);
	assert_int_equal(counted().redirected_from_ce, 1);
	assert_int_equal(counted().redirected_to_ce, 1);
}

static void what_the_peer_has_already_does_not(void **state)
{
	move_away();
	// Groups, and what CE or transfer network flood because nobody knows it.
	receive("ce", (uint8_t[]){255, 255, 255, 255, 255, 255}, customer, 10);
	receive("ce", nobody, customer, 10);
	receive("core", nobody, remote, 10);
	receive("core", (uint8_t[]){1, 0, 0x5e, 1, 1, 1}, remote, 10);
	// The other station of the same side.
	receive("ce", customer, nobody, 10);
	assert_int_equal(router_frames("way"), 0);
	assert_int_equal(router_drops("block-point"), 5);
	// Nothing has been learned from any of it.
	receive("core", nobody, remote, 10);
	assert_int_equal(router_frames("way"), 0);
}

static void it_ends_in_time_and_what_was_learned_with_it(void **state)
{
	move_away();
	router_advance(2900);
	receive("ce", remote, customer, 10);
	assert_int_equal(router_frames("way"), 1);
	router_advance(200);
	router_forget();
	receive("ce", remote, customer, 10);
	receive("core", customer, remote, 10);
	assert_int_equal(router_frames("way"), 0);
	assert_int_equal(router_drops("block-point"), 2);
	for (uint32_t id = 1; id <= MAX_ID; id++) {
		const struct logical_port *lp = dataplane_logical_port(dataplane_current(), id);

		if (lp != NULL && strcmp(lp->name, "ce.10") == 0)
			assert_int_equal(atomic_load(&bridge_fdb.port[id].learned), 0);
	}
	// And by the next order.
	segment_releases("es", 10, 10);
	move_away();
	segment_blocks("es", 10, 10);
	receive("ce", remote, customer, 10);
	assert_int_equal(router_frames("way"), 0);
}

static void what_is_too_long_is_dropped_and_counted(void **state)
{
	uint8_t frame[1518] = {0};

	move_away();
	inner_frame(frame, remote, customer, 10);
	router_receive("ce", frame, 1500 - 20 - 16);
	assert_int_equal(router_frames("way"), 1);
	router_receive("ce", frame, 1500 - 20 - 16 + 1);
	assert_int_equal(router_frames("way"), 1);
	assert_int_equal(counted().redirects_dropped, 1);
	assert_int_equal(router_drops("segment-redirect"), 1);
}

// ---------------------------------------------------------------- the other end

static void an_open_vlan_takes_both_directions(void **state)
{
	segment_releases("es", 10, 10);
	peer_sends(from_ce, remote, customer, 10);
	assert_int_equal(router_frames("core"), 1);
	assert_int_equal(router_frames("ce"), 0);
	peer_sends(to_ce, customer, remote, 10);
	assert_int_equal(router_frames("ce"), 1);
	assert_int_equal(router_frame("ce", 0)->length, INNER);
	assert_memory_equal(router_frame("ce", 0)->bytes, customer, 6);
	// The customer has been learned where it is: what comes for it goes nowhere else.
	router_forget();
	receive("core", customer, remote, 10);
	assert_int_equal(router_frames("ce"), 1);
	assert_int_equal(counted().redirects_received, 2);
	assert_int_equal(counted().redirects_refused, 0);
}

static void strangers_and_other_vlans_are_refused(void **state)
{
	segment_releases("es", 10, 11);
	peer_sends((struct outer){.vni = 0x123456, .from = v6 ? "2001:db8::3" : "192.0.2.3"}, remote, customer, 10);
	peer_sends((struct outer){.vni = 0x123456, .direction = 2}, remote, customer, 10);
	peer_sends(from_ce, remote, customer, 12);
	peer_sends(from_ce, (uint8_t[]){255, 255, 255, 255, 255, 255}, customer, 10);
	assert_int_equal(counted().redirects_refused, 4);
	// Another VNI is none of ours.
	peer_sends((struct outer){.vni = 0x123457}, remote, customer, 10);
	assert_int_equal(counted().redirects_refused, 4);
	assert_int_equal(router_frames("core") + router_frames("ce"), 0);
}

static void what_comes_early_waits_for_the_order(void **state)
{
	apply(segment(4, 50));
	for (unsigned i = 0; i < 6; i++)
		peer_sends(i % 2 == 0 ? from_ce : to_ce, i % 2 == 0 ? remote : customer, i % 2 == 0 ? customer : remote,
			   10);
	assert_int_equal(router_frames("core") + router_frames("ce"), 0);
	assert_int_equal(counted().redirects_refused, 2);
	segment_releases("es", 10, 10);
	router_run();
	assert_int_equal(router_frames("core"), 2);
	assert_int_equal(router_frames("ce"), 2);
	assert_int_equal(counted().redirects_held, 4);
	assert_int_equal(counted().redirects_received, 4);
	// Not for ever, and not for a VLAN that goes.
	segment_blocks("es", 10, 10);
	peer_sends(from_ce, remote, customer, 10);
	for (uint64_t until = clock_monotonic_ms() + 60; clock_monotonic_ms() < until;)
		;
	loop_advance(60);
	router_run();
	assert_int_equal(counted().redirects_refused, 3);
	peer_sends(from_ce, remote, customer, 10);
	apply(segment(8, 50));
	peer_sends(from_ce, remote, customer, 10);
}

static void what_a_peer_sent_is_not_sent_on(void **state)
{
	// A second segment on the side where it would go.
	segment_releases("es", 10, 10);
	apply(op_segment((struct segment_wish){.name = "other",
					       .port = "core",
					       .first = 10,
					       .last = 10,
					       .local = local(),
					       .peer = peer(),
					       .vrf = "main",
					       .vni = 7}));
	segment_releases("other", 10, 10);
	receive("ce", remote, customer, 10);
	receive("core", customer, remote, 10);
	applied(segment_ordered("other", 10, 10, 0, 0, peer()));
	router_forget();
	receive("ce", remote, customer, 10);
	assert_int_equal(router_frames("way"), 1);
	peer_sends(from_ce, remote, customer, 10);
	assert_int_equal(router_frames("way"), 1);
	assert_int_equal(router_drops("block-point"), 1);
}

static void orders_that_redirect_nowhere_are_refused(void **state)
{
	const struct api_error *error = segment_ordered("es", 10, 10, 0, 0, v6 ? "2001:db8::9" : "192.0.2.9");

	assert_non_null(error);
	assert_string_equal(error->message, "redirect_to is no peer");
	apply(op_segment((struct segment_wish){
		.name = "es", .port = "ce", .first = 10, .last = 11, .local = local(), .peer = peer()}));
	error = segment_ordered("es", 10, 10, 0, 0, peer());
	assert_non_null(error);
	assert_string_equal(error->message, "it has no VRF to redirect by");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REDIRECT_TEST(both_directions_go_to_the_peer),
		cmocka_unit_test_setup_teardown(both_directions_go_to_the_peer, set_up6, tear_down),
		REDIRECT_TEST(what_the_peer_has_already_does_not),
		REDIRECT_TEST(it_ends_in_time_and_what_was_learned_with_it),
		REDIRECT_TEST(what_is_too_long_is_dropped_and_counted),
		REDIRECT_TEST(an_open_vlan_takes_both_directions),
		cmocka_unit_test_setup_teardown(an_open_vlan_takes_both_directions, set_up6, tear_down),
		REDIRECT_TEST(strangers_and_other_vlans_are_refused),
		REDIRECT_TEST(what_comes_early_waits_for_the_order),
		REDIRECT_TEST(what_a_peer_sent_is_not_sent_on),
		REDIRECT_TEST(orders_that_redirect_nowhere_are_refused),
	};

	return cmocka_run_group_tests_name("segment-redirect", tests, router_group_start, router_group_stop);
}
