// Tables against a naive model: a list of prefixes that is searched from end to end.
#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <rte_byteorder.h>

#include "../../main/stage.h"
#include "../../testing/random.h"
#include "table.h"

#define MOST 12000

struct model {
	struct prefix prefix[MOST];
	uint32_t set[MOST];
	unsigned count;
};

static struct model model;
static uint64_t state;

static uint64_t draw(void)
{
	return random_bits(&state);
}

static void cut(struct prefix *p)
{
	p->high = p->length == 0 ? 0 : p->length >= 64 ? p->high : p->high & ~(UINT64_MAX >> p->length);
	p->low = p->length <= 64 ? 0 : p->length == 128 ? p->low : p->low & ~(UINT64_MAX >> (p->length - 64));
}

static bool covers(const struct prefix *p, uint64_t high, uint64_t low)
{
	struct prefix it = {high, low, p->length};

	cut(&it);
	return it.high == p->high && it.low == p->low;
}

// Prefixes that lie in and beside each other: few different bytes.
static struct prefix random_prefix(enum ip_version version)
{
	struct prefix p = {0};
	unsigned bits = version == IP_V4 ? 32 : 128;

	for (unsigned i = 0; i < 8; i++) {
		p.high = p.high << 8 | (draw() % 4 == 0 ? draw() & 255 : draw() % 3 * 85);
		p.low = p.low << 8 | (draw() % 4 == 0 ? draw() & 255 : draw() % 3 * 85);
	}
	if (version == IP_V4) {
		p.high &= UINT64_MAX << 32;
		p.low = 0;
	}
	p.length = (uint8_t)(draw() % 8 == 0 ? draw() % (bits + 1) : bits / 4 + draw() % (bits / 2 + bits / 4 + 1));
	cut(&p);
	return p;
}

static unsigned find(const struct prefix *p)
{
	unsigned i = 0;

	while (i < model.count && memcmp(&model.prefix[i], p, sizeof(*p)) != 0)
		i++;
	return i;
}

// The longest prefix for a key that is shorter than `below`; model.count: none.
static unsigned longest(uint64_t high, uint64_t low, unsigned below, unsigned at_least)
{
	unsigned best = model.count;

	for (unsigned i = 0; i < model.count; i++)
		if (model.prefix[i].length < below && model.prefix[i].length >= at_least &&
		    covers(&model.prefix[i], high, low) &&
		    (best == model.count || model.prefix[i].length > model.prefix[best].length))
			best = i;
	return best;
}

static void change(struct fib *fib, enum ip_version version, unsigned most)
{
	struct prefix p = random_prefix(version);
	unsigned at = find(&p);
	uint32_t set = 1 + (uint32_t)(draw() % 1000);

	// As many go as come once there are enough; some that are there get another set.
	if (at == model.count && model.count > 0 && (draw() % 8 == 0 || model.count >= most))
		at = (unsigned)(draw() % model.count);
	p = at < model.count ? model.prefix[at] : p;
	if (at < model.count && draw() % 2 == 0) {
		unsigned cover = longest(p.high, p.low, p.length, 1);

		fib_delete(fib, &p, cover < model.count ? model.prefix[cover].length : 0,
			   cover < model.count ? model.set[cover] : 0);
		model.prefix[at] = model.prefix[--model.count];
		model.set[at] = model.set[model.count];
		return;
	}
	assert_int_equal(fib_set(fib, &p, set, at == model.count), 0);
	model.prefix[at] = p;
	model.set[at] = set;
	if (at == model.count) model.count++;
}

