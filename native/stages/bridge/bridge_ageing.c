// Ageing: sweeps what is not valid any more out of the forwarding database, and reports the limits that were met.
#include "bridge_control.h"

// A quarter of a second each; the whole table is looked at in SWEEP_TICKS of them.
#define TICK_MS     250
#define SWEEP_TICKS 8

_Atomic bool bridge_limit_met;

static bool keep_valid(void *ctx, uint64_t key, uint64_t value)
{
	const struct dataplane *dp = dataplane_current();
	const struct bridge_domain *bd = dataplane_bridge_domain(dp, key >> 48);

	return bd != NULL && bridge_entry_port(dp, bd, value, *(uint32_t *)ctx) != NULL;
}

void bridge_sweep_all(void)
{
	uint32_t cursor = 0, now = bridge_seconds();

	fdb_sweep(&bridge_fdb, &cursor, fdb_buckets(&bridge_fdb), keep_valid, &now);
}

static uint32_t sweep_cursor;
static uint64_t limit_reported_ms;

static void report_limit(const struct bridge_domain *bd)
{
	uint32_t id = atomic_exchange_explicit(&bd->fdb->limited_port, 0, memory_order_relaxed);
	const struct logical_port *lp = dataplane_logical_port(dataplane_current(), id);
	Sluice__Api__MacLimitEvent limit = SLUICE__API__MAC_LIMIT_EVENT__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;

	if (lp == NULL) return;
	limit.bridge_domain = (char *)(uintptr_t)bd->name;
	limit.logical_port = (char *)(uintptr_t)lp->name;
	event.at_ns = control_realtime_ns();
	event.what_case = SLUICE__API__EVENT__WHAT_MAC_LIMIT;
	event.mac_limit = &limit;
	event_emit(&event);
}

// At most one event a bridge domain and second.
static void report_limits(void)
{
	const struct dataplane *dp = dataplane_current();

	if (control_now_ms() - limit_reported_ms < 1000 || !atomic_exchange(&bridge_limit_met, false)) return;
	limit_reported_ms = control_now_ms();
	for (uint32_t id = 1; id <= MAX_ID; id++) {
		const struct bridge_domain *bd = dataplane_bridge_domain(dp, id);

		if (bd != NULL && atomic_load_explicit(&bd->fdb->limited_port, memory_order_relaxed) != 0)
			report_limit(bd);
	}
}

static void tick(struct timer *timer)
{
	uint32_t now = bridge_seconds();

	if (atomic_load(&bridge_fdb.learned) != 0)
		fdb_sweep(&bridge_fdb, &sweep_cursor, fdb_buckets(&bridge_fdb) / SWEEP_TICKS, keep_valid, &now);
	report_limits();
	bridge_moves_tick();
	timer_arm(timer, control_now_ms() + TICK_MS);
}

static struct timer ageing = {.run = tick};

int bridge_ageing_start(void)
{
	return timer_arm(&ageing, control_now_ms() + TICK_MS);
}

void bridge_ageing_stop(void)
{
	timer_disarm(&ageing);
}
