// The tag parser, and the tag map against a naive one.
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../testing/engine.h"
#include "tag_map.h"

static void parse_stops_after_two_tags_and_at_a_priority_tag(void **state)
{
	static const uint8_t three[] = {1,    2,    3,   4,    5, 6,    1, 2,    3, 4, 5, 6, 0x88,
					0xa8, 0xe0, 100, 0x81, 0, 0x10, 7, 0x81, 0, 0, 9, 8, 0};
	static const uint8_t priority[] = {1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 0x81, 0, 0xb0, 0, 0x81, 0, 0, 7, 8, 0};
	struct frame_tags tags;

	assert_int_equal(frame_tags_parse(three, sizeof(three), &tags), 0);
	assert_int_equal(tags.count, 2);
	assert_int_equal(tags.priority, 14);
	assert_int_equal(tags.tag[0].tpid, RTE_ETHER_TYPE_QINQ);
	assert_int_equal(tags.tag[0].vid, 100);
	assert_int_equal(tags.tag[1].vid, 7);
	assert_int_equal(frame_tags_parse(priority, sizeof(priority), &tags), 0);
	assert_int_equal(tags.count, 0);
	assert_true(tags.priority_tagged);
	assert_int_equal(tags.priority, 11);
}

static void parse_refuses_what_ends_within_a_tag(void **state)
{
	uint8_t frame[22] = {[12] = 0x81, [15] = 1, [16] = 0x81, [19] = 2};
	struct frame_tags tags;

	for (size_t length = 0; length < 14; length++)
		assert_int_equal(frame_tags_parse(frame, length, &tags), -EBADMSG);
	for (size_t length = 14; length < 22; length++)
		assert_int_equal(frame_tags_parse(frame, length, &tags), -EBADMSG);
	assert_int_equal(frame_tags_parse(frame, 22, &tags), 0);
}

#define VIDS 80
struct naive {
	uint32_t untagged, one[2][VIDS], two[2][VIDS][2][VIDS];
};

static uint32_t *naive_place(struct naive *naive, unsigned count, const struct vlan_tag *tag)
{
	unsigned outer = tag_type_index(tag[0].tpid), inner = tag_type_index(tag[1].tpid);

	return count == 0   ? &naive->untagged
	       : count == 1 ? &naive->one[outer][tag[0].vid]
			    : &naive->two[outer][tag[0].vid][inner][tag[1].vid];
}

static uint32_t naive_lookup(struct naive *naive, const struct frame_tags *tags)
{
	uint32_t found = *naive_place(naive, tags->count, tags->tag);

	return found != 0 || tags->count < 2 ? found : *naive_place(naive, 1, tags->tag);
}

static struct vlan_tag random_tag(void)
{
	return (struct vlan_tag){rand() % 2 ? RTE_ETHER_TYPE_VLAN : RTE_ETHER_TYPE_QINQ,
				 (uint16_t)(1 + rand() % (VIDS - 1))};
}

static void random_changes_equal_a_naive_map(void **state)
{
	static struct naive naive;
	const struct tag_map *map = NULL;
	struct generation *g;
	unsigned seed = getenv("SEED") != NULL ? (unsigned)strtoul(getenv("SEED"), NULL, 0) : (unsigned)time(NULL);

	print_message("SEED=%u\n", seed);
	srand(seed);
	engine_start();
	for (uint32_t round = 0; round < 2000; round++) {
		const struct tag_map *kept = map;

		g = engine_begin();
		for (int i = rand() % 5; i >= 0; i--) {
			struct vlan_tag tag[2] = {random_tag(), random_tag()};
			unsigned count = (unsigned)rand() % 3;
			uint32_t value = rand() % 3 != 0 ? round + 1 : 0;

			assert_int_equal(tag_map_set(g, &map, count, tag, value), 0);
			if (round % 7 != 0) *naive_place(&naive, count, tag) = value;
		}
		// An aborted generation leaves the old map as it was.
		if (round % 7 == 0) {
			engine_abort(g);
			map = kept;
		} else {
			engine_commit(g, NULL);
		}
		for (int i = 0; i < 50; i++) {
			struct frame_tags tags = {.count = (uint8_t)(rand() % 3), .tag = {random_tag(), random_tag()}};

			assert_int_equal(tag_map_lookup(map, &tags), naive_lookup(&naive, &tags));
			assert_int_equal(tag_map_get(map, tags.count, tags.tag),
					 *naive_place(&naive, tags.count, tags.tag));
		}
	}
	g = engine_begin();
	tag_map_retire(g, map);
	engine_commit(g, NULL);
	engine_stop();
}

static void count_visit(void *ctx, uint32_t logical_port)
{
	*(uint32_t *)ctx += logical_port;
}

static void each_finds_both_tag_types_and_inner_tags(void **state)
{
	const struct vlan_tag c5 = {RTE_ETHER_TYPE_VLAN, 5}, s5 = {RTE_ETHER_TYPE_QINQ, 5},
			      c6 = {RTE_ETHER_TYPE_VLAN, 6};
	const struct tag_map *map = NULL;
	struct generation *g;
	uint32_t sum = 0;

	engine_start();
	g = engine_begin();
	tag_map_set(g, &map, 0, NULL, 1);
	tag_map_set(g, &map, 1, &c5, 10);
	tag_map_set(g, &map, 1, &s5, 100);
	tag_map_set(g, &map, 2, (struct vlan_tag[]){c5, c6}, 1000);
	tag_map_set(g, &map, 1, &c6, 10000);
	tag_map_each(map, 5, count_visit, &sum);
	assert_int_equal(sum, 1110);
	sum = 0;
	tag_map_each(map, 0, count_visit, &sum);
	assert_int_equal(sum, 1);
	tag_map_retire(g, map);
	engine_commit(g, NULL);
	engine_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_stops_after_two_tags_and_at_a_priority_tag),
		cmocka_unit_test(parse_refuses_what_ends_within_a_tag),
		cmocka_unit_test(random_changes_equal_a_naive_map),
		cmocka_unit_test(each_finds_both_tag_types_and_inner_tags),
	};

	return cmocka_run_group_tests_name("tag-map", tests, NULL, NULL);
}