static void look_up(const struct fib *fib, enum ip_version version, uint64_t (*keys)[2], uint32_t *sets, unsigned n)
{
	uint32_t v4[256];
	uint8_t v6[256][16];
	const uint8_t *pointers[256];

	for (unsigned i = 0; i < n; i++) {
		uint64_t words[2] = {rte_cpu_to_be_64(keys[i][0]), rte_cpu_to_be_64(keys[i][1])};

		memcpy(&v4[i], words, 4);
		memcpy(v6[i], words, 16);
		pointers[i] = v6[i];
	}
	if (version == IP_V4)
		fib4_lookup(fib, v4, sets, n);
	else
		fib6_lookup(fib, pointers, sets, n);
}

static void compare(const struct fib *fib, enum ip_version version)
{
	uint64_t keys[256][2];
	uint32_t sets[256];
	unsigned n = 1 + (unsigned)(draw() % 256);

	for (unsigned i = 0; i < n; i++) {
		// Near a prefix: inside, or one bit off.
		struct prefix p = model.count > 0 ? model.prefix[draw() % model.count] : random_prefix(version);
		unsigned bits = version == IP_V4 ? 32 : 128, flip = (unsigned)(draw() % bits);

		p.high |= p.length >= 64 ? 0 : draw() >> p.length;
		p.low |= p.length <= 64 ? draw() : p.length == 128 ? 0 : draw() >> (p.length - 64);
		if (draw() % 2 == 0) {
			p.high ^= flip < 64 ? UINT64_C(1) << (63 - flip) : 0;
			p.low ^= flip < 64 ? 0 : UINT64_C(1) << (127 - flip);
		}
		keys[i][0] = version == IP_V4 ? p.high & UINT64_MAX << 32 : p.high;
		keys[i][1] = version == IP_V4 ? 0 : p.low;
	}
	look_up(fib, version, keys, sets, n);
	for (unsigned i = 0; i < n; i++) {
		unsigned best = longest(keys[i][0], keys[i][1], 129, 0);

		assert_int_equal(sets[i], best < model.count ? model.set[best] : 0);
	}
	// Whatever follows the bits that decided, the answer is the same.
	struct ip_address address;
	uint64_t words[2] = {rte_cpu_to_be_64(keys[0][0]), rte_cpu_to_be_64(keys[0][1])};
	memcpy(address.bytes, words, 16);
	unsigned decided = fib_decided_bits(fib, version, &address);
	uint32_t answer = sets[0];
	struct prefix all = {keys[0][0], keys[0][1], (uint8_t)decided};
	assert_true(decided <= (version == IP_V4 ? 32 : 128));
	cut(&all);
	for (unsigned i = 0; i < 64; i++) {
		keys[i][0] = all.high | (decided >= 64 ? 0 : decided == 0 ? draw() : draw() >> decided);
		keys[i][1] = all.low | (decided <= 64 ? draw() : decided == 128 ? 0 : draw() >> (decided - 64));
		if (version == IP_V4) {
			keys[i][0] &= UINT64_MAX << 32;
			keys[i][1] = 0;
		}
	}
	look_up(fib, version, keys, sets, 64);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(sets[i], answer);
}

static int each_in_model(void *owner, int (*set)(void *ctx, const struct prefix *prefix, uint32_t set), void *ctx)
{
	int rc = 0;

	for (unsigned i = 0; i < model.count && rc == 0; i++)
		if (model.prefix[i].length > 0) rc = set(ctx, &model.prefix[i], model.set[i]);
	return rc;
}

static void random_changes(enum ip_version version, unsigned most)
{
	struct fib *fib;

	state = random_seed();
	model.count = 0;
	assert_int_equal(fib_open(&fib, version), 0);
	for (unsigned i = 0; i < 4000; i++) {
		change(fib, version, most);
		if (i % 4 == 0) compare(fib, version);
		if (i % 64 == 0) fib_reclaim(0);
		// Now and then as a table of the other kind, whatever is in it.
		if (i % 500 == 499) {
			uint32_t expected = i % 1000 == 499 ? FIB_LARGE * 2 : 0;

			assert_int_equal(fib_rebuild(fib, expected, each_in_model, NULL), 0);
		}
	}
	for (unsigned i = 0; model.count > 0; i++) {
		struct prefix p = model.prefix[model.count - 1];
		unsigned cover = longest(p.high, p.low, p.length, 1);

		fib_delete(fib, &p, cover < model.count ? model.prefix[cover].length : 0,
			   cover < model.count ? model.set[cover] : 0);
		model.count--;
		if (i % 16 == 0) compare(fib, version);
	}
	assert_int_equal(fib_rebuild(fib, 0, each_in_model, NULL), 0);
	// Nothing is left of what was in it: a trie without prefixes is its root.
	assert_int_equal(fib->trie->memory, 0);
	fib_close(fib);
	fib_reclaim(0);
}

