// The stages together: frames go into the graph and come out, compared byte by byte.
#include "engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../bridge/bridge.h"
#include "../classify/tags.h"

static const struct vlan_tag c10 = {RTE_ETHER_TYPE_VLAN, 10}, c20 = {RTE_ETHER_TYPE_VLAN, 20},
			     c30 = {RTE_ETHER_TYPE_VLAN, 30}, s100 = {RTE_ETHER_TYPE_QINQ, 100};

// ---------------------------------------------------------------- frames

struct frame {
	uint8_t bytes[2048];
	uint16_t length;
};

static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255};
static const uint8_t host_a[6] = {2, 0, 0, 0, 0, 0xa}, host_b[6] = {2, 0, 0, 0, 0, 0xb},
		     host_c[6] = {2, 0, 0, 0, 0, 0xc};

static struct frame frame_of(const uint8_t *destination, const uint8_t *source, unsigned tags,
			     const struct vlan_tag *tag, const uint8_t *priority, uint16_t payload)
{
	struct frame frame = {.length = (uint16_t)(14 + tags * 4 + payload)};
	uint8_t *at = frame.bytes + 12;

	memcpy(frame.bytes, destination, 6);
	memcpy(frame.bytes + 6, source, 6);
	for (unsigned i = 0; i < tags; i++, at += 4) {
		at[0] = (uint8_t)(tag[i].tpid >> 8);
		at[1] = (uint8_t)tag[i].tpid;
		at[2] = (uint8_t)((priority != NULL ? priority[i] << 4 : 0) | tag[i].vid >> 8);
		at[3] = (uint8_t)tag[i].vid;
	}
	*at++ = 0x08;
	*at++ = 0x00;
	for (uint16_t i = 0; i < payload; i++)
		at[i] = (uint8_t)(i * 7);
	return frame;
}

static void receive(uint16_t port, const struct frame *frame)
{
	engine_frame_count = 0;
	engine_receive(port, frame->bytes, frame->length);
}

static void assert_sent(unsigned index, uint16_t port, const struct frame *frame)
{
	assert_true(index < engine_frame_count);
	assert_int_equal(engine_frames[index].port, port);
	assert_int_equal(engine_frames[index].length, frame->length);
	assert_memory_equal(engine_frames[index].bytes, frame->bytes, frame->length);
}

// ---------------------------------------------------------------- configuration

// id 1 on port 1, and so on, all in bridge domain 1.
static struct logical_port member(uint32_t id, unsigned matches, const struct vlan_tag *match,
				  enum rewrite_kind rewrite)
{
	struct logical_port lp = {.id = id,
				  .port = (uint16_t)id,
				  .bridge_domain = 1,
				  .enabled = true,
				  .matches = (uint8_t)matches,
				  .rewrite = (uint8_t)rewrite};

	for (unsigned i = 0; i < matches; i++)
		lp.match[i] = match[i];
	return lp;
}

static void set_up_with(const struct logical_port *lp, unsigned count)
{
	struct generation *g;

	engine_start();
	g = engine_begin();
	for (uint16_t port = 1; port <= 4; port++)
		assert_int_equal(engine_port(g, port, true), 0);
	assert_int_equal(engine_bridge_domain(g,
					      &(struct bridge_domain){.id = 1,
								      .learning = true,
								      .flood_unknown_unicast = true,
								      .ageing_seconds = 300},
					      true),
			 0);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(engine_logical_port(g, &lp[i], true), 0);
	engine_commit(g, NULL);
}

static void change_logical_port(const struct logical_port *lp)
{
	struct generation *g = engine_begin();

	assert_int_equal(engine_logical_port(g, lp, true), 0);
	engine_commit(g, NULL);
}

static void set_block(uint16_t port, uint16_t vid, bool blocked)
{
	struct generation *g = engine_begin();

	assert_int_equal(engine_block(g, port, vid, blocked), 0);
	engine_commit(g, NULL);
}

static int tear_down(void **state)
{
	assert_int_equal(engine_packets_in_use(), 0);
	engine_stop();
	return 0;
}

// ---------------------------------------------------------------- bridging

