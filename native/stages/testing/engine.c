#include "engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../main/clock.h"

// ---------------------------------------------------------------- memory

struct block {
	struct block *next;
	uint64_t generation;
	bool retired;
} __rte_cache_aligned;

static struct block *blocks;

static struct block *block_of(const void *memory)
{
	return (struct block *)(uintptr_t)memory - 1;
}

static void blocks_free(bool (*goes)(const struct block *block, uint64_t generation), uint64_t generation)
{
	struct block **place = &blocks;

	while (*place != NULL) {
		struct block *block = *place;

		if (!goes(block, generation)) {
			place = &block->next;
			continue;
		}
		*place = block->next;
		free(block);
	}
}

static bool is_retired(const struct block *block, uint64_t generation)
{
	return block->retired;
}

static bool is_of(const struct block *block, uint64_t generation)
{
	return block->generation == generation;
}

// ---------------------------------------------------------------- generations

struct note {
	void (*run)(void *arg);
	void *arg;
	struct note *next;
};

struct generation {
	struct dataplane next;
	const struct dataplane *before;
	struct note *on_commit, *on_abort;
	struct block_change changes[8192];
	unsigned change_count;
	uint64_t effective_at_ns;
	const void *retired[65536];
	unsigned retired_count;
	char refusal[256];
};

static struct generation now_generation, next_generation;
static struct dataplane current;
static struct dataplane before_root;
static struct stage *stages;

void stage_register(struct stage *stage)
{
	struct stage **at = &stages;

	while (*at != NULL && (*at)->order <= stage->order)
		at = &(*at)->next;
	stage->next = *at;
	*at = stage;
}

const struct dataplane *generation_before(const struct generation *g)
{
	return g->before;
}

const struct dataplane *generation_next(const struct generation *g)
{
	return &g->next;
}

void *generation_alloc(struct generation *g, size_t size)
{
	size_t whole = RTE_ALIGN_CEIL(sizeof(struct block) + size, RTE_CACHE_LINE_SIZE);
	struct block *block = aligned_alloc(RTE_CACHE_LINE_SIZE, whole);

	if (block == NULL) return NULL;
	memset(block, 0, whole);
	block->generation = g->next.generation;
	block->next = blocks;
	blocks = block;
	return block + 1;
}

void generation_retire(struct generation *g, const void *memory)
{
	if (memory != NULL && g->retired_count < RTE_DIM(g->retired)) g->retired[g->retired_count++] = memory;
}

bool generation_owns(const struct generation *g, const void *memory)
{
	return memory != NULL && block_of(memory)->generation == g->next.generation;
}

static int note(struct note **list, void (*run)(void *arg), void *arg)
{
	struct note *note = calloc(1, sizeof(*note));

	if (note == NULL) return -ENOMEM;
	*note = (struct note){run, arg, *list};
	*list = note;
	return 0;
}

