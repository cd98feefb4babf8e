// Segments and their orders in the whole router: the CE is behind port "ce", the transfer network behind "core".
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../../api/transaction.h"
#include "../../main/clock.h"
#include "../../main/worker.h"
#include "../block-point/block_map.h"
#include "../bridge/bridge.h"
#include "../flow/cache.h"
#include "../flow/testing.h"
#include "testing.h"

static const uint8_t customer[6] = {2, 0, 0, 0, 0, 1}, remote[6] = {2, 0, 0, 0, 0, 2};

static void frame_of(uint8_t frame[64], const uint8_t *to, const uint8_t *from, uint16_t vid)
{
	memset(frame, 0, 64);
	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	memcpy(frame + 12, (uint8_t[]){0x81, 0, (uint8_t)(vid >> 8), (uint8_t)vid, 0x88, 0xb6}, 6);
}

static void receive(const char *port, const uint8_t *to, const uint8_t *from, uint16_t vid)
{
	uint8_t frame[64];

	frame_of(frame, to, from, vid);
	router_receive(port, frame, sizeof(frame));
}

// Whether a frame of the customer reaches the core, and one of the remote host the customer.
static bool forwards(uint16_t vid)
{
	bool out, in;

	router_forget();
	receive("ce", remote, customer, vid);
	out = router_frames("core") == 1;
	router_forget();
	receive("core", customer, remote, vid);
	in = router_frames("ce") == 1;
	assert_int_equal(in, out);
	return out;
}

static int set_up(void **state)
{
	apply(router_port("ce"));
	apply(router_port("core"));
	for (uint16_t vid = 10; vid <= 13; vid++)
		segment_vlan(vid);
	return 0;
}

static int tear_down(void **state)
{
	flow_cache_every_port = false;
	assert_null(router_apply_list(NULL, 0, true));
	router_run();
	assert_int_equal(router_packets_in_use(), 0);
	return 0;
}

static uint64_t learned(const char *port)
{
	uint64_t sum = 0;

	for (uint32_t id = 1; id <= MAX_ID; id++) {
		const struct logical_port *lp = dataplane_logical_port(dataplane_current(), id);

		if (lp != NULL && strncmp(lp->name, port, strlen(port)) == 0)
			sum += atomic_load(&bridge_fdb.port[id].learned);
	}
	return sum;
}

// ---------------------------------------------------------------- what orders do

static void a_segment_blocks_what_no_order_has_released(void **state)
{
	assert_true(forwards(10));
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 12}));
	assert_int_equal(learned("ce"), 0);
	for (uint16_t vid = 10; vid <= 12; vid++)
		assert_false(forwards(vid));
	assert_true(forwards(13));
	assert_int_equal(router_drops("block-point"), 6);
	segment_releases("es", 10, 11);
	assert_true(forwards(10));
	assert_true(forwards(11));
	assert_false(forwards(12));
	assert_true(learned("ce") > 0);
	segment_blocks("es", 10, 10);
	assert_false(forwards(10));
	assert_true(forwards(11));
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_ETHERNET_SEGMENT, "es"));
	for (uint16_t vid = 10; vid <= 13; vid++)
		assert_true(forwards(vid));
}

static void a_block_flushes_what_was_learned_behind_it(void **state)
{
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 11}));
	segment_releases("es", 10, 11);
	assert_true(forwards(10));
	assert_true(forwards(11));
	assert_int_equal(learned("ce"), 2);
	segment_blocks("es", 10, 10);
	assert_int_equal(learned("ce.10"), 0);
	assert_int_equal(learned("ce.11"), 1);
	assert_int_equal(learned("core"), 2);
	// An order for what is so already changes nothing.
	segment_blocks("es", 10, 10);
	segment_releases("es", 11, 11);
	assert_int_equal(learned("ce.11"), 1);
}

static void vlans_come_closed_and_go_open(void **state)
{
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 10}));
	segment_releases("es", 10, 10);
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 11}));
	assert_true(forwards(10));
	assert_false(forwards(11));
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 11, .last = 11}));
	assert_true(forwards(10));
	assert_false(forwards(11));
	// What was released before does not count when it comes back.
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 11}));
	assert_false(forwards(10));
}

static void block_points_hold_beside_it(void **state)
{
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 11}));
	apply(op_block_point("point", "ce", 10));
	segment_releases("es", 10, 11);
	assert_false(forwards(10));
	assert_true(forwards(11));
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BLOCK_POINT, "point"));
	assert_true(forwards(10));
	segment_blocks("es", 10, 10);
	apply(op_block_point("point", "ce", 10));
	assert_false(forwards(10));
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_ETHERNET_SEGMENT, "es"));
	assert_false(forwards(10));
	assert_true(forwards(11));
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BLOCK_POINT, "point"));
	assert_null(segment_at("ce"));
	assert_true(forwards(10));
}