static void ipv4_like_the_model(void **unused)
{
	random_changes(IP_V4, 300);
	random_changes(IP_V4, 2000);
}

static void ipv6_like_the_model(void **unused)
{
	random_changes(IP_V6, 300);
	random_changes(IP_V6, 2000);
}

// ---------------------------------------------------------------- a reader beside the changes

struct reader {
	struct fib *fib;
	enum ip_version version;
	_Atomic bool end;
	_Atomic uint64_t rounds;
	uint64_t wrong;
};

// Two prefixes stay, one in the other, with sets 1 and 2; all that comes and goes lies elsewhere or has set 3, inside
// the second one. A reader must see 1 outside, and 2 or 3 inside, whenever it looks.
static void *read_on(void *arg)
{
	struct reader *reader = arg;
	uint64_t keys[64][2];
	uint32_t sets[64];

	for (unsigned i = 0; i < 64; i++) {
		keys[i][0] =
			UINT64_C(0x0a00000000000000) | (uint64_t)(i % 2) << 48 | (uint64_t)i << 40 | (uint64_t)i << 32;
		keys[i][1] = 0;
	}
	while (!atomic_load(&reader->end)) {
		look_up(reader->fib, reader->version, keys, sets, 64);
		for (unsigned i = 0; i < 64; i++)
			if (i % 2 == 0 ? sets[i] != 1 : sets[i] != 2 && sets[i] != 3) reader->wrong++;
		atomic_fetch_add(&reader->rounds, 1);
	}
	return NULL;
}

static void beside_a_reader(enum ip_version version)
{
	struct reader reader = {.version = version};
	struct prefix outer = {UINT64_C(0x0a00000000000000), 0, 8}, inner = {UINT64_C(0x0a01000000000000), 0, 16};
	pthread_t thread;

	state = random_seed();
	model.count = 0;
	assert_int_equal(fib_open(&reader.fib, version), 0);
	fib_set(reader.fib, &outer, 1, true);
	fib_set(reader.fib, &inner, 2, true);
	assert_int_equal(pthread_create(&thread, NULL, read_on, &reader), 0);
	for (unsigned round = 0; round < 300; round++) {
		static struct prefix there[64];
		unsigned count = 0;

		for (unsigned i = 0; i < 64; i++) {
			struct prefix p = {draw() & UINT64_MAX << 32, 0, (uint8_t)(17 + draw() % 16)};
			bool twice = false;

			p.high = draw() % 2 == 0 ? inner.high | (p.high & 0xffff00000000) : p.high | UINT64_C(1) << 63;
			cut(&p);
			for (unsigned k = 0; k < count; k++)
				twice |= memcmp(&there[k], &p, sizeof(p)) == 0;
			if (twice) continue;
			there[count++] = p;
			fib_set(reader.fib, &p, 3, true);
		}
		// The longest first: what covers them is known then.
		for (unsigned length = 32; length > 16; length--)
			for (unsigned i = 0; i < count; i++) {
				unsigned cover = 0, cover_set = 0;

				if (there[i].length != length) continue;
				for (unsigned k = 0; k < count; k++)
					if (there[k].length < length && there[k].length > cover &&
					    covers(&there[k], there[i].high, 0)) {
						cover = there[k].length;
						cover_set = 3;
					}
				if (cover == 0 && covers(&inner, there[i].high, 0)) {
					cover = 16;
					cover_set = 2;
				}
				fib_delete(reader.fib, &there[i], cover, cover_set);
			}
		// Freed memory is filled again at once while the reader may be inside: the test has no quiescence, so
		// parts are kept until its end.
	}
	while (atomic_load(&reader.rounds) < 1000)
		;
	atomic_store(&reader.end, true);
	pthread_join(thread, NULL);
	assert_int_equal(reader.wrong, 0);
	fib_close(reader.fib);
	fib_reclaim(0);
}

