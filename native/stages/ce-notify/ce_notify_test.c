// What a CE gets when VLANs are blocked and released, frame by frame and in time.
#include "../testing/engine.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../bridge/bridge.h"
#include "../mrp/collect.h"
#include "mac_move_frame.h"
#include "pace.h"

static struct ce_notification config;

static void configure(struct ce_notification *old, struct ce_notification *new)
{
	struct generation *g = engine_begin();

	assert_int_equal(engine_ce_notification(g, old, new), 0);
	engine_commit(g, NULL);
}

// Ports 1 and 2 go to the CE, 3 to the transfer network; VLANs 1 to `vlans` on each, a bridge domain for each VLAN,
// with ids that tell: 100 · port + VLAN.
static void set_up_vlans(uint16_t vlans)
{
	struct generation *g;

	engine_start();
	g = engine_begin();
	for (uint16_t port = 1; port <= 3; port++)
		assert_int_equal(engine_port(g, port, true), 0);
	for (uint16_t vid = 1; vid <= vlans; vid++) {
		struct bridge_domain bd = {.id = vid, .learning = true, .flood_unknown_unicast = true};

		assert_int_equal(engine_bridge_domain(g, &bd, true), 0);
		for (uint16_t port = 1; port <= 3; port++) {
			struct logical_port lp = {
				.id = 100u * port + vid,
				.port = port,
				.bridge_domain = vid,
				.enabled = true,
				.matches = 1,
				.match = {{RTE_ETHER_TYPE_VLAN, vid}},
				.rewrite = REWRITE_KIND_POP,
			};

			assert_int_equal(engine_logical_port(g, &lp, true), 0);
		}
		assert_int_equal(engine_block(g, 2, vid, true), 0);
	}
	engine_commit(g, NULL);
	config = (struct ce_notification){
		.port = 2,
		.mac_move = true,
		.mvrp = true,
		.mac_move_offsets = 4,
		.mac_move_offset_ms = {0, 300, 1000, 2000},
		.mac_move_limit = 100000,
		.mvrp_offsets = 3,
		.mvrp_offset_ms = {0, 200, 1000},
	};
	configure(NULL, &config);
	engine_frame_count = 0;
}

static int tear_down(void **state)
{
	struct generation *g = engine_begin();

	engine_ce_notification(g, &config, NULL);
	engine_commit(g, NULL);
	assert_int_equal(engine_packets_in_use(), 0);
	engine_stop();
	return 0;
}