static void notes_end(struct note *list, bool run)
{
	for (struct note *note = list, *next; note != NULL; note = next) {
		next = note->next;
		if (run) note->run(note->arg);
		free(note);
	}
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

struct block_change *generation_block_changes(struct generation *g, unsigned *count)
{
	*count = g->change_count;
	return g->changes;
}

uint64_t generation_effective_at_ns(const struct generation *g)
{
	return g->effective_at_ns;
}

struct generation *engine_begin(void)
{
	static uint64_t number;

	memset(&next_generation, 0, offsetof(struct generation, retired));
	next_generation.retired_count = 0;
	next_generation.next = current;
	next_generation.next.generation = ++number;
	before_root = current;
	next_generation.before = &before_root;
	return &next_generation;
}

struct block_change *engine_commit(struct generation *g, unsigned *count)
{
	current = g->next;
	g->effective_at_ns = clock_realtime_ns();
	for (struct stage *stage = stages; stage != NULL; stage = stage->next)
		if (stage->published != NULL) stage->published(g);
	notes_end(g->on_commit, true);
	notes_end(g->on_abort, false);
	for (unsigned i = 0; i < g->retired_count; i++)
		block_of(g->retired[i])->retired = true;
	// Block points stay readable for the test until the next generation.
	memcpy(now_generation.changes, g->changes, sizeof(g->changes[0]) * g->change_count);
	blocks_free(is_retired, 0);
	if (count != NULL) *count = g->change_count;
	return now_generation.changes;
}

void engine_abort(struct generation *g)
{
	notes_end(g->on_abort, true);
	notes_end(g->on_commit, false);
	blocks_free(is_of, g->next.generation);
}

// ---------------------------------------------------------------- objects

#define EACH_STAGE(call, ...)                                                                                          \
	do {                                                                                                           \
		for (struct stage *stage_ = stages; stage_ != NULL; stage_ = stage_->next) {                           \
			int result_ = stage_->call != NULL ? stage_->call(__VA_ARGS__) : 0;                            \
			if (result_ != 0) return result_;                                                              \
		}                                                                                                      \
	} while (0)

static void map_set(struct generation *g, struct id_map *map, uint32_t id, const void *value)
{
	void **chunk = map->chunk[id / ID_CHUNK];

	if (!generation_owns(g, chunk)) {
		void **fresh = generation_alloc(g, ID_CHUNK * sizeof(*fresh));

		if (chunk != NULL) memcpy(fresh, chunk, ID_CHUNK * sizeof(*fresh));
		generation_retire(g, chunk);
		map->chunk[id / ID_CHUNK] = chunk = fresh;
	}
	chunk[id % ID_CHUNK] = (void *)(uintptr_t)value;
}

static void *copy_of(struct generation *g, const void *old, size_t size)
{
	void *copy = generation_alloc(g, size);

	memcpy(copy, old, size);
	generation_retire(g, old);
	return copy;
}

struct port *generation_port(struct generation *g, uint16_t id)
{
	const struct port *port = dataplane_port(&g->next, id);

	if (port != NULL && !generation_owns(g, port)) g->next.ports[id] = port = copy_of(g, port, sizeof(*port));
	return (struct port *)(uintptr_t)port;
}

struct bridge_domain *generation_bridge_domain(struct generation *g, uint32_t id)
{
	const struct bridge_domain *bd = dataplane_bridge_domain(&g->next, id);

	if (bd != NULL && !generation_owns(g, bd)) {
		bd = copy_of(g, bd, sizeof(*bd));
		map_set(g, &g->next.bridge_domains, id, bd);
	}
	return (struct bridge_domain *)(uintptr_t)bd;
}

uint16_t engine_port_mtu[MAX_PORTS];

static struct counters counters_of_ports[MAX_PORTS], counters_of_logical_ports[MAX_ID + 1];

int engine_port(struct generation *g, uint16_t id, bool exists)
{
	const struct port *old = dataplane_port(&g->next, id);
	struct port *port = NULL;

	if (exists) {
		port = generation_alloc(g, sizeof(*port));
		if (old != NULL) *port = *old;
		port->id = id;
		port->enabled = true;
		port->mtu = engine_port_mtu[id] != 0 ? engine_port_mtu[id] : 1500;
		port->io = (struct port_io *)(uintptr_t)1;
		port->counters = &counters_of_ports[id];
		snprintf(port->name, sizeof(port->name), "port%u", id);
	}
	g->next.ports[id] = port;
	generation_retire(g, old);
	EACH_STAGE(port, g, old, port);
	return 0;
}

int engine_bridge_domain(struct generation *g, const struct bridge_domain *given, bool exists)
{
	const struct bridge_domain *old = dataplane_bridge_domain(&g->next, given->id);
	struct bridge_domain *bd = NULL;

	if (exists) {
		bd = generation_alloc(g, sizeof(*bd));
		*bd = *given;
		bd->fdb = old != NULL ? old->fdb : NULL;
		bd->members = old != NULL ? old->members : NULL;
		snprintf(bd->name, sizeof(bd->name), "bd%u", bd->id);
	}
	map_set(g, &g->next.bridge_domains, given->id, bd);
	generation_retire(g, old);
	if (!exists && old != NULL) generation_retire(g, old->members);
	EACH_STAGE(bridge_domain, g, old, bd);
	return 0;
}

static void member_lists(struct generation *g, uint32_t bridge_domain)
{
	struct bridge_domain *bd = generation_bridge_domain(g, bridge_domain);
	struct member_list *list;

	if (bd == NULL) return;
	generation_retire(g, bd->members);
	list = generation_alloc(g, sizeof(*list) + 4096 * sizeof(uint32_t));
	for (uint32_t id = 1; id < 4096; id++) {
		const struct logical_port *lp = dataplane_logical_port(&g->next, id);

		if (lp != NULL && lp->enabled && lp->bridge_domain == bridge_domain)
			list->logical_port[list->count++] = id;
	}
	bd->members = list;
}

int engine_logical_port(struct generation *g, const struct logical_port *given, bool exists)
{
	const struct logical_port *old = dataplane_logical_port(&g->next, given->id);
	struct logical_port *lp = NULL;

	if (exists) {
		lp = generation_alloc(g, sizeof(*lp));
		*lp = *given;
		lp->counters = &counters_of_logical_ports[lp->id];
		snprintf(lp->name, sizeof(lp->name), "lp%u", lp->id);
	}
	map_set(g, &g->next.logical_ports, given->id, lp);
	generation_retire(g, old);
	if (old != NULL && old->bridge_domain != 0) member_lists(g, old->bridge_domain);
	if (lp != NULL && lp->bridge_domain != 0) member_lists(g, lp->bridge_domain);
	EACH_STAGE(logical_port, g, old, lp);
	return 0;
}

int engine_static_mac(struct generation *g, const struct static_mac *old, const struct static_mac *new)
{
	EACH_STAGE(static_mac, g, old, new);
	return 0;
}

static const struct block_point *points[MAX_PORTS][4096];

int engine_block(struct generation *g, uint16_t port, uint16_t vid, bool blocked)
{
	const struct block_point *old = points[port][vid];
	struct block_point *point = NULL;

	if (blocked) {
		point = generation_alloc(g, sizeof(*point));
		if (old != NULL) *point = *old;
		point->port = port;
		point->vid = vid;
		snprintf(point->name, sizeof(point->name), "%u/%u", port, vid);
	}
	points[port][vid] = point;
	generation_retire(g, old);
	if (!old != !point)
		g->changes[g->change_count++] =
			(struct block_change){.point = blocked ? point : old, .blocked = blocked};
	EACH_STAGE(block_point, g, old, point);
	return 0;
}

int engine_ce_notification(struct generation *g, const struct ce_notification *old, const struct ce_notification *new)
{
	EACH_STAGE(ce_notification, g, old, new);
	return 0;
}

int engine_settings(struct generation *g, uint32_t mac_limit)
{
	const struct engine_settings settings = {.mac_limit = mac_limit};

	EACH_STAGE(settings, g, NULL, &settings);
	return 0;
}

bool engine_ce_method_state(uint16_t port, unsigned i, Sluice__Api__CeMethodState *state)
{
	for (struct stage *stage = stages; stage != NULL; stage = stage->next)
		if (stage->ce_notification_state != NULL) return stage->ce_notification_state(port, i, state);
	return false;
}

void engine_set_link(enum port_link link)
{
	engine_link = link;
	for (uint16_t id = 1; id < MAX_PORTS; id++)
		for (struct stage *stage = stages; dataplane_port(&current, id) != NULL && stage != NULL;
		     stage = stage->next)
			if (stage->link_changed != NULL) stage->link_changed(dataplane_port(&current, id), link);
}

void engine_poll(void)
{
	for (struct stage *stage = stages; stage != NULL; stage = stage->next)
		if (stage->poll != NULL) stage->poll();
}

const struct port *engine_port_now(uint16_t id)
{
	return dataplane_port(&current, id);
}

static uint64_t drops(const struct counters *counters, const char *reason)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < drop_reason_count(); i++)
		if (strcmp(drop_reason_name(i), reason) == 0) sum += counters->drops[i];
	return sum;
}

