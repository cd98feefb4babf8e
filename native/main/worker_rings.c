#include "worker_rings.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>

int worker_rings_open(const struct worker_rings *rings)
{
	size_t size = (size_t)rte_ring_get_memsize_elem(rings->size, rings->capacity);

	for (unsigned w = 0; w < worker_count; w++) {
		rings->of[w] = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE));
		if (rings->of[w] == NULL) return -ENOMEM;
		if (rte_ring_init(rings->of[w], rings->name, rings->capacity, RING_F_SP_ENQ | RING_F_SC_DEQ) != 0)
			return -EINVAL;
	}
	return 0;
}

void worker_rings_close(const struct worker_rings *rings)
{
	for (unsigned w = 0; w < MAX_WORKERS; w++) {
		free(rings->of[w]);
		rings->of[w] = NULL;
	}
}

bool worker_rings_put(const struct worker_rings *rings, const struct worker *worker, const void *element)
{
	return rte_ring_sp_enqueue_elem(rings->of[worker->index], (void *)(uintptr_t)element, rings->size) == 0;
}

bool worker_rings_take(const struct worker_rings *rings, void *batch, unsigned count,
		       void (*take)(const void *element, uint64_t now), uint64_t now)
{
	bool more = false;

	for (unsigned w = 0; w < worker_count; w++) {
		unsigned got, sum = 0;

		do {
			got = rte_ring_sc_dequeue_burst_elem(rings->of[w], batch, rings->size, count, NULL);
			for (unsigned i = 0; i < got; i++)
				take((const uint8_t *)batch + (size_t)i * rings->size, now);
			sum += got;
		} while (got == count && sum < rings->capacity);
		more |= got == count;
	}
	return more;
}
