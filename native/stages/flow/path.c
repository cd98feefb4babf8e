#include "path.h"

#include <errno.h>

#include "memory.h"

int flow_paths_open(struct flow_paths *paths, uint32_t limit)
{
	memset(paths, 0, sizeof(*paths));
	paths->limit = limit;
	paths->fresh = 1;
	paths->hot = flow_memory_reserve((uint64_t)(limit + 1) * sizeof(*paths->hot));
	paths->cold = flow_memory_reserve((uint64_t)(limit + 1) * sizeof(*paths->cold));
	paths->chain = flow_memory_reserve(FLOW_PATH_CHAINS * sizeof(*paths->chain));
	if (paths->hot == NULL || paths->cold == NULL || paths->chain == NULL) {
		flow_paths_close(paths);
		return -ENOMEM;
	}
	flow_memory_touch(paths->hot, (uint64_t)(limit + 1) * sizeof(*paths->hot));
	flow_memory_touch(paths->cold, (uint64_t)(limit + 1) * sizeof(*paths->cold));
	flow_memory_touch(paths->chain, FLOW_PATH_CHAINS * sizeof(*paths->chain));
	return 0;
}

void flow_paths_close(struct flow_paths *paths)
{
	flow_memory_release(paths->hot, (uint64_t)(paths->limit + 1) * sizeof(*paths->hot));
	flow_memory_release(paths->cold, (uint64_t)(paths->limit + 1) * sizeof(*paths->cold));
	flow_memory_release(paths->chain, FLOW_PATH_CHAINS * sizeof(*paths->chain));
	paths->hot = NULL;
	paths->cold = NULL;
	paths->chain = NULL;
}

uint64_t flow_paths_memory(const struct flow_paths *paths)
{
	return (uint64_t)(paths->limit + 1) * (sizeof(*paths->hot) + sizeof(*paths->cold)) +
	       FLOW_PATH_CHAINS * sizeof(*paths->chain);
}

static uint32_t hash_of(const struct flow_verdict *verdict)
{
	const uint8_t *bytes = (const uint8_t *)verdict;
	uint32_t a = 0, b = 0x9e3779b9;

	// The bounds of the arrays leave most of it zero: only what is used counts.
	for (size_t i = 0; i < offsetof(struct flow_verdict, element); i += 8)
		a = flow_crc(flow_load64(bytes + i), a);
	for (unsigned i = 0; i < verdict->element_count; i++)
		b = flow_crc((uint64_t)verdict->element[i].slot << 32 | verdict->element[i].generation, b);
	for (unsigned i = 0; i < verdict->counter_count; i++)
		a = flow_crc((uintptr_t)verdict->counter[i].packets, a);
	for (unsigned i = 0; i < FLOW_TEMPLATE / 2; i += 8)
		b = flow_crc(flow_load64(verdict->header + FLOW_TEMPLATE / 2 + i), b);
	return a ^ (b << 16 | b >> 16);
}
_Static_assert(offsetof(struct flow_verdict, element) % 8 == 0, "hashed in words");

// ---------------------------------------------------------------- credits

void flow_path_credit(struct flow_paths *paths, uint32_t path)
{
	struct flow_path *hot = &paths->hot[path];
	struct flow_path_cold *cold = &paths->cold[path];
	const struct flow_verdict *verdict = &cold->verdict;
	uint64_t packets[FLOW_METERS + 1], octets[FLOW_METERS + 1];

	if (hot->packets == 0) return;
	// What comes to each part of the way: behind each meter less.
	packets[0] = hot->packets;
	octets[0] = hot->octets;
	for (unsigned i = 0; i < verdict->meter_count; i++) {
		packets[i + 1] = packets[i] - cold->metered[i];
		octets[i + 1] = octets[i] - cold->metered_octets[i];
		for (unsigned k = 0; k < verdict->meter[i].drop_count; k++)
			*verdict->meter[i].drops[k] += cold->metered[i];
		paths->skipped[verdict->meter[i].drop_node] += cold->metered[i];
		cold->metered[i] = cold->metered_octets[i] = 0;
	}
	for (unsigned i = 0; i < verdict->counter_count; i++) {
		const struct flow_counter *counter = &verdict->counter[i];
		uint64_t n = packets[counter->meters];

		*counter->packets += n;
		if (counter->octets != NULL)
			*counter->octets += octets[counter->meters] + (uint64_t)((int64_t)n * counter->adjust);
	}
	for (unsigned i = 0; i < verdict->node_count; i++)
		paths->skipped[verdict->node[i].node] += packets[verdict->node[i].meters];
	hot->packets = hot->octets = 0;
}

void flow_paths_credit(struct flow_paths *paths)
{
	for (uint32_t path = 1; path < paths->fresh; path++)
		if (paths->hot[path].used) flow_path_credit(paths, path);
}

