// Classification and rewriting of tags, frame by frame.
#include "../testing/frames.h"

struct rewrite_case {
	const char *name;
	struct logical_port in, out;
	unsigned in_tags, out_tags;
	struct vlan_tag in_tag[3], out_tag[3];
	uint8_t in_priority[3], out_priority[3];
};

#define LP(number, m, kind, ...)                                                                                       \
	{                                                                                                              \
		.id = number, .port = number, .bridge_domain = 1, .enabled = true, .matches = m,                       \
		.rewrite = REWRITE_KIND_##kind, __VA_ARGS__                                                            \
	}
#define C(vlan)                                                                                                        \
	{                                                                                                              \
		RTE_ETHER_TYPE_VLAN, vlan                                                                              \
	}
#define S(vlan)                                                                                                        \
	{                                                                                                              \
		RTE_ETHER_TYPE_QINQ, vlan                                                                              \
	}

static const struct rewrite_case cases[] = {
	{"none", LP(1, 1, NONE, .match = {C(10)}), LP(2, 1, NONE, .match = {C(10)}), 1, 1, {C(10)}, {C(10)}, {7}, {7}},
	{"pop to untagged", LP(1, 1, POP, .match = {C(10)}), LP(2, 0, NONE), 1, 0, {C(10)}, {}, {3}, {}},
	{"untagged to push", LP(1, 0, NONE), LP(2, 1, POP, .match = {C(20)}), 0, 1, {}, {C(20)}, {}, {0}},
	{"priority tag keeps its priority",
	 LP(1, 0, NONE),
	 LP(2, 1, POP, .match = {S(20)}),
	 1,
	 1,
	 {C(0)},
	 {S(20)},
	 {9},
	 {9}},
	{"priority tag goes", LP(1, 0, NONE), LP(2, 0, NONE), 1, 0, {C(0)}, {}, {9}, {}},
	{"pop one of two",
	 LP(1, 1, POP, .match = {S(100)}),
	 LP(2, 1, POP, .match = {S(200)}),
	 2,
	 2,
	 {S(100), C(5)},
	 {S(200), C(5)},
	 {4, 1},
	 {4, 1}},
	{"QinQ pop two",
	 LP(1, 2, POP, .match = {S(100), C(10)}),
	 LP(2, 2, POP, .match = {C(7), C(8)}),
	 2,
	 2,
	 {S(100), C(10)},
	 {C(7), C(8)},
	 {11, 2},
	 {11, 11}},
	{"translate one to one",
	 LP(1, 1, TRANSLATE, .match = {C(10)}, .rewrite_tags = 1, .rewrite_tag = {C(20)}),
	 LP(2, 1, NONE, .match = {C(20)}),
	 1,
	 1,
	 {C(10)},
	 {C(20)},
	 {13},
	 {13}},
	{"translate back",
	 LP(1, 1, NONE, .match = {C(20)}),
	 LP(2, 1, TRANSLATE, .match = {S(10)}, .rewrite_tags = 1, .rewrite_tag = {C(20)}),
	 1,
	 1,
	 {C(20)},
	 {S(10)},
	 {13},
	 {13}},
	{"translate one to two and two to one",
	 LP(1, 1, TRANSLATE, .match = {C(10)}, .rewrite_tags = 2, .rewrite_tag = {S(100), C(20)}),
	 LP(2, 1, TRANSLATE, .match = {C(30)}, .rewrite_tags = 2, .rewrite_tag = {S(100), C(20)}),
	 1,
	 1,
	 {C(10)},
	 {C(30)},
	 {5},
	 {5}},
	{"translate two to two keeps both priorities",
	 LP(1, 2, TRANSLATE, .match = {S(1), C(2)}, .rewrite_tags = 2, .rewrite_tag = {S(3), C(4)}),
	 LP(2, 2, NONE, .match = {S(3), C(4)}),
	 2,
	 2,
	 {S(1), C(2)},
	 {S(3), C(4)},
	 {5, 9},
	 {5, 9}},
	{"push",
	 LP(1, 1, PUSH, .match = {C(10)}, .rewrite_tags = 1, .rewrite_tag = {S(100)}),
	 LP(2, 2, NONE, .match = {S(100), C(10)}),
	 1,
	 2,
	 {C(10)},
	 {S(100), C(10)},
	 {6},
	 {6, 6}},
	{"push on untagged and back",
	 LP(1, 0, PUSH, .rewrite_tags = 2, .rewrite_tag = {S(100), C(10)}),
	 LP(2, 0, PUSH, .rewrite_tags = 2, .rewrite_tag = {S(100), C(10)}),
	 0,
	 0,
	 {},
	 {},
	 {},
	 {}},
	{"push back",
	 LP(1, 2, NONE, .match = {S(100), C(10)}),
	 LP(2, 1, PUSH, .match = {C(10)}, .rewrite_tags = 1, .rewrite_tag = {S(100)}),
	 2,
	 1,
	 {S(100), C(10)},
	 {C(10)},
	 {6, 3},
	 {3}},
};

static void tags_are_rewritten_on_both_ways(void **state)
{
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		const struct rewrite_case *c = &cases[i];
		struct logical_port lp[2] = {c->in, c->out};
		struct frame in = frame_of(broadcast, host_a, c->in_tags, c->in_tag, c->in_priority, 60);
		struct frame out = frame_of(broadcast, host_a, c->out_tags, c->out_tag, c->out_priority, 60);

		print_message("%s\n", c->name);
		set_up_with(lp, 2);
		receive(1, &in);
		assert_int_equal(engine_frame_count, 1);
		assert_sent(0, 2, &out);
		assert_int_equal(lp[0].id, 1);
		engine_stop();
	}
	engine_start();
}

