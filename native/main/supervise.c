#include "supervise.h"

#include <stdint.h>
#include <stdlib.h>

#include "notify.h"
#include "stage.h"

static uint32_t period_ms;

static void on_time(struct timer *timer)
{
	notify_send("WATCHDOG=1");
	timer_arm(timer, control_now_ms() + period_ms);
}

void supervise_start(void)
{
	static struct timer timer = {.run = on_time};
	const char *limit = getenv("WATCHDOG_USEC");
	uint64_t microseconds = limit != NULL ? strtoull(limit, NULL, 10) : 0;

	notify_send("READY=1");
	period_ms = (uint32_t)(microseconds / 3000);
	if (period_ms > 0) timer_arm(&timer, control_now_ms() + period_ms);
}