uint64_t engine_port_drops(uint16_t port, const char *reason)
{
	return drops(&counters_of_ports[port], reason);
}

uint64_t engine_logical_port_drops(uint32_t id, const char *reason)
{
	return drops(&counters_of_logical_ports[id], reason);
}

const struct dataplane *dataplane_current(void)
{
	return &current;
}

void engine_start(void)
{
	engine_graph_start();
	worker_current = &engine_worker;
	engine_link = PORT_LINK_UP;
	engine_inject_room = UINT32_MAX;
	engine_frame_count = engine_events = 0;
	memset(counters_of_ports, 0, sizeof(counters_of_ports));
	memset(counters_of_logical_ports, 0, sizeof(counters_of_logical_ports));
	memset(&current, 0, sizeof(current));
	memset(points, 0, sizeof(points));
	for (struct stage *stage = stages; stage != NULL; stage = stage->next)
		if (stage->start != NULL && stage->start() != 0) rte_exit(1, "stage %s\n", stage->name);
}

// Deletes all objects as a last transaction, so that a leak is a leak of the stages.
void engine_stop(void)
{
	struct generation *g = engine_begin();

	for (unsigned port = 0; port < MAX_PORTS; port++)
		for (unsigned vid = 0; vid < 4096; vid++)
			if (points[port][vid] != NULL) engine_block(g, (uint16_t)port, (uint16_t)vid, false);
	for (uint32_t id = 1; id < 4096; id++)
		if (dataplane_logical_port(&g->next, id) != NULL)
			engine_logical_port(g, &(struct logical_port){.id = id}, false);
	for (uint32_t id = 1; id < 4096; id++)
		if (dataplane_bridge_domain(&g->next, id) != NULL)
			engine_bridge_domain(g, &(struct bridge_domain){.id = id}, false);
	for (uint16_t id = 1; id < MAX_PORTS; id++)
		if (dataplane_port(&g->next, id) != NULL) engine_port(g, id, false);
	for (unsigned chunk = 0; chunk < ID_CHUNKS; chunk++) {
		generation_retire(g, g->next.logical_ports.chunk[chunk]);
		generation_retire(g, g->next.bridge_domains.chunk[chunk]);
	}
	memset(&g->next.logical_ports, 0, sizeof(g->next.logical_ports));
	memset(&g->next.bridge_domains, 0, sizeof(g->next.bridge_domains));
	engine_commit(g, NULL);
	for (struct stage *stage = stages; stage != NULL; stage = stage->next)
		if (stage->stop != NULL) stage->stop();
	if (blocks != NULL) rte_exit(1, "generation memory was never retired\n");
}
