// Of what the CE floods to both PEs one copy goes on: in the whole router, and on two threads at once.
#include <pthread.h>

#include "redirect_testing.h"

#include "../../main/clock.h"
#include "../../main/worker.h"
#include "../block-point/copies.h"
#include "../flow/testing.h"

#define FRAMES 64

static void release_doubled(uint32_t milliseconds)
{
	applied(segment_ordered_by("es", 0, 0, 10, 10, NULL, milliseconds));
}

static void by_both_ways(bool peer_first)
{
	if (peer_first) peer_sends(from_ce, remote, customer, 10);
	receive("ce", remote, customer, 10);
	if (!peer_first) peer_sends(from_ce, remote, customer, 10);
}

static void wait_ms(uint64_t ms)
{
	for (uint64_t until = clock_monotonic_ms() + ms; clock_monotonic_ms() < until;)
		;
}

static void of_a_flood_one_copy_goes_on(void **state)
{
	release_doubled(1000);
	for (number = 0; number < FRAMES; number++)
		by_both_ways(number % 2 != 0);
	assert_int_equal(router_frames("core"), FRAMES);
	assert_int_equal(counted().copies_dropped, FRAMES);
	assert_int_equal(router_drops("segment-redirect-copy"), FRAMES);
	assert_int_equal(counted().redirects_received, FRAMES / 2);
	// The other one far behind.
	for (number = FRAMES; number < 2 * FRAMES; number++)
		receive("ce", remote, customer, 10);
	for (number = FRAMES; number < 2 * FRAMES; number++)
		peer_sends(from_ce, remote, customer, 10);
	assert_int_equal(router_frames("core"), 2 * FRAMES);
	assert_int_equal(counted().redirects_refused, 0);
}

static void what_is_no_copy_goes_on(void **state)
{
	release_doubled(1000);
	// A flow of equal frames by one way, then by the other: one is taken for a copy.
	for (unsigned i = 0; i < 3; i++)
		peer_sends(from_ce, remote, customer, 10);
	assert_int_equal(router_frames("core"), 3);
	for (unsigned i = 0; i < 3; i++)
		receive("ce", remote, customer, 10);
	assert_int_equal(router_frames("core"), 5);
	// Too late.
	number++;
	receive("ce", remote, customer, 10);
	wait_ms(COPIES_MS + 10);
	peer_sends(from_ce, remote, customer, 10);
	assert_int_equal(router_frames("core"), 7);
	// Groups, what goes to the CE, another VLAN.
	number++;
	for (unsigned i = 0; i < 2; i++)
		receive("ce", (uint8_t[]){255, 255, 255, 255, 255, 255}, customer, 10);
	peer_sends(to_ce, customer, remote, 10);
	receive("core", customer, remote, 10);
	assert_int_equal(router_frames("core"), 9);
	assert_int_equal(router_frames("ce"), 2);
	segment_releases("es", 11, 11);
	peer_sends(from_ce, remote, customer, 11);
	receive("ce", remote, customer, 11);
	assert_int_equal(router_frames("core"), 11);
	assert_int_equal(counted().copies_dropped, 1);
}

static void it_is_looked_for_as_long_as_peers_redirect(void **state)
{
	release_doubled(1000);
	router_advance(1000);
	by_both_ways(true);
	assert_int_equal(router_frames("core"), 1);
	router_advance(COPIES_MS + 100);
	number++;
	by_both_ways(true);
	assert_int_equal(router_frames("core"), 3);
	// An order that does not say so ends it.
	release_doubled(1000);
	segment_releases("es", 10, 10);
	number++;
	by_both_ways(true);
	assert_int_equal(router_frames("core"), 5);
	release_doubled(1000);
	segment_blocks("es", 10, 10);
	assert_false(gate_doubles(&segment_at("ce")->segment->gate, 10));
	assert_non_null(segment_ordered_by("es", 0, 0, 10, 10, NULL, 60001));
}

