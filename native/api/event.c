#include "event.h"

#include "../main/clock.h"

static void emit(const struct block_change *change, const struct port *port, uint64_t effective_at_ns)
{
	Sluice__Api__BlockPointEvent what = SLUICE__API__BLOCK_POINT_EVENT__INIT;
	Sluice__Api__CeMethodSent methods[BLOCK_CHANGE_METHODS], *method_list[BLOCK_CHANGE_METHODS];
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;

	for (unsigned m = 0; m < change->method_count; m++) {
		methods[m] = (Sluice__Api__CeMethodSent)SLUICE__API__CE_METHOD_SENT__INIT;
		methods[m].method = (char *)(uintptr_t)change->methods[m].method;
		methods[m].frames = change->methods[m].frames;
		methods[m].first_sent_ns = change->methods[m].first_sent_ns;
		method_list[m] = &methods[m];
	}
	what.name = (char *)(uintptr_t)change->point->name;
	what.port = port != NULL ? (char *)(uintptr_t)port->name : what.port;
	what.vid = change->point->vid;
	what.blocked = change->blocked;
	what.cause = change->point->cause;
	what.effective_at_ns = effective_at_ns;
	what.n_methods = change->method_count;
	what.methods = method_list;
	event.at_ns = clock_realtime_ns();
	event.what_case = SLUICE__API__EVENT__WHAT_BLOCK_POINT;
	event.block_point = &what;
	event_emit(&event);
}

void events_of_blocks(const struct block_change *changes, unsigned count, const struct port *port,
		      uint64_t effective_at_ns)
{
	for (unsigned i = 0; i < count; i++)
		emit(&changes[i], port, effective_at_ns);
}

void events_of_generation(struct generation *g)
{
	unsigned count;
	const struct block_change *changes = generation_block_changes(g, &count);

	for (unsigned i = 0; i < count; i++) {
		const struct port *port = dataplane_port(generation_next(g), changes[i].point->port);

		// A port may go together with its block points.
		if (port == NULL) port = dataplane_port(generation_before(g), changes[i].point->port);
		emit(&changes[i], port, generation_effective_at_ns(g));
	}
}