static void learn(uint32_t logical_port, uint16_t vid, uint32_t address)
{
	uint8_t mac[8] = {
		2, 0, (uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address};
	struct fdb_table *table = atomic_load(&bridge_fdb.table);
	struct fdb_place place = {.port = logical_port, .domain = vid, .epoch = bridge_epoch_of(logical_port)};
	uint64_t key = fdb_key(mac, vid);

	assert_true(fdb_learn(&bridge_fdb, table, key, fdb_hash(table, key), &place, bridge_seconds()) <= FDB_MOVED);
}

static struct block_change *change_blocks(const uint16_t *vids, unsigned count, bool blocked, unsigned *events)
{
	struct generation *g = engine_begin();

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(engine_block(g, 2, vids[i], blocked), 0);
	return engine_commit(g, events);
}

static bool is_mvrp(const struct engine_frame *frame)
{
	return frame->bytes[12] == 0x88 && frame->bytes[13] == 0xf5;
}

static unsigned count_frames(bool mvrp)
{
	unsigned count = 0;

	for (unsigned i = 0; i < engine_frame_count; i++)
		count += is_mvrp(&engine_frames[i]) == mvrp;
	return count;
}

// ---------------------------------------------------------------- frames

static void mac_move_frame_is_a_tagged_rarp(void **state)
{
	static const uint8_t expected[] = {2, 0, 0,  0,    0,    1, 2, 0, 0, 0, 0, 2, 0x88, 0xa8, 0, 100, 0x81,
					   0, 0, 10, 0x80, 0x35, 0, 1, 8, 0, 6, 4, 0, 3,    2,    0, 0,   0,
					   0, 2, 0,  0,    0,    0, 2, 0, 0, 0, 0, 2, 0,    0,    0, 0};
	const struct vlan_tag tag[] = {{RTE_ETHER_TYPE_QINQ, 100}, {RTE_ETHER_TYPE_VLAN, 10}};
	const struct rte_ether_addr own = {{2, 0, 0, 0, 0, 1}}, source = {{2, 0, 0, 0, 0, 2}};
	uint8_t frame[MAC_MOVE_FRAME_MAX];

	assert_int_equal(mac_move_frame(frame, &own, &source, tag, 2), 68);
	assert_memory_equal(frame, expected, sizeof(expected));
	assert_int_equal(mac_move_frame(frame, &own, &source, tag, 0), 60);
}

static void pace_spaces_and_catches_up_a_little(void **state)
{
	struct pace pace = {0};

	assert_int_equal(pace_of_port(1000), 372023);
	pace_set(&pace, 1000);
	assert_int_equal(pace_due(&pace, 50000000), 11);
	pace_sent(&pace, 11);
	assert_int_equal(pace_due(&pace, 50000000), 0);
	assert_int_equal(pace_due(&pace, 51000000), 1);
	pace_sent(&pace, 1);
	assert_int_equal(pace_due(&pace, 90000000), 11);
	pace_set(&pace, 0);
	assert_int_equal(pace.interval_ns, PACE_SECOND_NS);
}

// ---------------------------------------------------------------- release and block

static void release_teaches_and_moves_remote_addresses_only(void **state)
{
	unsigned events, moved = 0;
	struct block_change *change;
	const uint8_t own[6] = {2, 0, 0, 0, 0xee, 2};

	set_up_vlans(2);
	learn(301, 1, 11);
	learn(301, 1, 12);
	learn(101, 1, 13); // behind the CE, which was reached through port 1
	learn(302, 2, 14); // another VLAN
	// One commit blocks the old port and releases the new one.
	{
		struct generation *g = engine_begin();

		engine_block(g, 1, 1, true);
		engine_block(g, 2, 1, false);
		change = engine_commit(g, &events);
	}
	assert_int_equal(events, 2);
	assert_int_equal(change[0].method_count, 0);
	assert_int_equal(change[1].method_count, 2);
	assert_string_equal(change[1].methods[0].method, "mac-move");
	assert_int_equal(change[1].methods[0].frames, 3);
	assert_true(change[1].methods[0].first_sent_ns > 0);
	assert_string_equal(change[1].methods[1].method, "mvrp");
	assert_int_equal(change[1].methods[1].frames, 1);
	assert_int_equal(engine_frame_count, 4);
	for (unsigned i = 0; i < 4; i++) {
		const struct engine_frame *frame = &engine_frames[i];

		assert_int_equal(frame->port, 2);
		if (is_mvrp(frame)) {
			static const uint8_t pdu[] = {0, 1, 2, 0, 1, 0, 1, 0, 0, 0, 0, 0};

			assert_int_equal(frame->length, 60);
			assert_memory_equal(frame->bytes + 14, pdu, sizeof(pdu));
			assert_memory_equal(frame->bytes + 6, own, 6);
			continue;
		}
		assert_int_equal(frame->length, 64);
		assert_memory_equal(frame->bytes, own, 6);
		assert_memory_equal(frame->bytes + 12, ((uint8_t[]){0x81, 0, 0, 1}), 4);
		if (i == 0)
			assert_memory_equal(frame->bytes + 6, own, 6);
		else
			moved |= 1u << frame->bytes[11];
	}
	assert_int_equal(moved, 1 << 11 | 1 << 12);
	engine_advance(2500);
	assert_int_equal(count_frames(false), 12);
	// New at 0, at 200, and after the request at 1000 twice more.
	assert_int_equal(count_frames(true), 4);
	assert_int_equal(engine_frames[4].at_ms - engine_frames[0].at_ms, 200);
	assert_int_equal(engine_frames[5].at_ms - engine_frames[0].at_ms, 300);
}

static void block_sends_leave_and_cancels_the_repeats(void **state)
{
	static const uint16_t vids[] = {1};
	static const uint8_t leave[] = {0, 1, 2, 0, 1, 0, 1, 180, 0, 0, 0, 0};
	unsigned events, before;

	set_up_vlans(1);
	learn(301, 1, 11);
	change_blocks(vids, 1, false, &events);
	engine_advance(100);
	before = engine_frame_count;
	assert_int_equal(before, 3);
	change_blocks(vids, 1, true, &events);
	assert_int_equal(engine_frame_count, before + 1);
	assert_memory_equal(engine_frames[before].bytes + 14, leave, sizeof(leave));
	engine_advance(5000);
	assert_int_equal(count_frames(false), 2);
	// One New, and a Leave at 0, 200 and 1000.
	assert_int_equal(count_frames(true), 4);
	assert_memory_equal(engine_frames[engine_frame_count - 1].bytes + 14, leave, sizeof(leave));
}

static void repeats_leave_out_what_moved_behind_the_ce(void **state)
{
	static const uint16_t vids[] = {1};
	unsigned events;

	set_up_vlans(1);
	learn(301, 1, 11);
	learn(301, 1, 12);
	change_blocks(vids, 1, false, &events);
	assert_int_equal(count_frames(false), 3);
	learn(201, 1, 12);
	engine_advance(350);
	assert_int_equal(count_frames(false), 5);
}

static void vlans_of_one_commit_share_a_pdu(void **state)
{
	static uint16_t vids[90];
	struct mvrp_value values[100];
	unsigned events;

	set_up_vlans(90);
	for (uint16_t i = 0; i < 90; i++)
		vids[i] = (uint16_t)(90 - i);
	change_blocks(vids, 90, false, &events);
	assert_int_equal(count_frames(true), 1);
	for (unsigned i = 0; i < engine_frame_count; i++)
		if (is_mvrp(&engine_frames[i]))
			assert_int_equal(mvrp_decode(engine_frames[i].bytes + 14, engine_frames[i].length - 14u, values,
						     100, NULL),
					 90);
	// No address is known: only the port's own is taught, in every VLAN.
	assert_int_equal(count_frames(false), 90);
}

static void many_addresses_are_paced_and_all_sent(void **state)
{
	static const uint16_t vids[] = {1};
	struct block_change *change;
	unsigned events;

	set_up_vlans(1);
	config.mac_move_offsets = 1;
	config.mac_move_frames_per_second = 100000;
	configure(&config, &config);
	for (uint32_t i = 0; i < 20000; i++)
		learn(301, 1, i);
	change = change_blocks(vids, 1, false, &events);
	assert_true(change[0].methods[0].frames < 1000);
	engine_advance(100);
	assert_in_range(count_frames(false), 9900, 10400);
	engine_advance(120);
	assert_int_equal(count_frames(false), 20001);
}

static void limit_full_queue_and_port_down_are_counted(void **state)
{
	static const uint16_t vids[] = {1};
	Sluice__Api__CeMethodState method = SLUICE__API__CE_METHOD_STATE__INIT;
	unsigned events;

	set_up_vlans(1);
	for (uint32_t i = 0; i < 50; i++)
		learn(301, 1, i);
	config.mac_move_offsets = 1;
	config.mac_move_limit = 20;
	configure(&config, &config);
	// The queue takes 10 frames, then none for a while.
	engine_inject_room = 10;
	change_blocks(vids, 1, false, &events);
	assert_int_equal(engine_frame_count, 10);
	engine_advance(5);
	engine_inject_room = 1000;
	engine_advance(20);
	assert_int_equal(count_frames(false), 21);
	assert_true(engine_ce_method_state(2, 0, &method));
	assert_string_equal(method.method, "mac-move");
	assert_int_equal(method.frames_sent, 21);
	assert_int_equal(method.frames_dropped, 30);
	assert_int_equal(method.last_vid, 1);
	assert_true(engine_ce_method_state(2, 1, &method));
	assert_int_equal(method.frames_dropped, 1);
	assert_false(engine_ce_method_state(2, BLOCK_CHANGE_METHODS, &method));
	assert_false(engine_ce_method_state(1, 0, &method));
	change_blocks(vids, 1, true, &events);
	engine_link = PORT_LINK_DOWN;
	change_blocks(vids, 1, false, &events);
	engine_advance(20);
	assert_true(engine_ce_method_state(2, 0, &method));
	assert_int_equal(method.frames_dropped, 30 + 51);
	assert_int_equal(method.frames_sent, 21);
}

static void untagged_release_moves_untagged_and_has_no_mvrp(void **state)
{
	struct logical_port lp = {.id = 250, .port = 2, .bridge_domain = 1, .enabled = true};
	static const uint16_t vids[] = {0};
	struct generation *g;
	unsigned events;

	set_up_vlans(1);
	g = engine_begin();
	assert_int_equal(engine_logical_port(g, &lp, true), 0);
	assert_int_equal(engine_block(g, 2, 0, true), 0);
	engine_commit(g, NULL);
	assert_int_equal(engine_frame_count, 0);
	learn(301, 1, 11);
	change_blocks(vids, 1, false, &events);
	assert_int_equal(engine_frame_count, 2);
	assert_int_equal(engine_frames[1].length, 60);
	assert_memory_equal(engine_frames[1].bytes + 12, ((uint8_t[]){0x80, 0x35}), 2);
}

static void renamed_block_point_sends_nothing(void **state)
{
	struct generation *g;

	set_up_vlans(1);
	g = engine_begin();
	assert_int_equal(engine_block(g, 2, 1, false), 0);
	assert_int_equal(engine_block(g, 2, 1, true), 0);
	engine_commit(g, NULL);
	engine_advance(3000);
	assert_int_equal(engine_frame_count, 0);
}

int main(void)
{
#define CE_TEST(test) cmocka_unit_test_teardown(test, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mac_move_frame_is_a_tagged_rarp),
		cmocka_unit_test(pace_spaces_and_catches_up_a_little),
		CE_TEST(release_teaches_and_moves_remote_addresses_only),
		CE_TEST(block_sends_leave_and_cancels_the_repeats),
		CE_TEST(repeats_leave_out_what_moved_behind_the_ce),
		CE_TEST(vlans_of_one_commit_share_a_pdu),
		CE_TEST(many_addresses_are_paced_and_all_sent),
		CE_TEST(limit_full_queue_and_port_down_are_counted),
		CE_TEST(untagged_release_moves_untagged_and_has_no_mvrp),
		CE_TEST(renamed_block_point_sends_nothing),
	};

	return cmocka_run_group_tests_name("ce-notify", tests, NULL, NULL);
}
