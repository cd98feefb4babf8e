#include "state.h"

#include "kind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_graph.h>
#include <rte_graph_worker.h>

#include "../main/buffers.h"
#include "../main/counters.h"
#include "../main/stages.h"
#include "../main/worker.h"
#include "../port/port_io.h"

#define CE_METHODS BLOCK_CHANGE_METHODS
#define MAX_STAGES 256

struct engine_identity engine_identity;

struct arena_block {
	struct arena_block *next;
	size_t used, room;
	_Alignas(16) uint8_t memory[];
};

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;

	size = RTE_ALIGN_CEIL(size, (size_t)16);
	if (block == NULL || block->room - block->used < size) {
		size_t room = RTE_MAX(size, (size_t)65536);

		block = calloc(1, sizeof(*block) + room);
		if (block == NULL) return NULL;
		block->room = room;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	void *memory = block->memory + block->used;
	block->used += size;
	return memory;
}

void arena_free(struct arena *arena)
{
	for (struct arena_block *block = arena->blocks, *next; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	arena->blocks = NULL;
}

static char *text(const char *name)
{
	return (char *)(uintptr_t)name;
}

int state_drops(struct arena *arena, const uint64_t *counts, size_t *n, Sluice__Api__DropCount ***list,
		uint64_t totals[2], uint64_t *malformed)
{
	Sluice__Api__DropCount **out = arena_alloc(arena, drop_reason_count() * sizeof(Sluice__Api__DropCount *));

	*n = 0;
	*list = out;
	if (out == NULL) return -ENOMEM;
	for (unsigned r = 0; r < drop_reason_count(); r++) {
		Sluice__Api__DropCount *one;
		size_t i = 0;

		if (counts[r] == 0) continue;
		// A reason of both directions is one to the client.
		while (i < *n && strcmp(out[i]->reason, drop_reason_name(r)) != 0)
			i++;
		one = i < *n ? out[i] : arena_alloc(arena, sizeof(*one));
		if (one == NULL) return -ENOMEM;
		if (i == *n) {
			*one = (Sluice__Api__DropCount)SLUICE__API__DROP_COUNT__INIT;
			one->reason = text(drop_reason_name(r));
			out[(*n)++] = one;
		}
		one->packets += counts[r];
		// RFC 8343: a frame with an error is not counted as a discard.
		if (strcmp(one->reason, "malformed") == 0)
			*malformed += counts[r];
		else
			totals[drop_reason_direction(r)] += counts[r];
	}
	return 0;
}

static Sluice__Api__Counters *counters(struct arena *arena, const struct counters *slots, size_t *n,
				       Sluice__Api__DropCount ***list)
{
	Sluice__Api__Counters *c = arena_alloc(arena, sizeof(*c));
	uint64_t totals[2] = {0, 0}, malformed = 0;
	struct counters sum;

	counters_sum(slots, &sum);
	if (c == NULL || state_drops(arena, sum.drops, n, list, totals, &malformed) < 0) return NULL;
	*c = (Sluice__Api__Counters)SLUICE__API__COUNTERS__INIT;
	c->in_octets = sum.in_octets;
	c->in_unicast = sum.in_unicast;
	c->in_multicast = sum.in_multicast;
	c->in_broadcast = sum.in_broadcast;
	c->in_discards = totals[DROP_INGRESS];
	c->in_errors = malformed;
	c->out_octets = sum.out_octets;
	c->out_unicast = sum.out_unicast;
	c->out_multicast = sum.out_multicast;
	c->out_broadcast = sum.out_broadcast;
	c->out_discards = totals[DROP_EGRESS];
	return c;
}

Sluice__Api__IpStatistics *state_ip_statistics(struct arena *arena, const struct ip_counters *slots)
{
	Sluice__Api__IpStatistics *sum = arena_alloc(arena, sizeof(*sum));

	if (sum == NULL) return NULL;
	*sum = (Sluice__Api__IpStatistics)SLUICE__API__IP_STATISTICS__INIT;
	for (unsigned w = 0; w < worker_count; w++) {
		const struct ip_counters *c = &slots[w];

		sum->in_receives += c->in_receives;
		sum->in_header_errors += c->in_header_errors;
		sum->in_address_errors += c->in_address_errors;
		sum->in_no_routes += c->in_no_routes;
		sum->forwarded += c->forwarded;
		sum->in_discards += c->in_discards;
		sum->in_delivers += c->in_delivers;
		sum->reassembly_requests += c->reassembly_requests;
		sum->reassembled += c->reassembled;
		sum->reassembly_failures += c->reassembly_failures;
		sum->out_discards += c->out_discards;
		sum->fragmented += c->fragmented;
		sum->fragments_created += c->fragments_created;
		sum->fragmentation_failures += c->fragmentation_failures;
		sum->icmp_errors_sent += c->icmp_errors_sent;
		sum->icmp_errors_limited += c->icmp_errors_limited;
	}
	return sum;
}

// ---------------------------------------------------------------- one object

static int add_port(struct arena *arena, const struct object *object, Sluice__Api__QueryReply *part)
{
	const struct port *port = dataplane_port(dataplane_current(), (uint16_t)object->id);
	Sluice__Api__PortState *state = arena_alloc(arena, sizeof(*state));
	uint64_t in_discards, in_errors, out_errors;

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__PortState)SLUICE__API__PORT_STATE__INIT;
	state->name = object->name;
	state->link = (Sluice__Api__LinkState)port->io->link;
	state->mac.len = sizeof(port->io->address);
	state->mac.data = port->io->address.addr_bytes;
	state->speed_mbps = port->io->speed_mbps;
	state->counters = counters(arena, port->counters, &state->n_drops, &state->drops);
	if (state->counters == NULL) return -ENOMEM;
	port_io_losses(port->io, &in_discards, &in_errors, &out_errors);
	state->counters->in_discards += in_discards;
	state->counters->in_errors += in_errors;
	state->counters->out_errors += out_errors;
	state->counters_since_ns = port->since_ns;
	state->last_change_ns = port->io->last_change_ns;
	state->can_sleep = port_io_can_sleep(port->io);
	state->held = port->io->held;
	STAGES_CALL(port_state, port, state);
	part->ports[part->n_ports++] = state;
	return 0;
}