static void no_reader_sees_a_gap(void **unused)
{
	beside_a_reader(IP_V4);
	beside_a_reader(IP_V6);
}

// ---------------------------------------------------------------- buckets

static struct weighted_hop hop_of(uint32_t adjacency, uint32_t weight)
{
	return (struct weighted_hop){{.kind = NEXT_HOP_ADJACENCY, .interface = 1, .adjacency = adjacency}, weight};
}

static unsigned share_of(const struct next_hop_set *set, uint32_t adjacency)
{
	unsigned count = 0;

	for (unsigned b = 0; b <= set->mask; b++)
		count += set->hop[b].adjacency == adjacency;
	return count;
}

static void shares_follow_weights(void **unused)
{
	struct weighted_hop hops[] = {hop_of(1, 1), hop_of(2, 2), hop_of(3, 5)};
	struct next_hop_set *set = next_hop_buckets(NULL, hops, 3);

	assert_int_equal(set->mask, 127);
	assert_int_equal(share_of(set, 1), 16);
	assert_int_equal(share_of(set, 2), 32);
	assert_int_equal(share_of(set, 3), 80);
	free(set);
	// Every hop has a bucket, even the least of 64.
	struct weighted_hop many[64];
	for (unsigned i = 0; i < 64; i++)
		many[i] = hop_of(i + 1, i == 0 ? 1 : 2);
	set = next_hop_buckets(NULL, many, 64);
	for (unsigned i = 0; i < 64; i++)
		assert_in_range(share_of(set, i + 1), 15, 34);
	free(set);
}

static void only_flows_of_a_lost_hop_move(void **unused)
{
	struct weighted_hop hops[] = {hop_of(1, 1), hop_of(2, 1), hop_of(3, 1), hop_of(4, 1)};
	struct next_hop_set *all = next_hop_buckets(NULL, hops, 4), *three, *back;
	unsigned moved = 0;

	hops[1] = hops[3];
	three = next_hop_buckets(all, hops, 3);
	assert_int_equal(three->mask, all->mask);
	for (unsigned b = 0; b <= all->mask; b++)
		if (all->hop[b].adjacency != 2)
			assert_int_equal(three->hop[b].adjacency, all->hop[b].adjacency);
		else
			assert_int_not_equal(three->hop[b].adjacency, 2);
	// And when it comes back it gets its share, and no flow moves between the others.
	hops[3] = hop_of(2, 1);
	back = next_hop_buckets(three, hops, 4);
	for (unsigned b = 0; b <= all->mask; b++) {
		if (back->hop[b].adjacency == three->hop[b].adjacency) continue;
		assert_int_equal(back->hop[b].adjacency, 2);
		moved++;
	}
	assert_int_equal(moved, 32);
	free(all);
	free(three);
	free(back);
}

static int start(void **unused)
{
	return fib_parts_start() < 0 || next_hop_sets_start() < 0;
}

static int stop(void **unused)
{
	fib_parts_stop();
	next_hop_sets_stop();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_like_the_model),           cmocka_unit_test(ipv6_like_the_model),
		cmocka_unit_test(no_reader_sees_a_gap),          cmocka_unit_test(shares_follow_weights),
		cmocka_unit_test(only_flows_of_a_lost_hop_move),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
