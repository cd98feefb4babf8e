#include <rte_cycles.h>

#include "../drop/drop_node.h"
#include "control_plane.h"

// Above the limit of its class.
DROP_NODE(control_plane_policed, "control-plane-policed", DROP_INGRESS);

struct control_limit control_limits[CONTROL_CLASSES];
struct control_counters control_counters[MAX_WORKERS + 1];

void control_limit_set(struct control_limit *limit, uint32_t rate, uint32_t burst)
{
	uint64_t interval = rate == 0 ? UINT64_MAX : RTE_MAX(rte_get_tsc_hz() / rate, UINT64_C(1));

	atomic_store(&limit->depth, rate == 0 ? 0 : interval * burst);
	atomic_store(&limit->interval, interval);
	// Of the limit before it may be far ahead.
	atomic_store(&limit->full_at, 0);
}