static int add_logical_port(struct arena *arena, const struct object *object, Sluice__Api__QueryReply *part)
{
	const struct logical_port *lp = dataplane_logical_port(dataplane_current(), object->id);
	Sluice__Api__LogicalPortState *state = arena_alloc(arena, sizeof(*state));

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__LogicalPortState)SLUICE__API__LOGICAL_PORT_STATE__INIT;
	state->name = object->name;
	state->counters_since_ns = lp->since_ns;
	state->counters = counters(arena, lp->counters, &state->n_drops, &state->drops);
	if (state->counters == NULL) return -ENOMEM;
	STAGES_CALL(logical_port_state, lp, state);
	part->logical_ports[part->n_logical_ports++] = state;
	return 0;
}

static int add_bridge_domain(struct arena *arena, const struct object *object, Sluice__Api__QueryReply *part)
{
	const struct bridge_domain *bd = dataplane_bridge_domain(dataplane_current(), object->id);
	Sluice__Api__BridgeDomainState *state = arena_alloc(arena, sizeof(*state));

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__BridgeDomainState)SLUICE__API__BRIDGE_DOMAIN_STATE__INIT;
	state->name = object->name;
	STAGES_CALL(bridge_domain_state, bd, state);
	part->bridge_domains[part->n_bridge_domains++] = state;
	return 0;
}

static int add_block_point(struct arena *arena, const struct object *object, const struct version *version,
			   Sluice__Api__QueryReply *part)
{
	const struct block_point *point = version->runtime;
	Sluice__Api__BlockPointState *state = arena_alloc(arena, sizeof(*state));

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__BlockPointState)SLUICE__API__BLOCK_POINT_STATE__INIT;
	state->name = object->name;
	state->cause = (Sluice__Api__BlockCause)point->cause;
	state->since_ns = point->since_ns;
	STAGES_CALL(block_point_state, point, state);
	part->block_points[part->n_block_points++] = state;
	return 0;
}

static int add_ce_notification(struct arena *arena, const struct object *object, const struct version *version,
			       Sluice__Api__QueryReply *part)
{
	const struct ce_notification *ce = version->runtime;
	Sluice__Api__CeNotificationState *state = arena_alloc(arena, sizeof(*state));
	Sluice__Api__CeMethodState *methods = arena_alloc(arena, CE_METHODS * sizeof(*methods));
	Sluice__Api__CeMethodState **list = arena_alloc(arena, CE_METHODS * sizeof(Sluice__Api__CeMethodState *));

	if (state == NULL || methods == NULL || list == NULL) return -ENOMEM;
	*state = (Sluice__Api__CeNotificationState)SLUICE__API__CE_NOTIFICATION_STATE__INIT;
	state->port = object->name;
	state->methods = list;
	for (const struct stage *stage = stages_first(); stage != NULL; stage = stage->next)
		for (unsigned i = 0; stage->ce_notification_state != NULL && state->n_methods < CE_METHODS; i++) {
			Sluice__Api__CeMethodState *method = &methods[state->n_methods];

			*method = (Sluice__Api__CeMethodState)SLUICE__API__CE_METHOD_STATE__INIT;
			if (!stage->ce_notification_state(ce->port, i, method)) break;
			list[state->n_methods++] = method;
		}
	for (const struct stage *stage = stages_first(); stage != NULL; stage = stage->next)
		if (stage->ce_notification_detail != NULL && stage->ce_notification_detail(ce->port, arena, state) != 0)
			return -ENOMEM;
	part->ce_notifications[part->n_ce_notifications++] = state;
	return 0;
}

