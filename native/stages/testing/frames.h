// Frames and a small network for the tests that send through the graph: frames go in and come out, compared byte by
// byte. Logical ports 1 to 4 are on ports 1 to 4, in bridge domain 1, unless a test says otherwise.
#ifndef SLUICE_STAGES_TESTING_FRAMES_H
#define SLUICE_STAGES_TESTING_FRAMES_H

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

static inline struct frame frame_of(const uint8_t *destination, const uint8_t *source, unsigned tags,
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

static inline void receive(uint16_t port, const struct frame *frame)
{
	engine_frame_count = 0;
	engine_receive(port, frame->bytes, frame->length);
}

static inline void assert_sent(unsigned index, uint16_t port, const struct frame *frame)
{
	assert_true(index < engine_frame_count);
	assert_int_equal(engine_frames[index].port, port);
	assert_int_equal(engine_frames[index].length, frame->length);
	assert_memory_equal(engine_frames[index].bytes, frame->bytes, frame->length);
}

// ---------------------------------------------------------------- configuration

// id 1 on port 1, and so on, all in bridge domain 1.
static inline struct logical_port member(uint32_t id, unsigned matches, const struct vlan_tag *match,
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

static inline void set_up_with(const struct logical_port *lp, unsigned count)
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

static inline void change_logical_port(const struct logical_port *lp)
{
	struct generation *g = engine_begin();

	assert_int_equal(engine_logical_port(g, lp, true), 0);
	engine_commit(g, NULL);
}

static inline void set_block(uint16_t port, uint16_t vid, bool blocked)
{
	struct generation *g = engine_begin();

	assert_int_equal(engine_block(g, port, vid, blocked), 0);
	engine_commit(g, NULL);
}

static inline int tear_down(void **state)
{
	assert_int_equal(engine_packets_in_use(), 0);
	engine_stop();
	return 0;
}

#define GRAPH_TEST(test) cmocka_unit_test_teardown(test, tear_down)

#endif
