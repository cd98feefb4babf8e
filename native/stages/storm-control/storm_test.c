// Buckets by an own clock: over any time no more passes than the rate and the depth allow, and no less than the rate.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "storm.h"

#define HZ 2000000000ull

static void packets_pass_at_their_rate(void **state)
{
	static const uint64_t rates[] = {1, 10, 1000, 1000000};

	for (unsigned i = 0; i < RTE_DIM(rates); i++) {
		struct storm_bucket bucket;
		uint64_t now = 5 * HZ, step = HZ / (rates[i] * 4), passed = 0;

		storm_bucket_set(&bucket, &(struct storm_limit){.packets_per_second = rates[i]}, HZ);
		// Four times the rate, for ten seconds.
		for (uint64_t n = 0; n < rates[i] * 40; n++, now += step)
			passed += storm_passes(&bucket, 64, now);
		assert_in_range(passed, rates[i] * 10, rates[i] * 10 + rates[i] / 10 + 1);
	}
}

static void bits_pass_at_their_rate(void **state)
{
	unsigned seed = (unsigned)time(NULL);
	struct storm_bucket bucket;
	uint64_t now = HZ, octets = 0;

	printf("seed %u\n", seed);
	srand(seed);
	storm_bucket_set(&bucket, &(struct storm_limit){.bits_per_second = 10000000}, HZ);
	for (unsigned n = 0; n < 400000; n++, now += HZ / 40000) {
		uint32_t size = 60 + (uint32_t)rand() % 1440;

		if (storm_passes(&bucket, size, now)) octets += size;
	}
	// Ten seconds of 10 Mbit/s, and a tenth of a second of depth; a frame's size is what may lie unused.
	assert_in_range(octets * 8, 99900000, 101100000);
}

static void a_bucket_without_a_limit_lets_all_pass(void **state)
{
	struct storm_bucket bucket;

	storm_bucket_set(&bucket, &(struct storm_limit){0}, HZ);
	for (unsigned n = 0; n < 1000; n++)
		assert_true(storm_passes(&bucket, 1500, HZ));
}

static void the_largest_frame_passes_the_smallest_rate(void **state)
{
	struct storm_bucket bucket;

	storm_bucket_set(&bucket, &(struct storm_limit){.bits_per_second = 1000}, HZ);
	assert_true(storm_passes(&bucket, 9216 + 22, HZ));
	assert_false(storm_passes(&bucket, 64, HZ));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_pass_at_their_rate),
		cmocka_unit_test(bits_pass_at_their_rate),
		cmocka_unit_test(a_bucket_without_a_limit_lets_all_pass),
		cmocka_unit_test(the_largest_frame_passes_the_smallest_rate),
	};

	return cmocka_run_group_tests_name("storm", tests, NULL, NULL);
}
