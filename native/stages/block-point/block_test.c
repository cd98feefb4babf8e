// Block points, frame by frame.
#include "../testing/frames.h"

static void block_point_stops_one_vlan_both_ways(void **state)
{
	struct logical_port lp[4] = {member(1, 1, &c10, REWRITE_KIND_NONE), member(2, 1, &c10, REWRITE_KIND_NONE),
				     member(3, 1, &c20, REWRITE_KIND_NONE), member(4, 1, &c20, REWRITE_KIND_NONE)};
	struct frame ten = frame_of(broadcast, host_a, 1, &c10, NULL, 50),
		     twenty = frame_of(broadcast, host_a, 1, &c20, NULL, 50);
	struct frame ten_back = frame_of(host_a, host_b, 1, &c10, NULL, 50);
	struct frame cfm = frame_of((uint8_t[]){1, 0x80, 0xc2, 0, 0, 0x30}, host_a, 1, &c10, NULL, 50);
	struct frame reserved = frame_of((uint8_t[]){1, 0x80, 0xc2, 0, 0, 2}, host_a, 0, NULL, NULL, 50);
	struct generation *g;

	lp[2].port = 1;
	lp[3].port = 2;
	lp[2].bridge_domain = lp[3].bridge_domain = 2;
	set_up_with(lp, 2);
	g = engine_begin();
	engine_bridge_domain(g, &(struct bridge_domain){.id = 2, .learning = true, .flood_unknown_unicast = true},
			     true);
	engine_logical_port(g, &lp[2], true);
	engine_logical_port(g, &lp[3], true);
	engine_commit(g, NULL);
	receive(1, &ten);
	assert_int_equal(engine_frame_count, 1);
	set_block(1, 10, true);
	// What was learned behind it is gone.
	assert_int_equal(bridge_fdb.port[1].learned, 0);
	receive(1, &ten);
	assert_int_equal(engine_frame_count, 0);
	receive(1, &cfm);
	assert_int_equal(engine_frame_count, 0);
	receive(2, &ten_back);
	assert_int_equal(engine_frame_count, 0);
	assert_int_equal(bridge_fdb.port[1].learned, 0);
	assert_int_equal(engine_port_drops(1, "block-point"), 3);
	assert_int_equal(engine_logical_port_drops(1, "block-point"), 3);
	assert_int_equal(engine_port_drops(2, "block-point"), 0);
	receive(1, &reserved);
	assert_int_equal(engine_port_drops(1, "link-local"), 1);
	receive(1, &twenty);
	assert_sent(0, 2, &twenty);
	receive(2, &twenty);
	assert_sent(0, 1, &twenty);
	set_block(1, 10, false);
	assert_null(engine_port_now(1)->blocks);
	receive(1, &ten);
	assert_sent(0, 2, &ten);
	receive(2, &ten_back);
	assert_sent(0, 1, &ten_back);
}

static void block_point_on_untagged_leaves_tagged_alone(void **state)
{
	struct logical_port lp[4] = {member(1, 0, NULL, REWRITE_KIND_NONE), member(2, 0, NULL, REWRITE_KIND_NONE),
				     member(3, 1, &c20, REWRITE_KIND_POP), member(4, 0, NULL, REWRITE_KIND_NONE)};
	struct frame untagged = frame_of(broadcast, host_a, 0, NULL, NULL, 50);
	struct frame priority = frame_of(broadcast, host_a, 1, (struct vlan_tag[]){{RTE_ETHER_TYPE_VLAN, 0}}, NULL, 50);
	struct frame twenty = frame_of(broadcast, host_c, 1, &c20, NULL, 50);
	struct frame popped = frame_of(broadcast, host_c, 0, NULL, NULL, 50);

	lp[2].port = 1;
	set_up_with(lp, 4);
	set_block(1, 0, true);
	receive(1, &untagged);
	assert_int_equal(engine_frame_count, 0);
	receive(1, &priority);
	assert_int_equal(engine_frame_count, 0);
	assert_int_equal(engine_port_drops(1, "block-point"), 2);
	receive(1, &twenty);
	assert_int_equal(engine_frame_count, 2);
	assert_sent(0, 2, &popped);
	assert_sent(1, 4, &popped);
	assert_int_equal(engine_port_drops(1, "block-point"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GRAPH_TEST(block_point_stops_one_vlan_both_ways),
		GRAPH_TEST(block_point_on_untagged_leaves_tagged_alone),
	};

	return cmocka_run_group_tests_name("block-point", tests, NULL, NULL);
}
