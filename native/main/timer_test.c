// timer_arm, timer_disarm: timers run in the order of their times, whatever was moved or taken out before.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "timer.h"

#define COUNT 500

static struct timer timers[COUNT];
static uint64_t last_ms;
static unsigned ran;

static void run(struct timer *timer)
{
	assert_true(timer->at_ms >= last_ms);
	assert_int_equal(timer->place, 0);
	last_ms = timer->at_ms;
	ran++;
}

static void timers_run_in_order(void **state)
{
	unsigned armed = 0;

	srand(3);
	for (unsigned i = 0; i < COUNT; i++) {
		timers[i].run = run;
		assert_int_equal(timer_arm(&timers[i], (uint64_t)rand() % 1000), 0);
	}
	for (unsigned i = 0; i < COUNT; i++) {
		if (rand() % 3 == 0)
			timer_disarm(&timers[i]);
		else if (rand() % 2 == 0)
			timer_arm(&timers[i], (uint64_t)rand() % 1000);
	}
	for (unsigned i = 0; i < COUNT; i++)
		armed += timers[i].place != 0;
	assert_true(timers_next_ms(0) >= 0);
	for (uint64_t now = 0; now <= 1000; now += 100)
		timers_run(now);
	assert_int_equal(ran, armed);
	assert_int_equal(timers_next_ms(1000), -1);
	timers_free();
}

static void again(struct timer *timer)
{
	ran++;
	timer_arm(timer, timer->at_ms);
}

static void timer_that_arms_itself_runs_once_a_round(void **state)
{
	struct timer timer = {.run = again};

	ran = 0;
	timer_arm(&timer, 5);
	timers_run(10);
	assert_int_equal(ran, 1);
	assert_int_equal(timers_next_ms(10), 0);
	timer_disarm(&timer);
	assert_int_equal(timers_next_ms(10), -1);
	timers_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_run_in_order),
		cmocka_unit_test(timer_that_arms_itself_runs_once_a_round),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
