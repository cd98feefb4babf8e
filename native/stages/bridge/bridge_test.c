// Learning, flooding, limits and drops, frame by frame.
#include "../testing/frames.h"

#include <time.h>

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
	engine_port_mtu[1] = 9000;
	set_up_with(lp, 3);
	engine_port_mtu[1] = 0;
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
	assert_int_equal(engine_logical_port_drops(2, "mtu-exceeded"), 1);
	receive(2, &long_frame);
	assert_int_equal(engine_port_drops(2, "mtu-exceeded"), 2);
	assert_int_equal(engine_logical_port_drops(2, "mtu-exceeded"), 1);
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

// ---------------------------------------------------------------- bursts

static int by_port_and_bytes(const void *a, const void *b)
{
	const struct engine_frame *x = a, *y = b;

	if (x->port != y->port) return (int)x->port - (int)y->port;
	if (x->length != y->length) return (int)x->length - (int)y->length;
	return memcmp(x->bytes, y->bytes, x->length);
}

// What leaves is compared in an order of its own: a flooded frame may leave after a later one whose way is known.
static unsigned sorted_output(struct engine_frame *copy)
{
	unsigned count = engine_frame_count;

	memcpy(copy, engine_frames, count * sizeof(*copy));
	qsort(copy, count, sizeof(*copy), by_port_and_bytes);
	engine_frame_count = 0;
	return count;
}

static struct frame random_frame(void)
{
	const struct vlan_tag tag[2] = {
		{rand() % 2 ? RTE_ETHER_TYPE_VLAN : RTE_ETHER_TYPE_QINQ, (uint16_t)(rand() % 4 * 10)},
		{RTE_ETHER_TYPE_VLAN, (uint16_t)(rand() % 2 * 10)}};
	uint8_t destination[6] = {2, 0, 0, 0, 0, (uint8_t)(rand() % 12)},
		source[6] = {2, 0, 0, 0, 0, (uint8_t)(rand() % 12)};
	struct frame frame;

	if (rand() % 8 == 0) memcpy(destination, broadcast, 6);
	if (rand() % 40 == 0) source[0] |= 1;
	frame = frame_of(destination, source, (unsigned)rand() % 3, tag, NULL, (uint16_t)(rand() % 800));
	if (rand() % 40 == 0) frame.length = (uint16_t)(rand() % 20);
	return frame;
}

static void send_burst(const uint16_t *ports, const struct frame *frames, uint16_t count)
{
	struct rte_mbuf *packets[MAX_BURST];

	for (uint16_t i = 0; i < count; i++) {
		packets[i] = rte_pktmbuf_alloc(engine_pool());
		memcpy(rte_pktmbuf_append(packets[i], frames[i].length), frames[i].bytes, frames[i].length);
	}
	engine_receive_burst(ports, packets, count);
}

// All frames take the same nodes, so that a burst is learned from in the order of its frames.
static void set_up_for_bursts(void)
{
	struct logical_port lp[4] = {member(1, 1, &c10, REWRITE_KIND_POP), member(2, 1, &c20, REWRITE_KIND_POP),
				     member(3, 0, NULL, REWRITE_KIND_POP), member(4, 1, &c30, REWRITE_KIND_POP)};

	set_up_with(lp, 4);
	for (uint16_t port = 1; port < 4; port++)
		set_block(port, 4000, true);
	set_block(4, 30, true);
}

static void random_bursts_do_what_single_frames_do(void **state)
{
	static struct frame frames[MAX_BURST];
	static struct engine_frame single[4 * MAX_BURST], burst[4 * MAX_BURST];
	unsigned seed = getenv("SEED") != NULL ? (unsigned)strtoul(getenv("SEED"), NULL, 0) : (unsigned)time(NULL);

	print_message("SEED=%u\n", seed);
	for (unsigned round = 0; round < 40; round++) {
		uint16_t ports[MAX_BURST], count = (uint16_t)(1 + rand() % (round % 2 ? 8 : MAX_BURST));
		unsigned expected;

		srand(seed + round);
		for (uint16_t i = 0; i < count; i++) {
			ports[i] = (uint16_t)(1 + rand() % 4);
			frames[i] = random_frame();
		}
		set_up_for_bursts();
		for (uint16_t i = 0; i < count; i++)
			engine_receive(ports[i], frames[i].bytes, frames[i].length);
		expected = sorted_output(single);
		engine_stop();
		set_up_for_bursts();
		send_burst(ports, frames, count);
		assert_int_equal(sorted_output(burst), expected);
		for (unsigned i = 0; i < expected; i++)
			assert_int_equal(by_port_and_bytes(&single[i], &burst[i]), 0);
		assert_int_equal(engine_packets_in_use(), 0);
		engine_stop();
	}
	engine_start();
}

int main(void)
{
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
		GRAPH_TEST(random_bursts_do_what_single_frames_do),
	};

	return cmocka_run_group_tests_name("bridge", tests, NULL, NULL);
}
