// Keeps the block maps of the ports in step with the block points, and their counters.
#include <errno.h>
#include <stdlib.h>

#include "../../main/stage.h"
#include "block_map.h"

static void free_counters(void *counters)
{
	free(counters);
}

static int create_counters(struct generation *g, struct block_point *point)
{
	size_t size = COUNTER_SLOTS * sizeof(*point->counters);

	point->counters = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
	if (point->counters == NULL || generation_on_abort(g, free_counters, point->counters) != 0) {
		free(point->counters);
		point->counters = NULL;
		return generation_refuse(g, -ENOMEM, "block point %s: out of memory", point->name);
	}
	memset(point->counters, 0, size);
	return 0;
}

static int remove_point(struct generation *g, const struct block_point *old)
{
	struct port *port = generation_port(g, old->port);

	// Another name may hold the place by now.
	if (port != NULL && block_map_get(port->blocks, old->vid) == old &&
	    block_map_set(g, &port->blocks, old->vid, NULL) != 0)
		return -ENOMEM;
	return generation_on_commit(g, free_counters, old->counters);
}

static int set_point(struct generation *g, const struct block_point *old, struct block_point *new)
{
	struct port *port = generation_port(g, new->port);
	const struct block_point *present;

	if (port == NULL) return generation_refuse(g, -ENOENT, "block point %s: its port does not exist", new->name);
	present = block_map_get(port->blocks, new->vid);
	if (present != NULL && present != old)
		return generation_refuse(g, -EEXIST, "block point %s: port and VLAN are blocked by %s already",
					 new->name, present->name);
	if (old == NULL && create_counters(g, new) != 0) return -ENOMEM;
	return block_map_set(g, &port->blocks, new->vid, new);
}

static int block_point_changed(struct generation *g, const struct block_point *old, struct block_point *new)
{
	if (new == NULL) return remove_point(g, old);
	if (old != NULL && (old->port != new->port || old->vid != new->vid)) {
		struct port *port = generation_port(g, old->port);

		if (port != NULL && block_map_get(port->blocks, old->vid) == old &&
		    block_map_set(g, &port->blocks, old->vid, NULL) != 0)
			return -ENOMEM;
	}
	return set_point(g, old, new);
}

static int port_changed(struct generation *g, const struct port *old, struct port *new)
{
	if (new == NULL) block_map_retire(g, old->blocks);
	return 0;
}

static void block_point_state(const struct block_point *point, Sluice__Api__BlockPointState *state)
{
	for (unsigned worker = 0; worker < worker_count; worker++) {
		state->in_dropped += point->counters[worker].in_dropped;
		state->out_dropped += point->counters[worker].out_dropped;
	}
}

static struct stage block_point_stage = {
	.name = "block-point",
	.port = port_changed,
	.block_point = block_point_changed,
	.block_point_state = block_point_state,
};
STAGE_REGISTER(block_point_stage);