int state_add(struct arena *arena, const struct object *object, const struct version *version,
	      Sluice__Api__QueryReply *part)
{
	const struct object_kind *kind = kind_of(object->kind);

	if (kind != NULL) return kind->state != NULL ? kind->state(arena, object, version, part) : 0;
	switch (object->kind) {
	case SLUICE__API__OBJECT_KIND__KIND_PORT:
		return add_port(arena, object, part);
	case SLUICE__API__OBJECT_KIND__KIND_LOGICAL_PORT:
		return add_logical_port(arena, object, part);
	case SLUICE__API__OBJECT_KIND__KIND_BRIDGE_DOMAIN:
		return add_bridge_domain(arena, object, part);
	case SLUICE__API__OBJECT_KIND__KIND_BLOCK_POINT:
		return add_block_point(arena, object, version, part);
	case SLUICE__API__OBJECT_KIND__KIND_CE_NOTIFICATION:
		return add_ce_notification(arena, object, version, part);
	default:
		return 0;
	}
}

// ---------------------------------------------------------------- the engine

// What its source has handed on: received by it, or by another worker for it.
static uint64_t received_by(const struct worker *worker)
{
	const struct rte_node *node =
		worker->graph != NULL ? rte_graph_node_get_by_name(worker->graph->name, "rx") : NULL;

	return node != NULL ? node->total_objs : 0;
}

Sluice__Api__EngineState *state_engine(struct arena *arena)
{
	Sluice__Api__EngineState *state = arena_alloc(arena, sizeof(*state));
	uint64_t sums[MAX_DROP_REASONS] = {0}, totals[2], malformed = 0;

	if (state == NULL) return NULL;
	*state = (Sluice__Api__EngineState)SLUICE__API__ENGINE_STATE__INIT;
	state->instance = engine_identity.instance;
	state->uptime_ms = control_now_ms() - engine_identity.started_ms;
	state->workers = worker_count;
	state->huge_pages = engine_identity.huge_pages;
	for (const struct owner *owner = store_owners(); owner != NULL; owner = owner->next)
		state->transactions += owner->transactions;
	for (unsigned w = 0; w < worker_count; w++)
		for (unsigned r = 0; r < drop_reason_count(); r++)
			sums[r] += workers[w].drops[r];
	if (state_drops(arena, sums, &state->n_drops, &state->drops, totals, &malformed) < 0) return NULL;
	if (buffers_pool() != NULL) {
		state->buffers_total = buffers_pool()->size;
		state->buffers_in_use = rte_mempool_in_use_count(buffers_pool());
	}
	state->tsc_hz = rte_get_tsc_hz();
	state->packets_by_worker = arena_alloc(arena, worker_count * sizeof(*state->packets_by_worker));
	if (state->packets_by_worker == NULL) return NULL;
	state->n_packets_by_worker = worker_count;
	for (unsigned w = 0; w < worker_count; w++)
		state->packets_by_worker[w] = received_by(&workers[w]);
	return state;
}

int state_stages(struct arena *arena, Sluice__Api__QueryReply *part)
{
	Sluice__Api__StageState *states = arena_alloc(arena, MAX_STAGES * sizeof(*states));
	Sluice__Api__StageState **list = arena_alloc(arena, MAX_STAGES * sizeof(Sluice__Api__StageState *));

	if (states == NULL || list == NULL) return -ENOMEM;
	part->stages = list;
	for (unsigned w = 0; w < worker_count; w++) {
		struct rte_graph *graph = workers[w].graph;
		rte_graph_off_t off;
		rte_node_t count;
		struct rte_node *node;

		if (graph == NULL) continue;
		// The counters are the worker's; reading them while it adds gives a value of now or just before.
		rte_graph_foreach_node(count, off, graph, node)
		{
			size_t i = 0;

			while (i < part->n_stages && strcmp(states[i].name, node->name) != 0)
				i++;
			if (i == MAX_STAGES) continue;
			if (i == part->n_stages) {
				states[i] = (Sluice__Api__StageState)SLUICE__API__STAGE_STATE__INIT;
				states[i].name = node->name;
				list[part->n_stages++] = &states[i];
			}
			states[i].calls += node->total_calls;
			states[i].packets += node->total_objs;
			states[i].clocks += node->total_cycles;
			// Of all workers at once.
			if (w != 0) continue;
			for (const struct stage *stage = stages_first(); stage != NULL; stage = stage->next)
				if (stage->skipped_packets != NULL)
					states[i].skipped_packets += stage->skipped_packets(node->id);
		}
	}
	return 0;
}
