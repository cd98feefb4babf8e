// What packets of a burst have in common is looked up once: a burst must leave the same frames and the same counters as
// its packets one after the other.
#include "frames.h"

#include <time.h>

#define ROUNDS 25

static const struct logical_port ports[] = {
	{.id = 1, .port = 1, .bridge_domain = 1, .enabled = true},
	{.id = 2,
	 .port = 1,
	 .bridge_domain = 1,
	 .enabled = true,
	 .matches = 1,
	 .match = {{RTE_ETHER_TYPE_VLAN, 10}},
	 .rewrite = REWRITE_KIND_POP},
	{.id = 3,
	 .port = 2,
	 .bridge_domain = 1,
	 .enabled = true,
	 .matches = 1,
	 .match = {{RTE_ETHER_TYPE_VLAN, 10}},
	 .rewrite = REWRITE_KIND_POP,
	 .split_horizon_group = 1},
	{.id = 4,
	 .port = 2,
	 .bridge_domain = 1,
	 .enabled = true,
	 .matches = 2,
	 .match = {{RTE_ETHER_TYPE_VLAN, 10}, {RTE_ETHER_TYPE_VLAN, 20}},
	 .rewrite = REWRITE_KIND_POP,
	 .split_horizon_group = 1},
	{.id = 5,
	 .port = 3,
	 .bridge_domain = 1,
	 .enabled = true,
	 .matches = 1,
	 .match = {{RTE_ETHER_TYPE_QINQ, 100}},
	 .rewrite = REWRITE_KIND_TRANSLATE,
	 .rewrite_tags = 1,
	 .rewrite_tag = {{RTE_ETHER_TYPE_VLAN, 20}}},
	{.id = 6, .port = 3, .bridge_domain = 1, .enabled = false, .matches = 1, .match = {{RTE_ETHER_TYPE_VLAN, 20}}},
	{.id = 7,
	 .port = 4,
	 .bridge_domain = 1,
	 .enabled = true,
	 .matches = 1,
	 .match = {{RTE_ETHER_TYPE_VLAN, 20}},
	 .mac_limit = 3},
};

// A station is at one logical port only, and all are learned before: in which order a burst is learned depends on the
// ways that its packets take.
static struct frame random_frame(uint16_t port, const struct frame *other)
{
	static const struct vlan_tag tag[] = {{RTE_ETHER_TYPE_VLAN, 10},
					      {RTE_ETHER_TYPE_VLAN, 20},
					      {RTE_ETHER_TYPE_QINQ, 100},
					      {RTE_ETHER_TYPE_VLAN, 0},
					      {RTE_ETHER_TYPE_VLAN, 30}};
	struct vlan_tag tags[2] = {tag[rand() % 4 == 0 ? rand() % 5 : 0], tag[rand() % 2]};
	uint8_t priority[2] = {(uint8_t)(rand() % 16), (uint8_t)(rand() % 16)};
	unsigned count = (unsigned)(rand() % 8 == 0 ? 2 : rand() % 2);
	uint8_t destination[6] = {2, 0, 0, 0, 0, (uint8_t)(rand() % 8)};
	uint8_t source[6] = {(uint8_t)(rand() % 32 == 0 ? 3 : 2),
			     0,
			     (uint8_t)port,
			     (uint8_t)(count > 0 ? tags[0].vid : 0),
			     (uint8_t)(count > 1 ? tags[1].vid : 0),
			     (uint8_t)(rand() % 8)};

	if (rand() % 4 != 0) memcpy(destination, other->bytes + 6, 6);
	if (rand() % 8 == 0) memset(destination, 255, rand() % 2 == 0 ? 6 : 1);
	if (rand() % 32 == 0) memcpy(destination, (uint8_t[]){1, 0x80, 0xc2, 0, 0, 2}, 6);
	return frame_of(destination, source, count, tags, priority,
			(uint16_t)(rand() % 16 == 0   ? 1501
				   : rand() % 16 == 1 ? 4
						      : 46));
}

