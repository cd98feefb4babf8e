#include "generation.h"
#include "clock.h"
#include "stages.h"
#include "worker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// In front of every block of generation memory: which generation made it, and the chain that an abort frees.
struct block {
	uint64_t generation;
	struct block *next;
} __rte_cache_aligned;

struct note {
	void (*run)(void *arg);
	void *arg;
};

struct notes {
	struct note *list;
	unsigned count, room;
};

struct member_change {
	uint32_t bridge_domain;
	uint32_t logical_port;
	bool joins;
	unsigned order;
};

struct generation {
	struct dataplane *next;
	const struct dataplane *before;
	struct block *fresh;
	struct notes on_commit, on_abort;
	const void **retired;
	unsigned retired_count, retired_room;
	struct member_change *members;
	unsigned member_count, member_room;
	struct block_change *block_changes;
	unsigned block_change_count, block_change_room;
	uint64_t effective_at_ns;
	char refusal[256];
};

static uint64_t generations;

// Doubles an array; 0 or -ENOMEM.
static int grow(void *array, unsigned *room, unsigned count, size_t size)
{
	void **list = array;

	if (count < *room) return 0;
	unsigned more = *room ? *room * 2 : 16;
	void *grown = realloc(*list, more * size);
	if (grown == NULL) return -ENOMEM;
	*list = grown;
	*room = more;
	return 0;
}

static struct block *block_of(const void *memory)
{
	return (struct block *)(uintptr_t)memory - 1;
}

// A fresh block that no abort frees: for the root itself.
static void *block_new(uint64_t generation, size_t size, struct block **chain)
{
	size_t whole = RTE_ALIGN_CEIL(sizeof(struct block) + size, RTE_CACHE_LINE_SIZE);
	struct block *block = aligned_alloc(RTE_CACHE_LINE_SIZE, whole);

	if (block == NULL) return NULL;
	memset(block, 0, whole);
	block->generation = generation;
	block->next = *chain;
	*chain = block;
	return block + 1;
}

struct generation *generation_begin(void)
{
	struct generation *g = calloc(1, sizeof(*g));

	if (g == NULL) return NULL;
	g->before = dataplane_current();
	generations++;
	g->next = block_new(generations, sizeof(*g->next), &g->fresh);
	if (g->next == NULL) {
		free(g);
		return NULL;
	}
	*g->next = *g->before;
	g->next->generation = generations;
	return g;
}

static void generation_free(struct generation *g)
{
	free(g->on_commit.list);
	free(g->on_abort.list);
	free(g->retired);
	free(g->members);
	free(g->block_changes);
	free(g);
}

static void run_notes(const struct notes *notes)
{
	// Backwards: what was done last is undone first.
	for (unsigned i = notes->count; i > 0; i--)
		notes->list[i - 1].run(notes->list[i - 1].arg);
}

// A block point is blocked since every worker obeys it. Only this thread reads the time.
static void date_block_points(struct generation *g)
{
	for (unsigned i = 0; i < g->block_change_count; i++) {
		struct block_point *point = (struct block_point *)(uintptr_t)g->block_changes[i].point;

		if (g->block_changes[i].blocked) point->since_ns = g->effective_at_ns;
	}
}

uint64_t generation_commit(struct generation *g, void (*announce)(struct generation *g))
{
	generation_retire(g, g->before);
	dataplane_publish(g->next);
	workers_synchronize();
	g->effective_at_ns = clock_realtime_ns();
	date_block_points(g);
	stages_published(g);
	if (announce != NULL) announce(g);
	run_notes(&g->on_commit);
	for (unsigned i = 0; i < g->retired_count; i++)
		free(block_of(g->retired[i]));
	uint64_t at = g->effective_at_ns;
	generation_free(g);
	return at;
}

