// The cache's part of a transaction, and its answers to queries.
#include <unistd.h>

#include "../../main/clock.h"
#include "../../main/log.h"
#include "../../main/worker.h"
#include "control.h"

// Caches that have been replaced or whose port is not cached any more stay: a worker may be asked at any time.
static uint32_t opened_limit;

static void open_caches(const struct dataplane *dp)
{
	uint32_t limit = dp->settings.flow_limit != 0 ? dp->settings.flow_limit : DEFAULT_FLOW_LIMIT;
	bool wanted = false;

	for (uint16_t i = 0; i < dp->port_count; i++)
		wanted = wanted || dp->ports[dp->port_ids[i]]->cached;
	if (!wanted || limit == opened_limit) return;
	for (unsigned w = 0; w < worker_count; w++) {
		struct flow_cache *cache = flow_cache_open(limit);

		if (cache == NULL) {
			log_error("flow-cache-not-opened", "worker=%u entries=%u", w, limit);
			continue;
		}
		atomic_store(&cache->answered, atomic_load(&flow_request));
		if (flow_caches[w] == NULL)
			__atomic_store_n(&flow_caches[w], cache, __ATOMIC_RELEASE);
		else
			flow_caches[w]->successor = cache;
	}
	opened_limit = limit;
}

static bool answered(unsigned index, uint64_t request)
{
	const struct flow_cache *cache = __atomic_load_n(&flow_caches[index], __ATOMIC_ACQUIRE);

	return cache == NULL || atomic_load_explicit(&cache->answered, memory_order_acquire) >= request;
}

void flow_ask(unsigned milliseconds)
{
	uint64_t request, until = clock_monotonic_ms() + milliseconds;
	bool any = false;

	for (unsigned w = 0; w < worker_count; w++)
		any = any || flow_caches[w] != NULL;
	if (!any) return;
	request = atomic_fetch_add(&flow_request, 1) + 1;
	for (unsigned w = 0; w < worker_count; w++) {
		if (!workers_running()) {
			if (flow_caches[w] != NULL) flow_cache_answer(flow_caches[w], w);
			continue;
		}
		while (!answered(w, request) && (milliseconds == 0 || clock_monotonic_ms() < until)) {
			worker_wake(w);
			usleep(20);
		}
	}
}

void flow_settle(void)
{
	workers_synchronize();
	flow_ask(0);
}

// Before memory of the old root goes: nothing may be credited there any more.
static void published(struct generation *g)
{
	struct flow_cache *old[MAX_WORKERS];

	flow_changes_published(g);
	open_caches(generation_next(g));
	memcpy(old, flow_caches, sizeof(old));
	flow_ask(0);
	for (unsigned w = 0; w < worker_count; w++)
		if (old[w] != NULL && old[w] != flow_caches[w]) flow_cache_close(old[w]);
}

static void stop(void)
{
	for (unsigned w = 0; w < worker_count; w++) {
		flow_cache_close(flow_caches[w]);
		flow_caches[w] = NULL;
	}
	opened_limit = 0;
	flow_tracer_stop();
}

static void poll(void)
{
	for (unsigned w = 0; w < worker_count; w++)
		if (flow_caches[w] != NULL) flow_table_grow(&flow_caches[w]->table);
}

static void counters_wanted(void)
{
	// A client waits for the answer, not for a worker that is stuck.
	flow_ask(100);
}

static void l3_interface_changed(const struct l3_interface *interface)
{
	flow_element_changed(FLOW_INTERFACE, interface->id);
}

static void link_changed(const struct port *port, enum port_link link)
{
	RTE_SET_USED(link);
	flow_element_changed(FLOW_PORT, port->id);
}

void flow_state(Sluice__Api__FlowCacheState *state)
{
	for (unsigned w = 0; w < worker_count; w++) {
		const struct flow_cache *cache = flow_caches[w];

		if (cache == NULL) continue;
		state->exact_hits += cache->statistics.exact_hits;
		state->aggregate_hits += cache->statistics.aggregate_hits;
		state->misses += cache->statistics.misses;
		state->not_cacheable += cache->statistics.not_cacheable;
		state->inserted += cache->statistics.inserted;
		state->invalid += cache->statistics.invalid;
		state->evicted += cache->table.evicted;
		state->expired += cache->table.expired;
		state->entries += cache->table.entries;
		state->paths += cache->paths.used;
		state->aggregates += cache->table.entries - cache->table.of_mask[0];
		for (unsigned i = 1; i <= FLOW_MASKS; i++)
			state->aggregate_masks += cache->mask[i].used;
		state->memory += sizeof(*cache) + flow_table_memory(&cache->table) + flow_paths_memory(&cache->paths);
	}
}

uint64_t flow_skipped(uint32_t node)
{
	uint64_t sum = 0;

	for (unsigned w = 0; w < worker_count && node < FLOW_STAGES; w++)
		if (flow_caches[w] != NULL) sum += flow_caches[w]->paths.skipped[node];
	return sum;
}

static struct stage flow_stage = {
	.name = "flow",
	.stop = stop,
	.prepared = flow_cached_prepare,
	.published = published,
	.order = 1000,
	.interface_changed = l3_interface_changed,
	.link_changed = link_changed,
	.poll = poll,
	.counters_wanted = counters_wanted,
	.flow_cache_state = flow_state,
	.trace = flow_trace_query,
	.skipped_packets = flow_skipped,
};
STAGE_REGISTER(flow_stage);