static int by_content(const void *a, const void *b)
{
	const struct engine_frame *x = a, *y = b;

	return memcmp(&x->port, &y->port, sizeof(x->port)) ?: memcmp(&x->length, &y->length, sizeof(x->length))
								      ?: memcmp(x->bytes, y->bytes, x->length);
}

// Everything that was counted and sent, since engine_start.
struct outcome {
	struct counters port[5], logical_port[8];
	struct engine_frame frames[4096];
	unsigned frame_count;
};

static void take(struct outcome *it)
{
	for (uint16_t id = 1; id < RTE_DIM(it->port); id++)
		it->port[id] = *engine_port_now(id)->counters;
	for (uint32_t id = 1; id < RTE_DIM(it->logical_port); id++)
		it->logical_port[id] = *dataplane_logical_port(dataplane_current(), id)->counters;
	assert_true(engine_frame_count <= RTE_DIM(it->frames));
	it->frame_count = engine_frame_count;
	memcpy(it->frames, engine_frames, engine_frame_count * sizeof(engine_frames[0]));
	// Which way through the graph is walked first is no part of the contract.
	qsort(it->frames, it->frame_count, sizeof(it->frames[0]), by_content);
}

static struct rte_mbuf *packet_of(const struct frame *frame)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(engine_pool());

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, frame->length), frame->bytes, frame->length);
	return m;
}

static void learn(const uint16_t *port, const struct frame *frames, uint16_t count)
{
	set_up_with(ports, RTE_DIM(ports));
	for (uint16_t i = 0; i < count; i++)
		engine_receive(port[i], frames[i].bytes, frames[i].length);
	engine_frame_count = 0;
}

static void burst_equals_its_packets(void **state)
{
	static struct outcome one_by_one, at_once;
	static struct frame frames[MAX_BURST];
	uint16_t port[MAX_BURST];
	struct rte_mbuf *packets[MAX_BURST];
	unsigned seed = getenv("SEED") != NULL ? (unsigned)strtoul(getenv("SEED"), NULL, 0) : (unsigned)time(NULL);

	print_message("SEED=%u\n", seed);
	srand(seed);
	for (unsigned round = 0; round < ROUNDS; round++) {
		uint16_t count = (uint16_t)(1 + rand() % 100), from = 1;

		for (uint16_t i = 0; i < count; i++) {
			// Runs, as ports give them.
			if (rand() % 6 == 0) from = (uint16_t)(1 + rand() % 4);
			port[i] = from;
			frames[i] = i > 0 && port[i - 1] == from && rand() % 2 == 0
					    ? frames[i - 1]
					    : random_frame(from, &frames[rand() % (i + 1)]);
		}
		learn(port, frames, count);
		for (uint16_t i = 0; i < count; i++)
			engine_receive(port[i], frames[i].bytes, frames[i].length);
		take(&one_by_one);
		engine_stop();
		learn(port, frames, count);
		for (uint16_t i = 0; i < count; i++)
			packets[i] = packet_of(&frames[i]);
		engine_receive_burst(port, packets, count);
		take(&at_once);
		assert_int_equal(engine_packets_in_use(), 0);
		if (round + 1 < ROUNDS) engine_stop();
		assert_memory_equal(at_once.port, one_by_one.port, sizeof(at_once.port));
		assert_memory_equal(at_once.logical_port, one_by_one.logical_port, sizeof(at_once.logical_port));
		assert_int_equal(at_once.frame_count, one_by_one.frame_count);
		for (unsigned i = 0; i < at_once.frame_count; i++)
			assert_int_equal(by_content(&at_once.frames[i], &one_by_one.frames[i]), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {GRAPH_TEST(burst_equals_its_packets)};

	return cmocka_run_group_tests_name("burst", tests, NULL, NULL);
}
