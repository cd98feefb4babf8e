// Two ports back to back within the engine: what one sends the other receives. The first port that names a ring is
// its one end, the second the other.
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#define RING_SIZE 4096

struct pair {
	char name[NAME_SIZE];
	struct rte_ring *towards[2]; // towards[i] is what end i receives
	bool taken[2];
	unsigned worker[2]; // who receives at the end
	struct pair *next;
};

struct ring_device {
	struct device device;
	struct pair *pair;
	unsigned end;
};

static struct pair *pairs;

static struct rte_ring *ring_new(void)
{
	size_t size = RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(RING_SIZE), RTE_CACHE_LINE_SIZE);
	struct rte_ring *ring = aligned_alloc(RTE_CACHE_LINE_SIZE, size);

	if (ring != NULL) rte_ring_init(ring, "port", RING_SIZE, RING_F_SC_DEQ);
	return ring;
}

static struct pair *pair_take(const char *name, unsigned *end)
{
	struct pair *pair = pairs;

	while (pair != NULL && strcmp(pair->name, name) != 0)
		pair = pair->next;
	if (pair != NULL) {
		*end = pair->taken[0] ? 1 : 0;
		return pair;
	}
	pair = calloc(1, sizeof(*pair));
	if (pair == NULL) return NULL;
	snprintf(pair->name, sizeof(pair->name), "%.63s", name);
	pair->towards[0] = ring_new();
	pair->towards[1] = ring_new();
	if (pair->towards[0] == NULL || pair->towards[1] == NULL) {
		free(pair->towards[0]);
		free(pair->towards[1]);
		free(pair);
		return NULL;
	}
	pair->next = pairs;
	pairs = pair;
	*end = 0;
	return pair;
}

static void drain(struct rte_ring *ring)
{
	void *m;

	while (rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
}

static int ring_open(const struct device_spec *spec, struct device **out, struct device_error *error)
{
	struct ring_device *it;
	unsigned end = 0;
	struct pair *pair = pair_take(spec->name, &end);

	if (pair == NULL) return -ENOMEM;
	if (pair->taken[end]) {
		snprintf(error->text, sizeof(error->text), "both ends of ring %s are taken", spec->name);
		return -EEXIST;
	}
	it = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(sizeof(*it), RTE_CACHE_LINE_SIZE));
	if (it == NULL) return -ENOMEM;
	memset(it, 0, sizeof(*it));
	device_init(&it->device, &device_ring, 1, 1);
	it->pair = pair;
	it->end = end;
	__atomic_store_n(&pair->worker[end], it->device.first_worker, __ATOMIC_RELAXED);
	pair->taken[end] = true;
	*out = &it->device;
	return 0;
}

static void ring_close(struct device *device)
{
	if (device == NULL) return;
	struct ring_device *it = (struct ring_device *)device;
	struct pair *pair = it->pair;

	pair->taken[it->end] = false;
	drain(pair->towards[it->end]);
	if (!pair->taken[0] && !pair->taken[1]) {
		struct pair **at = &pairs;

		while (*at != pair)
			at = &(*at)->next;
		*at = pair->next;
		drain(pair->towards[!it->end]);
		free(pair->towards[0]);
		free(pair->towards[1]);
		free(pair);
	}
	free(it);
}

static uint16_t ring_receive(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			     uint16_t n)
{
	struct ring_device *it = (struct ring_device *)device;

	return (uint16_t)rte_ring_sc_dequeue_burst(it->pair->towards[it->end], (void **)packets, n, NULL);
}

static uint16_t ring_transmit(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			      uint16_t n)
{
	struct ring_device *it = (struct ring_device *)device;
	uint16_t done = 0;

	if (!__atomic_load_n(&it->pair->taken[!it->end], __ATOMIC_RELAXED)) {
		rte_pktmbuf_free_bulk(packets, n);
		device->queues[queue].tx_errors += n;
		return n;
	}
	for (; done < n; done++) {
		struct rte_mbuf *m = device_own_copy(worker, packets[done]);

		if (unlikely(m == NULL)) {
			device->queues[queue].tx_errors++;
			continue;
		}
		packets[done] = m;
		if (rte_ring_mp_enqueue(it->pair->towards[!it->end], m) != 0) break;
	}
	// Who sends looks again by itself after this walk.
	unsigned other = __atomic_load_n(&it->pair->worker[!it->end], __ATOMIC_RELAXED);
	if (worker->index != other && done > 0) worker_wake(other);
	return done;
}

const struct device_kind device_ring = {
	.name = "ring",
	.largest_mtu = 9216,
	.open = ring_open,
	.close = ring_close,
	.receive = ring_receive,
	.transmit = ring_transmit,
};
