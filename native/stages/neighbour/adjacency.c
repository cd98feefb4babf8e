// Adjacencies by id, as packets see them.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ether.h>

#include "../../main/id.h"
#include "../flow/record.h"
#include "table.h"

_Atomic(const struct adjacency *) adjacency_table[ADJACENCIES];
uint8_t adjacency_use[ADJACENCIES];

// So many wait for a quiescent state at most before it is awaited.
#define RETIRED 256

static struct id_pool ids = {.limit = ADJACENCIES - 1};
static const struct adjacency *retired[RETIRED];
static unsigned retired_count;

void adjacency_reclaim(void)
{
	if (retired_count == 0) return;
	workers_synchronize();
	for (unsigned i = 0; i < retired_count; i++)
		free((void *)(uintptr_t)retired[i]);
	retired_count = 0;
}

// First the table, then the paths that have looked at it.
static void swing(uint32_t id, const struct adjacency *next)
{
	const struct adjacency *old = atomic_load_explicit(&adjacency_table[id], memory_order_relaxed);

	atomic_store_explicit(&adjacency_table[id], next, memory_order_release);
	flow_element_changed(FLOW_ADJACENCY, id);
	if (old == NULL) return;
	if (retired_count == RETIRED) adjacency_reclaim();
	retired[retired_count++] = old;
}

static struct adjacency *made(const struct neighbour *neighbour, uint32_t id)
{
	struct adjacency *adjacency = calloc(1, sizeof(*adjacency));

	if (adjacency == NULL) return NULL;
	adjacency->id = id;
	adjacency->interface = neighbour->interface;
	adjacency->version = neighbour->version;
	adjacency->address = neighbour->address;
	adjacency->length = RTE_ETHER_HDR_LEN;
	return adjacency;
}

uint32_t adjacency_new(const struct neighbour *neighbour)
{
	uint32_t id = id_take(&ids);
	struct adjacency *adjacency = id != 0 ? made(neighbour, id) : NULL;

	if (adjacency == NULL) {
		if (id != 0) id_give(&ids, id);
		return 0;
	}
	__atomic_store_n(&adjacency_use[id], 0, __ATOMIC_RELAXED);
	swing(id, adjacency);
	return id;
}

bool adjacency_write(const struct neighbour *neighbour, const struct rte_ether_addr *destination,
		     const struct rte_ether_addr *source)
{
	uint32_t id = neighbour->adjacency;
	const struct adjacency *old = atomic_load_explicit(&adjacency_table[id], memory_order_relaxed);
	struct rte_ether_hdr header = {0};
	bool complete = destination != NULL && !rte_is_zero_ether_addr(source);
	struct adjacency *next;

	if (complete) {
		header.dst_addr = *destination;
		header.src_addr = *source;
		header.ether_type =
			rte_cpu_to_be_16(neighbour->version == IP_V4 ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6);
	}
	if (old != NULL && old->complete == complete && memcmp(old->header, &header, sizeof(header)) == 0) return true;
	next = made(neighbour, id);
	if (next != NULL) {
		next->complete = complete;
		memcpy(next->header, &header, sizeof(header));
	}
	// Without memory: to nobody is better than to the wrong one.
	swing(id, next);
	return next != NULL;
}

void adjacency_free(uint32_t id)
{
	swing(id, NULL);
	id_give(&ids, id);
}

uint32_t adjacency_highest(void)
{
	return ids.next;
}

void adjacency_stop(void)
{
	adjacency_reclaim();
	id_pool_free(&ids);
}
