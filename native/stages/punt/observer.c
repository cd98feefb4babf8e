#include "observer.h"

#include <errno.h>

#include "../../main/buffers.h"
#include "tap.h"

// Copies that are on their way at once.
#define COPIES 4095

static struct rte_mempool *pool;

int observer_start(void)
{
	if (pool == NULL) pool = buffers_pool_for_device("observe", COPIES);
	return pool != NULL ? 0 : -ENOMEM;
}

void observer_see(const struct worker *worker, struct observer *observer, struct rte_mbuf *m)
{
	struct observer_counters *counters = &observer->counters[worker->index];
	uint32_t slot = atomic_load_explicit(&observer->tap->slot, memory_order_relaxed);
	struct rte_mbuf *copy;

	if (slot == 0 || worker_traces(worker)) return;
	if (observer->filter != NULL && !observer_filter_passes(observer->filter, m)) {
		counters->filtered++;
		return;
	}
	if (counters->pass-- != 0) return;
	counters->pass = observer->sampling - 1;
	if (observer->has_rate && !control_limit_takes(&observer->rate)) {
		counters->limited++;
		return;
	}
	copy = rte_pktmbuf_copy(m, pool, 0, observer->snap_length);
	if (copy == NULL) {
		counters->dropped++;
		return;
	}
	*packet_meta(copy) = (struct packet_meta){0};
	if (tap_io_copy(worker, slot, copy)) {
		counters->copied++;
		return;
	}
	rte_pktmbuf_free(copy);
	counters->dropped++;
}