static void bridge_learns_and_forwards(void **state)
{
	struct logical_port lp[3] = {member(1, 0, NULL, REWRITE_KIND_NONE), member(2, 0, NULL, REWRITE_KIND_NONE),
				     member(3, 0, NULL, REWRITE_KIND_NONE)};
	struct frame ab = frame_of(host_b, host_a, 0, NULL, NULL, 100),
		     ba = frame_of(host_a, host_b, 0, NULL, NULL, 100);

	set_up_with(lp, 3);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 2);
	assert_sent(0, 2, &ab);
	assert_sent(1, 3, &ab);
	receive(2, &ba);
	assert_int_equal(engine_frame_count, 1);
	assert_sent(0, 1, &ba);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 1);
	assert_sent(0, 2, &ab);
	// The destination is where the frame comes from; its source has moved there.
	receive(1, &ba);
	assert_int_equal(engine_frame_count, 0);
	assert_int_equal(engine_port_drops(1, "fdb-same-port"), 1);
}

static void flood_shares_long_frames_and_leaves_them_intact(void **state)
{
	struct logical_port lp[4] = {member(1, 1, &c10, REWRITE_KIND_POP), member(2, 1, &c20, REWRITE_KIND_POP),
				     member(3, 0, NULL, REWRITE_KIND_POP), member(4, 1, &s100, REWRITE_KIND_POP)};
	struct frame in = frame_of(broadcast, host_a, 1, &c10, (uint8_t[]){5}, 1400);
	struct frame out2 = frame_of(broadcast, host_a, 1, &c20, (uint8_t[]){5}, 1400);
	struct frame out3 = frame_of(broadcast, host_a, 0, NULL, NULL, 1400);
	struct frame out4 = frame_of(broadcast, host_a, 1, &s100, (uint8_t[]){5}, 1400);

	set_up_with(lp, 4);
	for (int i = 0; i < 50; i++) {
		receive(1, &in);
		assert_int_equal(engine_frame_count, 3);
		assert_sent(0, 2, &out2);
		assert_sent(1, 3, &out3);
		assert_sent(2, 4, &out4);
		assert_int_equal(engine_packets_in_use(), 0);
	}
}

static void split_horizon_keeps_a_group_apart(void **state)
{
	struct logical_port lp[3] = {member(1, 0, NULL, REWRITE_KIND_NONE), member(2, 0, NULL, REWRITE_KIND_NONE),
				     member(3, 0, NULL, REWRITE_KIND_NONE)};
	struct frame a = frame_of(broadcast, host_a, 0, NULL, NULL, 50),
		     b = frame_of(broadcast, host_b, 0, NULL, NULL, 50);
	struct frame ab = frame_of(host_b, host_a, 0, NULL, NULL, 50);

	lp[0].split_horizon_group = lp[1].split_horizon_group = 7;
	set_up_with(lp, 3);
	receive(1, &a);
	assert_int_equal(engine_frame_count, 1);
	assert_sent(0, 3, &a);
	receive(2, &b);
	assert_int_equal(engine_frame_count, 1);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 0);
	assert_int_equal(engine_logical_port_drops(1, "split-horizon"), 1);
}

