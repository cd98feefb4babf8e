// The last row is that of traces. A bucket is one number: the time at which it is full again (in TSC). A token moves it
// by the interval between two.
#include "rate.h"

#include <rte_cycles.h>

bool icmp_rate_unlimited;

static uint64_t full_at[MAX_WORKERS + 1][MAX_ID + 1];

bool icmp_rate_take(const struct worker *worker, uint32_t interface)
{
	uint64_t *bucket = &full_at[worker->index][RTE_MIN(interface, (uint32_t)MAX_ID)];
	uint64_t interval = rte_get_tsc_hz() * worker_count / ICMP_ERRORS_PER_SECOND, now = rte_rdtsc();
	uint64_t least = RTE_MAX(ICMP_ERRORS_BURST / worker_count, 1u);

	if (icmp_rate_unlimited) return true;
	if (*bucket < now) *bucket = now;
	if (*bucket - now > (least - 1) * interval) return false;
	*bucket += interval;
	return true;
}