static void a_segment_that_moves_to_another_port_begins_anew(void **state)
{
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 10}));
	segment_releases("es", 10, 10);
	apply(op_segment((struct segment_wish){.name = "es", .port = "core", .first = 10, .last = 10}));
	assert_false(forwards(10));
	segment_releases("es", 10, 10);
	assert_true(forwards(10));
	// Two change places in one transaction.
	apply(op_segment((struct segment_wish){.name = "other", .port = "ce", .first = 11, .last = 11}));
	assert_null(router_apply(
		op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 10}),
		op_segment((struct segment_wish){.name = "other", .port = "core", .first = 11, .last = 11}), NULL));
	assert_false(forwards(10));
	assert_false(forwards(11));
	segment_releases("es", 10, 10);
	segment_releases("other", 11, 11);
	assert_true(forwards(10));
	assert_true(forwards(11));
}

static void who_was_seen_at_a_closed_segment_is_unknown_when_it_opens(void **state)
{
	static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};

	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 11}));
	// The CE floods a frame of its station to us, and the open PE sends it into the transfer network.
	receive("ce", all, customer, 10);
	receive("core", all, customer, 10);
	assert_int_equal(learned("core.10"), 1);
	assert_int_equal(learned("ce.10"), 0);
	segment_releases("es", 10, 11);
	assert_int_equal(learned("ce.10"), 0);
	assert_int_equal(learned("core.10"), 0);
	router_forget();
	receive("core", customer, remote, 10);
	assert_int_equal(router_frames("ce"), 1);
	// A remote station too, whose frames the CE floods: what comes for it from the CE goes on.
	segment_blocks("es", 10, 10);
	receive("ce", all, remote, 10);
	segment_releases("es", 10, 10);
	router_forget();
	receive("ce", remote, customer, 10);
	assert_int_equal(router_frames("core"), 1);
}

// ---------------------------------------------------------------- beside transactions

static struct transaction *prepared(Sluice__Api__Operation *operation, bool replay)
{
	Sluice__Api__Operations message = SLUICE__API__OPERATIONS__INIT;
	struct api_error error = {0};
	struct transaction *t = transaction_begin(store_find_owner("test"), replay, &error);

	assert_non_null(t);
	message.n_operations = 1;
	message.operations = &operation;
	assert_int_equal(transaction_add(t, &message, 0, &error), 0);
	assert_int_equal(transaction_prepare(t, &error), 0);
	return t;
}

static void an_order_needs_no_transaction_and_waits_for_none(void **state)
{
	Sluice__Api__CommitReply reply = SLUICE__API__COMMIT_REPLY__INIT;
	struct transaction *t;

	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 11}));
	// Another object; the segment itself with one VLAN more and one less; and its end.
	t = prepared(op_bridge_domain("bd99", 300), false);
	segment_releases("es", 10, 10);
	assert_true(forwards(10));
	transaction_commit(t, &reply);
	assert_true(forwards(10));
	t = prepared(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 11, .last = 12}), false);
	segment_releases("es", 11, 11);
	// Not yet the segment's.
	assert_non_null(segment_ordered("es", 0, 0, 12, 12, NULL));
	segment_blocks("es", 10, 10);
	assert_true(forwards(11));
	assert_false(forwards(10));
	assert_true(forwards(12));
	transaction_commit(t, &reply);
	assert_true(forwards(10));
	assert_true(forwards(11));
	assert_false(forwards(12));
	t = prepared(op_delete(SLUICE__API__OBJECT_KIND__KIND_ETHERNET_SEGMENT, "es"), false);
	segment_blocks("es", 11, 11);
	assert_false(forwards(11));
	transaction_abort(t);
	assert_false(forwards(11));
	segment_releases("es", 11, 11);
	assert_true(forwards(11));
}

static void a_replay_of_the_same_keeps_what_is_released(void **state)
{
	Sluice__Api__Operation *operations[32];
	unsigned count = 0;

	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 13}));
	segment_releases("es", 10, 11);
	assert_true(forwards(10));
	operations[count++] = router_port("ce");
	operations[count++] = router_port("core");
	operations[count++] = op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 12});
	for (uint16_t vid = 10; vid <= 13; vid++) {
		char bd[16], lp[16];

		snprintf(bd, sizeof(bd), "bd%u", vid);
		operations[count++] = op_bridge_domain(bd, 300);
		snprintf(lp, sizeof(lp), "ce.%u", vid);
		operations[count++] = op_logical_port(lp, "ce", vid, bd);
		snprintf(lp, sizeof(lp), "core.%u", vid);
		operations[count++] = op_logical_port(lp, "core", vid, bd);
	}
	assert_null(router_apply_list(operations, count, true));
	assert_true(forwards(10));
	assert_true(forwards(11));
	assert_false(forwards(12));
	assert_true(forwards(13));
}

// ---------------------------------------------------------------- the flow cache

