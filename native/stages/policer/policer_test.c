// Rates, bursts and colours by a clock of the test's own; then two threads on the real one's steps.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policer.h"

#define HZ UINT64_C(2445400000)

struct metered {
	struct policer policer;
	struct policer_parameters parameters;
	uint64_t packets[POLICER_COLORS], octets[POLICER_COLORS];
};

static void make(struct metered *m, uint64_t committed_rate, uint64_t committed_burst, uint64_t peak_rate,
		 uint64_t peak_burst, bool color_aware)
{
	memset(m, 0, sizeof(*m));
	assert_int_equal(
		policer_parameters_fill(&m->parameters, HZ, committed_rate, committed_burst, peak_rate, peak_burst), 0);
	m->parameters.color_aware = color_aware;
	m->policer.parameters = &m->parameters;
}

static enum policer_color meter(struct metered *m, uint64_t now, uint32_t octets, enum policer_color came_with)
{
	uint8_t color = came_with;

	policer_meter(&m->policer, now, &octets, &color, 1);
	m->packets[color]++;
	m->octets[color] += octets;
	return color;
}

// Packets of one length, evenly, `offered` bits per second for so many seconds from `start` on.
static void offer(struct metered *m, uint64_t start, double offered, uint32_t octets, double seconds,
		  enum policer_color came_with)
{
	double gap = octets * 8.0 / offered * (double)HZ;

	for (double at = 0; at < seconds * (double)HZ; at += gap)
		meter(m, start + (uint64_t)at, octets, came_with);
}

static void assert_near(uint64_t number, double expected, double share)
{
	if ((double)number < expected * (1 - share) || (double)number > expected * (1 + share))
		fail_msg("%llu is not within %.1f %% of %.0f", (unsigned long long)number, share * 100, expected);
}

static void bursts_are_exact(void **state)
{
	struct metered m;

	(void)state;
	make(&m, 8000000, 10000, 16000000, 20000, false);
	for (unsigned i = 0; i < 30; i++)
		meter(&m, HZ, 1000, POLICER_GREEN);
	// RFC 2698: the peak bucket holds 20,000 octets, of them the first 10,000 have committed tokens too.
	assert_int_equal(m.packets[POLICER_GREEN], 10);
	assert_int_equal(m.packets[POLICER_YELLOW], 10);
	assert_int_equal(m.packets[POLICER_RED], 10);
	// A millisecond at 8 Mbit/s is one packet.
	assert_int_equal(meter(&m, HZ + HZ / 2000, 1000, POLICER_GREEN), POLICER_YELLOW);
	assert_int_equal(meter(&m, HZ + HZ / 1000 + 2, 1000, POLICER_GREEN), POLICER_GREEN);
	assert_int_equal(meter(&m, HZ + HZ / 1000 + 2, 1000, POLICER_GREEN), POLICER_RED);

	make(&m, 8000000, 10000, 0, 5000, false);
	for (unsigned i = 0; i < 30; i++)
		meter(&m, HZ, 1000, POLICER_GREEN);
	// RFC 2697: committed, then excess.
	assert_int_equal(m.packets[POLICER_GREEN], 10);
	assert_int_equal(m.packets[POLICER_YELLOW], 5);
	assert_int_equal(m.packets[POLICER_RED], 15);
	// 10 ms fill the committed bucket, 3 more put 3,000 octets into the excess bucket.
	for (unsigned i = 0; i < 30; i++)
		meter(&m, HZ + 13 * HZ / 1000 + 8, 1000, POLICER_GREEN);
	assert_int_equal(m.packets[POLICER_GREEN], 20);
	assert_int_equal(m.packets[POLICER_YELLOW], 8);
}

static void long_term_rates_are_exact(void **state)
{
	static const struct {
		uint64_t rate;
		uint32_t octets;
	} cases[] = {{1000, 64}, {64000, 64}, {10000000, 1514}, {1000000000, 64}, {100000000000, 9018}};
	struct metered m;

	(void)state;
	for (unsigned i = 0; i < RTE_DIM(cases); i++) {
		double rate = (double)cases[i].rate, seconds = 200000.0 * cases[i].octets * 8 / rate / 3;

		// Offered three times the committed rate, and the peak rate is twice of it.
		make(&m, cases[i].rate, 2 * cases[i].octets, 2 * cases[i].rate, 2 * cases[i].octets, false);
		offer(&m, HZ, 3 * rate, cases[i].octets, seconds, POLICER_GREEN);
		assert_near(m.octets[POLICER_GREEN] * 8, rate * seconds, 0.005);
		assert_near(m.octets[POLICER_YELLOW] * 8, rate * seconds, 0.005);
		assert_near(m.octets[POLICER_RED] * 8, rate * seconds, 0.005);
		make(&m, cases[i].rate, 2 * cases[i].octets, 0, 2 * cases[i].octets, false);
		offer(&m, HZ, 3 * rate, cases[i].octets, seconds, POLICER_GREEN);
		assert_near(m.octets[POLICER_GREEN] * 8, rate * seconds, 0.005);
		assert_near(m.octets[POLICER_RED] * 8, 2 * rate * seconds, 0.005);
	}
}