static void drops_name_their_reason(void **state)
{
	struct logical_port lp[3] = {member(1, 1, &c10, REWRITE_KIND_NONE), member(2, 1, &c10, REWRITE_KIND_NONE),
				     member(3, 1, &c20, REWRITE_KIND_NONE)};
	struct frame ok = frame_of(host_b, host_a, 1, &c10, NULL, 50),
		     other = frame_of(host_b, host_a, 1, &c30, NULL, 50);
	struct frame group = frame_of(host_b, broadcast, 1, &c10, NULL, 50);
	struct frame reserved = frame_of((uint8_t[]){1, 0x80, 0xc2, 0, 0, 0xe}, host_a, 0, NULL, NULL, 50);
	struct frame mrp = frame_of((uint8_t[]){1, 0x80, 0xc2, 0, 0, 0x21}, host_a, 1, &c10, NULL, 50);
	struct frame long_frame = frame_of(host_b, host_a, 1, &c10, NULL, 1501);
	struct frame longest = frame_of(host_b, host_a, 1, &c10, NULL, 1500);
	struct generation *g;

	lp[2].bridge_domain = 0;
	lp[2].port = 1;
	set_up_with(lp, 3);
	receive(1, &other);
	assert_int_equal(engine_port_drops(1, "unknown-vlan"), 1);
	receive(1, &group);
	assert_int_equal(engine_logical_port_drops(1, "source-multicast"), 1);
	receive(1, &reserved);
	assert_int_equal(engine_port_drops(1, "link-local"), 1);
	other = frame_of(host_b, host_a, 1, &c20, NULL, 50);
	receive(1, &other);
	assert_int_equal(engine_logical_port_drops(3, "no-bridge-domain"), 1);
	assert_int_equal(engine_frame_count, 0);
	receive(1, &mrp);
	assert_sent(0, 2, &mrp);
	receive(1, &long_frame);
	assert_int_equal(engine_port_drops(2, "mtu-exceeded"), 1);
	receive(1, &longest);
	assert_sent(0, 2, &longest);
	for (uint16_t length = 0; length < 18; length++)
		engine_receive(1, ok.bytes, length);
	assert_int_equal(engine_port_drops(1, "malformed"), 18);
	g = engine_begin();
	assert_int_equal(engine_bridge_domain(g, &(struct bridge_domain){.id = 1, .learning = true}, true), 0);
	engine_commit(g, NULL);
	receive(1, &ok);
	assert_int_equal(engine_logical_port_drops(1, "unknown-unicast"), 1);
	lp[0].enabled = false;
	change_logical_port(&lp[0]);
	receive(1, &ok);
	assert_int_equal(engine_logical_port_drops(1, "logical-port-disabled"), 1);
}

static void full_device_queue_is_counted_as_drop(void **state)
{
	struct logical_port lp[2] = {member(1, 0, NULL, REWRITE_KIND_NONE), member(2, 0, NULL, REWRITE_KIND_NONE)};
	struct frame a = frame_of(broadcast, host_a, 0, NULL, NULL, 50);

	set_up_with(lp, 2);
	engine_inject_room = 0;
	receive(1, &a);
	assert_int_equal(engine_port_drops(2, "tx-queue-full"), 1);
	assert_int_equal(engine_port_now(2)->counters->out_broadcast, 0);
	assert_int_equal(engine_port_now(2)->counters->out_octets, 0);
	assert_int_equal(engine_port_now(1)->counters->in_octets, a.length);
}

static void static_address_is_known_and_stays(void **state)
{
	struct logical_port lp[3] = {member(1, 0, NULL, REWRITE_KIND_NONE), member(2, 0, NULL, REWRITE_KIND_NONE),
				     member(3, 0, NULL, REWRITE_KIND_NONE)};
	struct static_mac mac = {.bridge_domain = 1, .logical_port = 3, .mac = {{2, 0, 0, 0, 0, 0xb}}, .name = "b"};
	struct static_mac same = mac;
	struct frame ab = frame_of(host_b, host_a, 0, NULL, NULL, 50), ba = frame_of(host_a, host_b, 0, NULL, NULL, 50);
	struct generation *g;

	set_up_with(lp, 3);
	g = engine_begin();
	assert_int_equal(engine_static_mac(g, NULL, &mac), 0);
	assert_int_equal(engine_static_mac(g, NULL, &same), -EEXIST);
	engine_abort(g);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 2);
	g = engine_begin();
	assert_int_equal(engine_static_mac(g, NULL, &mac), 0);
	engine_commit(g, NULL);
	receive(2, &ba);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 1);
	assert_sent(0, 3, &ab);
	g = engine_begin();
	assert_int_equal(engine_static_mac(g, &mac, NULL), 0);
	engine_commit(g, NULL);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 2);
}