static void of_what_was_held_as_well(void **state)
{
	peer_sends(from_ce, remote, customer, 10);
	// Nobody else has it: it met the closed gate.
	receive("ce", remote, customer, 10);
	number++;
	peer_sends(from_ce, remote, customer, 10);
	release_doubled(1000);
	router_run();
	receive("ce", remote, customer, 10);
	assert_int_equal(router_frames("core"), 2);
	assert_int_equal(counted().redirects_held, 2);
	assert_int_equal(counted().copies_dropped, 1);
}

static void cached_flows_are_looked_at_again(void **state)
{
	segment_releases("es", 10, 10);
	receive("core", customer, remote, 10);
	for (number = 0; number < 4; number++)
		receive("ce", remote, customer, 10);
	flow_mark();
	receive("ce", remote, customer, 10);
	assert_int_equal(FLOW_SINCE(misses), 0);
	release_doubled(1000);
	router_forget();
	for (number = 10; number < 14; number++)
		by_both_ways(true);
	assert_int_equal(router_frames("core"), 4);
	assert_int_equal(FLOW_SINCE(exact_hits) + FLOW_SINCE(aggregate_hits), 1);
	router_advance(1000 + COPIES_MS + 100);
	for (number = 20; number < 24; number++)
		receive("ce", remote, customer, 10);
	assert_in_range(FLOW_SINCE(exact_hits) + FLOW_SINCE(aggregate_hits), 2, 4);
}

// ---------------------------------------------------------------- two workers

#define ROUNDS    100000
#define AT_A_TIME 4

static struct copies *shared;
static _Atomic unsigned arrived;
static uint8_t dropped[2][ROUNDS * AT_A_TIME];

static uint64_t hash_of(uint64_t i)
{
	i = (i ^ i >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	return (i ^ i >> 27) * UINT64_C(0x94d049bb133111eb);
}

static void *one_side(void *arg)
{
	enum copy_side side = *(enum copy_side *)arg;

	for (unsigned round = 0; round < ROUNDS; round++) {
		atomic_fetch_add(&arrived, 1);
		while (atomic_load(&arrived) < 2 * (round + 1))
			sched_yield();
		for (unsigned i = round * AT_A_TIME; i < (round + 1) * AT_A_TIME; i++)
			dropped[side][i] = copies_take(shared, hash_of(i), side, round / 100);
	}
	return NULL;
}

static void two_workers_never_drop_both(void **state)
{
	enum copy_side sides[2] = {COPY_DIRECT, COPY_REDIRECTED};
	unsigned both = 0, neither = 0;
	pthread_t thread[2];

	shared = copies_new();
	assert_non_null(shared);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, one_side, &sides[i]), 0);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	for (unsigned i = 0; i < ROUNDS * AT_A_TIME; i++) {
		both += dropped[0][i] != 0 && dropped[1][i] != 0;
		neither += dropped[0][i] == 0 && dropped[1][i] == 0;
	}
	printf("of %u frames, neither copy dropped: %u\n", ROUNDS * AT_A_TIME, neither);
	assert_int_equal(both, 0);
	assert_in_range(neither, 0, ROUNDS * AT_A_TIME / 10000);
	free(shared);
}

static int start(void **state)
{
	flow_cache_every_port = true;
	return router_group_start(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REDIRECT_TEST(of_a_flood_one_copy_goes_on),
		cmocka_unit_test_setup_teardown(of_a_flood_one_copy_goes_on, set_up6, tear_down),
		REDIRECT_TEST(what_is_no_copy_goes_on),
		REDIRECT_TEST(it_is_looked_for_as_long_as_peers_redirect),
		REDIRECT_TEST(of_what_was_held_as_well),
		REDIRECT_TEST(cached_flows_are_looked_at_again),
		cmocka_unit_test(two_workers_never_drop_both),
	};

	return cmocka_run_group_tests_name("segment-copies", tests, start, router_group_stop);
}