static void colors_are_heeded_only_where_asked(void **state)
{
	struct metered m;

	(void)state;
	for (unsigned two = 0; two < 2; two++) {
		make(&m, 8000000, 10000, two ? 8000000 : 0, 10000, true);
		assert_int_equal(meter(&m, HZ, 1000, POLICER_RED), POLICER_RED);
		assert_int_equal(meter(&m, HZ, 1000, POLICER_YELLOW), POLICER_YELLOW);
		// Yellow has not taken of the committed bucket.
		for (unsigned i = 0; i < (two ? 9 : 10); i++)
			assert_int_equal(meter(&m, HZ, 1000, POLICER_GREEN), POLICER_GREEN);
		assert_int_equal(meter(&m, HZ, 1000, POLICER_GREEN), two ? POLICER_RED : POLICER_YELLOW);
		make(&m, 8000000, 10000, two ? 8000000 : 0, 10000, false);
		assert_int_equal(meter(&m, HZ, 1000, POLICER_RED), POLICER_GREEN);
	}
}

static void a_clock_that_goes_round_is_only_a_full_bucket(void **state)
{
	struct metered m;
	uint64_t last = UINT64_MAX / 256;

	(void)state;
	make(&m, 8000000, 1000, 16000000, 1000, false);
	for (unsigned i = 5; i > 0; i--)
		assert_int_equal(meter(&m, last - i * HZ, 1000, POLICER_GREEN), POLICER_GREEN);
	assert_int_equal(meter(&m, last, 1000, POLICER_GREEN), POLICER_GREEN);
	assert_int_equal(meter(&m, last + 1, 1000, POLICER_GREEN), POLICER_RED);
	assert_int_equal(meter(&m, last + HZ / 500, 1000, POLICER_GREEN), POLICER_GREEN);
}

// A worker that was kept off its core for ten depths of the bucket, and comes with the time from before.
static void a_worker_that_is_late_gets_nothing_twice(void **state)
{
	struct metered two_rates, one_rate;

	(void)state;
	make(&two_rates, 8000000, 1000, 8000000, 1000, false);
	make(&one_rate, 8000000, 1000, 0, 0, false);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(meter(&two_rates, HZ + i * HZ / 1000, 1000, POLICER_GREEN), POLICER_GREEN);
		assert_int_equal(meter(&one_rate, HZ + i * HZ / 1000, 1000, POLICER_GREEN), POLICER_GREEN);
		assert_int_equal(meter(&two_rates, HZ, 1000, POLICER_GREEN), POLICER_RED);
		assert_int_equal(meter(&one_rate, HZ, 1000, POLICER_GREEN), POLICER_RED);
	}
	policer_refill(&two_rates.policer);
	assert_int_equal(meter(&two_rates, HZ, 1000, POLICER_GREEN), POLICER_GREEN);
}

static void values_out_of_range_are_refused(void **state)
{
	struct policer_parameters p;

	(void)state;
	assert_int_equal(policer_parameters_fill(&p, HZ, 999, 1000, 0, 0), -EINVAL);
	assert_int_equal(policer_parameters_fill(&p, HZ, 8000, 1000, 7999, 1000), -EINVAL);
	assert_int_equal(policer_parameters_fill(&p, HZ, 8000, 3600001, 0, 0), -EINVAL);
	assert_int_equal(policer_parameters_fill(&p, HZ, 8000, 3600000, 8000, 3600000), 0);
}

// ---------------------------------------------------------------- two workers

struct share {
	struct metered *metered;
	_Atomic uint64_t *now;
	uint64_t octets[POLICER_COLORS];
};

static void *work(void *arg)
{
	struct share *share = arg;

	for (unsigned round = 0; round < 20000; round++) {
		uint32_t octets[8];
		uint8_t color[8] = {0};
		// Both go through the same time, each with eight packets a step.
		uint64_t now = atomic_fetch_add(share->now, HZ / 2000000);

		for (unsigned i = 0; i < 8; i++)
			octets[i] = 1000;
		policer_meter(&share->metered->policer, now, octets, color, 8);
		for (unsigned i = 0; i < 8; i++)
			share->octets[color[i]] += 1000;
	}
	return NULL;
}

static void two_workers_together_get_the_rate(void **state)
{
	struct metered m;
	_Atomic uint64_t now = HZ;
	struct share shares[2] = {{.metered = &m, .now = &now}, {.metered = &m, .now = &now}};
	pthread_t threads[2];
	double seconds;

	(void)state;
	make(&m, 1000000000, 100000, 2000000000, 100000, false);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &shares[i]), 0);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	seconds = (double)(now - HZ) / (double)HZ;
	assert_near((shares[0].octets[POLICER_GREEN] + shares[1].octets[POLICER_GREEN]) * 8, 1e9 * seconds + 800000,
		    0.01);
	assert_near((shares[0].octets[POLICER_YELLOW] + shares[1].octets[POLICER_YELLOW]) * 8, 1e9 * seconds, 0.01);
	assert_true(shares[0].octets[POLICER_RED] + shares[1].octets[POLICER_RED] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bursts_are_exact),
		cmocka_unit_test(long_term_rates_are_exact),
		cmocka_unit_test(colors_are_heeded_only_where_asked),
		cmocka_unit_test(a_clock_that_goes_round_is_only_a_full_bucket),
		cmocka_unit_test(a_worker_that_is_late_gets_nothing_twice),
		cmocka_unit_test(values_out_of_range_are_refused),
		cmocka_unit_test(two_workers_together_get_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