static void frame_that_would_change_its_service_does_not_leave(void **state)
{
	struct logical_port lp[3] = {member(1, 1, &c10, REWRITE_KIND_NONE), member(2, 1, &c20, REWRITE_KIND_NONE),
				     member(3, 0, NULL, REWRITE_KIND_NONE)};
	struct frame a = frame_of(broadcast, host_a, 1, &c10, NULL, 50);

	set_up_with(lp, 3);
	receive(1, &a);
	assert_int_equal(engine_frame_count, 0);
	assert_int_equal(engine_logical_port_drops(2, "encapsulation-mismatch"), 1);
	assert_int_equal(engine_logical_port_drops(3, "encapsulation-mismatch"), 1);
}

static void longest_match_wins(void **state)
{
	const struct vlan_tag inner[2] = {s100, c10};
	struct logical_port lp[4] = {member(1, 1, &s100, REWRITE_KIND_POP), member(2, 2, inner, REWRITE_KIND_POP),
				     member(3, 0, NULL, REWRITE_KIND_NONE), member(4, 1, &c10, REWRITE_KIND_NONE)};
	struct frame one = frame_of(broadcast, host_a, 2, (struct vlan_tag[]){s100, c20}, NULL, 50);
	struct frame two = frame_of(broadcast, host_a, 2, inner, NULL, 50);

	lp[1].port = 1;
	lp[3].bridge_domain = 0;
	set_up_with(lp, 4);
	receive(1, &two);
	assert_int_equal(dataplane_logical_port(dataplane_current(), 2)->counters->in_broadcast, 1);
	assert_int_equal(dataplane_logical_port(dataplane_current(), 1)->counters->in_broadcast, 0);
	receive(1, &one);
	assert_int_equal(dataplane_logical_port(dataplane_current(), 1)->counters->in_broadcast, 1);
	// A customer tag with the same VID is another encapsulation.
	one = frame_of(broadcast, host_a, 1, (struct vlan_tag[]){C(100)}, NULL, 50);
	receive(1, &one);
	assert_int_equal(engine_port_drops(1, "unknown-vlan"), 1);
}

static void two_logical_ports_may_swap_tags_but_not_share_them(void **state)
{
	struct logical_port lp[2] = {member(1, 1, &c10, REWRITE_KIND_NONE), member(2, 1, &c20, REWRITE_KIND_NONE)};
	struct frame ten = frame_of(host_b, host_a, 1, &c10, NULL, 50);
	struct generation *g;

	lp[1].port = 1;
	set_up_with(lp, 2);
	lp[1].match[0] = c10;
	g = engine_begin();
	assert_int_equal(engine_logical_port(g, &lp[1], true), -EEXIST);
	engine_abort(g);
	receive(1, &ten);
	assert_int_equal(dataplane_logical_port(dataplane_current(), 1)->counters->in_unicast, 1);
	g = engine_begin();
	lp[0].match[0] = c30;
	assert_int_equal(engine_logical_port(g, &lp[0], true), 0);
	assert_int_equal(engine_logical_port(g, &lp[1], true), 0);
	engine_commit(g, NULL);
	receive(1, &ten);
	assert_int_equal(dataplane_logical_port(dataplane_current(), 2)->counters->in_unicast, 1);
}

static void stripped_tag_is_put_back(void **state)
{
	struct logical_port lp[2] = {member(1, 1, &c10, REWRITE_KIND_NONE), member(2, 1, &c10, REWRITE_KIND_NONE)};
	struct frame in = frame_of(broadcast, host_a, 0, NULL, NULL, 50);
	struct frame out = frame_of(broadcast, host_a, 1, &c10, (uint8_t[]){6}, 50);
	struct rte_mbuf *m;

	set_up_with(lp, 2);
	m = rte_pktmbuf_alloc(engine_pool());
	memcpy(rte_pktmbuf_append(m, in.length), in.bytes, in.length);
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 6 << 12 | 10;
	engine_frame_count = 0;
	engine_receive_packet(1, m);
	assert_sent(0, 2, &out);
}

static void header_in_pieces_is_put_together(void **state)
{
	struct logical_port lp[2] = {member(1, 1, &c10, REWRITE_KIND_POP), member(2, 1, &c20, REWRITE_KIND_POP)};
	struct frame in = frame_of(broadcast, host_a, 1, &c10, NULL, 50),
		     out = frame_of(broadcast, host_a, 1, &c20, NULL, 50);

	set_up_with(lp, 2);
	for (uint16_t cut = 1; cut < 22; cut++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(engine_pool()), *rest = rte_pktmbuf_alloc(engine_pool());

		memcpy(rte_pktmbuf_append(m, cut), in.bytes, cut);
		memcpy(rte_pktmbuf_append(rest, in.length - cut), in.bytes + cut, in.length - cut);
		assert_int_equal(rte_pktmbuf_chain(m, rest), 0);
		engine_frame_count = 0;
		engine_receive_packet(1, m);
		assert_sent(0, 2, &out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GRAPH_TEST(tags_are_rewritten_on_both_ways),
		GRAPH_TEST(frame_that_would_change_its_service_does_not_leave),
		GRAPH_TEST(longest_match_wins),
		GRAPH_TEST(two_logical_ports_may_swap_tags_but_not_share_them),
		GRAPH_TEST(stripped_tag_is_put_back),
		GRAPH_TEST(header_in_pieces_is_put_together),
	};

	return cmocka_run_group_tests_name("vlan", tests, NULL, NULL);
}