static void the_flow_cache_obeys_the_next_packet(void **state)
{
	flow_cache_every_port = true;
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 11}));
	segment_releases("es", 10, 10);
	for (unsigned i = 0; i < 4; i++)
		assert_true(forwards(10));
	flow_mark();
	assert_true(forwards(10));
	assert_int_equal(FLOW_SINCE(exact_hits), 2);
	segment_blocks("es", 10, 10);
	for (unsigned i = 0; i < 4; i++)
		assert_false(forwards(10));
	flow_mark();
	assert_false(forwards(10));
	// Drops are cached too.
	assert_true(FLOW_SINCE(exact_hits) >= 1);
	segment_releases("es", 10, 10);
	assert_true(forwards(10));
	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 11, .last = 11}));
	assert_true(forwards(10));
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_ETHERNET_SEGMENT, "es"));
	assert_true(forwards(10));
}

static void a_trace_says_who_blocks(void **state)
{
	static struct flow_trace trace;
	uint8_t frame[64];

	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 11}));
	frame_of(frame, remote, customer, 10);
	assert_int_equal(flow_trace_frame(port_named("ce"), frame, sizeof(frame), &trace), 0);
	assert_true(trace.dropped);
	assert_string_equal(trace.object, "ethernet-segment:es");
	assert_int_equal(router_drops("block-point"), 0);
}

// ---------------------------------------------------------------- state, refusals, size

static void refusals_name_what_is_wrong(void **state)
{
	const struct api_error *error;

	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 10, .last = 11}));
	error = segment_ordered("es", 10, 12, 0, 0, NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_INVALID);
	assert_string_equal(error->message, "block: VLAN 12 is not the segment's");
	assert_string_equal(error->object, "ethernet-segment:es");
	error = segment_ordered("es", 10, 11, 11, 11, NULL);
	assert_non_null(error);
	assert_string_equal(error->message, "VLAN 11 is to be blocked and released");
	error = segment_ordered("nobody", 0, 0, 0, 0, NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND);
	error = segment_ordered("es", 0, 0, 4095, 4095, NULL);
	assert_non_null(error);
	assert_string_equal(error->message, "release: VLANs are 1 to 4094");
	error = router_apply(op_segment((struct segment_wish){.name = "other", .port = "ce", .first = 20, .last = 20}),
			     NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_CONFLICT);
	error = router_apply(
		op_segment((struct segment_wish){.name = "other", .port = "nowhere", .first = 20, .last = 20}), NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND);
	error = router_apply(
		op_segment((struct segment_wish){.name = "other", .port = "core", .first = 20, .last = 4095}), NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_INVALID);
	error = router_apply(op_segment((struct segment_wish){
				     .name = "other", .port = "core", .first = 1, .last = 2, .peer = "192.0.2.1"}),
			     NULL);
	assert_non_null(error);
	error = router_apply(op_segment((struct segment_wish){
				     .name = "other", .port = "core", .first = 1, .last = 2, .key = "short"}),
			     NULL);
	assert_non_null(error);
	// The port goes with it, not before.
	error = router_apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_PORT, "ce"), NULL);
	assert_non_null(error);
}

static void all_vlans_in_one_order(void **state)
{
	uint64_t from, ns[4];

	apply(op_segment((struct segment_wish){.name = "es", .port = "ce", .first = 1, .last = 4094}));
	for (unsigned i = 0; i < 4; i++) {
		from = clock_ns(CLOCK_MONOTONIC);
		if (i % 2 == 0)
			segment_releases("es", 1, 4094);
		else
			segment_blocks("es", 1, 4094);
		ns[i] = clock_ns(CLOCK_MONOTONIC) - from;
		assert_int_equal(forwards(13), i % 2 == 0);
	}
	printf("4,094 VLANs in one order: %.2f, %.2f, %.2f, %.2f ms\n", (double)ns[0] / 1e6, (double)ns[1] / 1e6,
	       (double)ns[2] / 1e6, (double)ns[3] / 1e6);
}

#define SEGMENT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		SEGMENT_TEST(a_segment_blocks_what_no_order_has_released),
		SEGMENT_TEST(a_block_flushes_what_was_learned_behind_it),
		SEGMENT_TEST(vlans_come_closed_and_go_open),
		SEGMENT_TEST(block_points_hold_beside_it),
		SEGMENT_TEST(a_segment_that_moves_to_another_port_begins_anew),
		SEGMENT_TEST(who_was_seen_at_a_closed_segment_is_unknown_when_it_opens),
		SEGMENT_TEST(an_order_needs_no_transaction_and_waits_for_none),
		SEGMENT_TEST(a_replay_of_the_same_keeps_what_is_released),
		SEGMENT_TEST(the_flow_cache_obeys_the_next_packet),
		SEGMENT_TEST(a_trace_says_who_blocks),
		SEGMENT_TEST(refusals_name_what_is_wrong),
		SEGMENT_TEST(all_vlans_in_one_order),
	};

	return cmocka_run_group_tests_name("ethernet-segment", tests, router_group_start, router_group_stop);
}