void flow_path_metered(struct flow_paths *paths, uint32_t path, unsigned meter, uint32_t octets)
{
	paths->cold[path].metered[meter]++;
	paths->cold[path].metered_octets[meter] += octets;
}

// ---------------------------------------------------------------- their life

void flow_path_end(struct flow_paths *paths, uint32_t path)
{
	struct flow_path *hot = &paths->hot[path];
	struct flow_path_cold *cold = &paths->cold[path];
	uint32_t *at = &paths->chain[cold->hash % FLOW_PATH_CHAINS];

	flow_path_credit(paths, path);
	while (*at != path)
		at = &paths->cold[*at].next;
	*at = cold->next;
	hot->used = false;
	hot->generation++;
	cold->next = paths->free;
	paths->free = path;
	paths->used--;
}

static bool same(const struct flow_verdict *a, const struct flow_verdict *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

// A place for a new path: a free one, or that of one that nobody has used this second.
static uint32_t place(struct flow_paths *paths, uint32_t now)
{
	uint32_t path = paths->free;

	if (path != 0) {
		paths->free = paths->cold[path].next;
		return path;
	}
	if (paths->fresh <= paths->limit) return paths->fresh++;
	for (unsigned i = 0; i < 32; i++) {
		paths->hand = paths->hand >= paths->limit ? 1 : paths->hand + 1;
		if (i < 31 && paths->hot[paths->hand].second == now) continue;
		flow_path_end(paths, paths->hand);
		path = paths->free;
		paths->free = paths->cold[path].next;
		return path;
	}
	return 0;
}

uint32_t flow_path_take(struct flow_paths *paths, const struct flow_verdict *verdict, uint32_t now)
{
	uint32_t hash = hash_of(verdict), path;
	struct flow_path_cold *cold;
	struct flow_path *hot;

	for (path = paths->chain[hash % FLOW_PATH_CHAINS]; path != 0; path = paths->cold[path].next)
		if (paths->cold[path].hash == hash && same(&paths->cold[path].verdict, verdict)) return path;
	path = place(paths, now);
	if (path == 0) return 0;
	hot = &paths->hot[path];
	cold = &paths->cold[path];
	cold->verdict = *verdict;
	cold->hash = hash;
	cold->since = now;
	cold->next = paths->chain[hash % FLOW_PATH_CHAINS];
	paths->chain[hash % FLOW_PATH_CHAINS] = path;
	hot->epoch = 0;
	hot->packets = hot->octets = 0;
	hot->second = now;
	hot->largest = verdict->largest;
	hot->egress = verdict->egress;
	hot->egress_port = verdict->egress_port;
	hot->l2_length = verdict->l2_length;
	hot->l3_offset = verdict->l3_offset;
	hot->flags = (uint8_t)((verdict->drop ? PATH_DROP : 0) | (verdict->ttl_decrement ? PATH_TTL : 0) |
			       (verdict->meter_count != 0 || verdict->copy_count != 0 || verdict->set_dscp ? PATH_EXTRA
													   : 0));
	hot->used = true;
	memcpy(hot->header, verdict->header, sizeof(hot->header));
	paths->used++;
	return path;
}

bool flow_path_judge(struct flow_paths *paths, uint32_t path, uint64_t epoch)
{
	const struct flow_verdict *verdict = &paths->cold[path].verdict;

	for (unsigned i = 0; i < verdict->element_count; i++)
		if (atomic_load_explicit(&flow_generations[verdict->element[i].slot], memory_order_acquire) !=
		    verdict->element[i].generation)
			return false;
	paths->hot[path].epoch = epoch;
	return true;
}

void flow_paths_judge(struct flow_paths *paths)
{
	uint64_t epoch = atomic_load_explicit(&flow_epoch, memory_order_acquire);

	for (uint32_t path = 1; path < paths->fresh; path++)
		if (paths->hot[path].used && paths->hot[path].epoch != epoch && !flow_path_judge(paths, path, epoch))
			flow_path_end(paths, path);
}

bool flow_path_refresh(struct flow_paths *paths, uint32_t path, struct worker *worker, uint32_t now)
{
	const struct flow_verdict *verdict = &paths->cold[path].verdict;

	// What keeps a packet from its way may pass without an element's being changed: a limit, a neighbour's silence.
	if (verdict->drop) return false;
	for (unsigned i = 0; i < verdict->refresh_count; i++)
		if (!verdict->refresh[i].run(worker, verdict->refresh[i].a, verdict->refresh[i].b)) return false;
	paths->hot[path].second = now;
	if (verdict->use_count != 0) paths->hot[path].flags |= PATH_USE;
	return true;
}