static void disabling_flushes_and_reenabling_learns_again(void **state)
{
	struct logical_port lp[3] = {member(1, 0, NULL, REWRITE_KIND_NONE), member(2, 0, NULL, REWRITE_KIND_NONE),
				     member(3, 0, NULL, REWRITE_KIND_NONE)};
	struct frame ab = frame_of(host_b, host_a, 0, NULL, NULL, 50), ba = frame_of(host_a, host_b, 0, NULL, NULL, 50);

	set_up_with(lp, 3);
	receive(2, &ba);
	assert_int_equal(bridge_fdb.port[2].learned, 1);
	lp[1].enabled = false;
	change_logical_port(&lp[1]);
	assert_int_equal(bridge_fdb.port[2].learned, 0);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 1);
	assert_sent(0, 3, &ab);
	lp[1].enabled = true;
	change_logical_port(&lp[1]);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 2);
	receive(2, &ba);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 1);
	assert_int_equal(bridge_fdb.learned, 2);
}

static void limit_refuses_to_learn_and_reports_once_a_second(void **state)
{
	struct logical_port lp[2] = {member(1, 0, NULL, REWRITE_KIND_NONE), member(2, 0, NULL, REWRITE_KIND_NONE)};

	lp[0].mac_limit = 3;
	set_up_with(lp, 2);
	for (uint8_t i = 0; i < 100; i++) {
		struct frame a = frame_of(host_b, (uint8_t[]){2, 1, 0, 0, 0, i}, 0, NULL, NULL, 50);

		receive(1, &a);
		assert_int_equal(engine_frame_count, 1);
	}
	assert_int_equal(bridge_fdb.port[1].learned, 3);
	engine_advance(900);
	assert_int_equal(engine_events, 1);
}

static void settings_grow_the_table_and_keep_what_is_learned(void **state)
{
	struct logical_port lp[2] = {member(1, 0, NULL, REWRITE_KIND_NONE), member(2, 0, NULL, REWRITE_KIND_NONE)};
	struct frame ab = frame_of(host_b, host_a, 0, NULL, NULL, 50), ba = frame_of(host_a, host_b, 0, NULL, NULL, 50);
	struct generation *g;
	uint32_t before;

	set_up_with(lp, 2);
	receive(1, &ab);
	receive(2, &ba);
	before = fdb_buckets(&bridge_fdb);
	g = engine_begin();
	assert_int_equal(engine_settings(g, 1000000), 0);
	engine_abort(g);
	assert_int_equal(fdb_buckets(&bridge_fdb), before);
	g = engine_begin();
	assert_int_equal(engine_settings(g, 1000000), 0);
	engine_commit(g, NULL);
	assert_true(fdb_buckets(&bridge_fdb) > before);
	assert_int_equal(bridge_fdb.limit, 1000000);
	assert_int_equal(bridge_fdb.learned, 2);
	receive(1, &ab);
	assert_int_equal(engine_frame_count, 1);
	assert_sent(0, 2, &ab);
}

// ---------------------------------------------------------------- tags

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

// ---------------------------------------------------------------- block points

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
	struct frame priority = frame_of(broadcast, host_a, 1, (struct vlan_tag[]){C(0)}, NULL, 50);
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
#define GRAPH_TEST(test) cmocka_unit_test_teardown(test, tear_down)
	const struct CMUnitTest tests[] = {
		GRAPH_TEST(bridge_learns_and_forwards),
		GRAPH_TEST(flood_shares_long_frames_and_leaves_them_intact),
		GRAPH_TEST(split_horizon_keeps_a_group_apart),
		GRAPH_TEST(drops_name_their_reason),
		GRAPH_TEST(full_device_queue_is_counted_as_drop),
		GRAPH_TEST(static_address_is_known_and_stays),
		GRAPH_TEST(disabling_flushes_and_reenabling_learns_again),
		GRAPH_TEST(limit_refuses_to_learn_and_reports_once_a_second),
		GRAPH_TEST(settings_grow_the_table_and_keep_what_is_learned),
		GRAPH_TEST(tags_are_rewritten_on_both_ways),
		GRAPH_TEST(frame_that_would_change_its_service_does_not_leave),
		GRAPH_TEST(longest_match_wins),
		GRAPH_TEST(two_logical_ports_may_swap_tags_but_not_share_them),
		GRAPH_TEST(stripped_tag_is_put_back),
		GRAPH_TEST(header_in_pieces_is_put_together),
		GRAPH_TEST(block_point_stops_one_vlan_both_ways),
		GRAPH_TEST(block_point_on_untagged_leaves_tagged_alone),
	};

	return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