void generation_abort(struct generation *g)
{
	if (g == NULL) return;
	run_notes(&g->on_abort);
	for (struct block *block = g->fresh, *next; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	generation_free(g);
}

const struct dataplane *generation_before(const struct generation *g)
{
	return g->before;
}

const struct dataplane *generation_next(const struct generation *g)
{
	return g->next;
}

struct dataplane *generation_root(struct generation *g)
{
	return g->next;
}

void *generation_alloc(struct generation *g, size_t size)
{
	return block_new(g->next->generation, size, &g->fresh);
}

bool generation_owns(const struct generation *g, const void *memory)
{
	return memory != NULL && block_of(memory)->generation == g->next->generation;
}

void generation_retire(struct generation *g, const void *memory)
{
	if (memory == NULL) return;
	// Without memory to note it the block leaks: nothing else could be done that is safe for the workers.
	if (grow(&g->retired, &g->retired_room, g->retired_count, sizeof(*g->retired)) == 0)
		g->retired[g->retired_count++] = memory;
}

static int note(struct notes *notes, void (*run)(void *arg), void *arg)
{
	if (grow(&notes->list, &notes->room, notes->count, sizeof(*notes->list)) < 0) return -ENOMEM;
	notes->list[notes->count++] = (struct note){run, arg};
	return 0;
}

int generation_on_commit(struct generation *g, void (*run)(void *arg), void *arg)
{
	return note(&g->on_commit, run, arg);
}

int generation_on_abort(struct generation *g, void (*run)(void *arg), void *arg)
{
	return note(&g->on_abort, run, arg);
}

int generation_refuse(struct generation *g, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(g->refusal, sizeof(g->refusal), format, args);
	va_end(args);
	return code;
}

const char *generation_refusal(const struct generation *g)
{
	return g->refusal;
}

struct block_change *generation_block_changes(struct generation *g, unsigned *count)
{
	*count = g->block_change_count;
	return g->block_changes;
}

int generation_block_change(struct generation *g, const struct block_point *point, bool blocked)
{
	if (grow(&g->block_changes, &g->block_change_room, g->block_change_count, sizeof(*g->block_changes)) < 0)
		return -ENOMEM;
	g->block_changes[g->block_change_count++] = (struct block_change){.point = point, .blocked = blocked};
	return 0;
}

uint64_t generation_effective_at_ns(const struct generation *g)
{
	return g->effective_at_ns;
}

int generation_map_set(struct generation *g, struct id_map *map, uint32_t id, const void *value)
{
	void **chunk = map->chunk[id / ID_CHUNK];

	if (!generation_owns(g, chunk)) {
		void **copy = generation_alloc(g, ID_CHUNK * sizeof(void *));

		if (copy == NULL) return -ENOMEM;
		if (chunk != NULL) {
			memcpy(copy, chunk, ID_CHUNK * sizeof(void *));
			generation_retire(g, chunk);
		}
		map->chunk[id / ID_CHUNK] = chunk = copy;
	}
	chunk[id % ID_CHUNK] = (void *)(uintptr_t)value;
	return 0;
}

struct port *generation_port(struct generation *g, uint16_t id)
{
	const struct port *port = dataplane_port(g->next, id);

	if (port == NULL || generation_owns(g, port)) return (struct port *)(uintptr_t)port;
	struct port *copy = generation_alloc(g, sizeof(*copy));
	if (copy == NULL) return NULL;
	*copy = *port;
	generation_retire(g, port);
	g->next->ports[id] = copy;
	return copy;
}

// A copy of the object of `size` bytes at `id`, unless this generation made it. NULL: there is none, or no memory.
static void *writable(struct generation *g, struct id_map *map, uint32_t id, size_t size)
{
	void *old = id_map_get(map, id), *copy;

	if (old == NULL || generation_owns(g, old)) return old;
	copy = generation_alloc(g, size);
	if (copy == NULL) return NULL;
	memcpy(copy, old, size);
	if (generation_map_set(g, map, id, copy) < 0) return NULL;
	generation_retire(g, old);
	return copy;
}

struct bridge_domain *generation_bridge_domain(struct generation *g, uint32_t id)
{
	return writable(g, &g->next->bridge_domains, id, sizeof(struct bridge_domain));
}

struct logical_port *generation_logical_port(struct generation *g, uint32_t id)
{
	return writable(g, &g->next->logical_ports, id, sizeof(struct logical_port));
}

struct vrf *generation_vrf(struct generation *g, uint32_t id)
{
	return writable(g, &g->next->vrfs, id, sizeof(struct vrf));
}

struct l3_interface *generation_interface(struct generation *g, uint32_t id)
{
	return writable(g, &g->next->interfaces, id, sizeof(struct l3_interface));
}

int generation_member(struct generation *g, uint32_t bridge_domain, uint32_t logical_port, bool joins)
{
	if (bridge_domain == 0) return 0;
	if (grow(&g->members, &g->member_room, g->member_count, sizeof(*g->members)) < 0) return -ENOMEM;
	g->members[g->member_count] = (struct member_change){bridge_domain, logical_port, joins, g->member_count};
	g->member_count++;
	return 0;
}

static int member_order(const void *a, const void *b)
{
	const struct member_change *x = a, *y = b;

	if (x->bridge_domain != y->bridge_domain) return x->bridge_domain < y->bridge_domain ? -1 : 1;
	if (x->logical_port != y->logical_port) return x->logical_port < y->logical_port ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

// Merges the sorted changes of one bridge domain into its sorted list.
static int merge(struct generation *g, struct bridge_domain *bd, const struct member_change *change, unsigned count)
{
	const struct member_list *old = bd->members;
	uint32_t had = old != NULL ? old->count : 0, i = 0;
	struct member_list *list = generation_alloc(g, sizeof(*list) + (had + count) * sizeof(list->logical_port[0]));

	if (list == NULL) return -ENOMEM;
	for (unsigned c = 0; c < count; c++) {
		// The last word on one logical port counts.
		if (c + 1 < count && change[c + 1].logical_port == change[c].logical_port) continue;
		while (i < had && old->logical_port[i] < change[c].logical_port)
			list->logical_port[list->count++] = old->logical_port[i++];
		if (i < had && old->logical_port[i] == change[c].logical_port) i++;
		if (change[c].joins) list->logical_port[list->count++] = change[c].logical_port;
	}
	while (i < had)
		list->logical_port[list->count++] = old->logical_port[i++];
	generation_retire(g, old);
	bd->members = list;
	return 0;
}

int generation_members_done(struct generation *g)
{
	unsigned from = 0, to;

	if (g->member_count == 0) return 0;
	qsort(g->members, g->member_count, sizeof(*g->members), member_order);
	for (; from < g->member_count; from = to) {
		uint32_t id = g->members[from].bridge_domain;

		for (to = from; to < g->member_count && g->members[to].bridge_domain == id;)
			to++;
		if (dataplane_bridge_domain(g->next, id) == NULL) continue; // deleted by this generation
		struct bridge_domain *bd = generation_bridge_domain(g, id);
		if (bd == NULL || merge(g, bd, &g->members[from], to - from) < 0) return -ENOMEM;
	}
	return 0;
}

// ---------------------------------------------------------------- the visible root

static const struct dataplane *current;

const struct dataplane *dataplane_current(void)
{
	return current;
}

const struct dataplane *const *dataplane_root(void)
{
	return &current;
}

void dataplane_publish(const struct dataplane *next)
{
	// Sleeping workers stay asleep: they load the root when they wake, and new ports wake them through epoll.
	__atomic_store_n(&current, next, __ATOMIC_SEQ_CST);
}

int dataplane_start(void)
{
	struct block *chain = NULL;
	struct dataplane *first = block_new(0, sizeof(*first), &chain);

	if (first == NULL) return -ENOMEM;
	first->settings.mac_limit = DEFAULT_MAC_LIMIT;
	first->settings.flow_limit = DEFAULT_FLOW_LIMIT;
	first->settings.neighbour_limit = DEFAULT_NEIGHBOUR_LIMIT;
	current = first;
	return 0;
}

void dataplane_stop(void)
{
	if (current == NULL) return;
	const struct id_map *maps[] = {&current->logical_ports, &current->bridge_domains, &current->vrfs,
				       &current->interfaces};

	for (unsigned m = 0; m < RTE_DIM(maps); m++)
		for (unsigned i = 0; i < ID_CHUNKS; i++)
			if (maps[m]->chunk[i] != NULL) free(block_of(maps[m]->chunk[i]));
	free(block_of(current));
	current = NULL;
}
