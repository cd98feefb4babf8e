// Tells the CE behind a port of its block points: hands the changes of each published generation to the methods that
// are enabled at the port.
#include <errno.h>
#include <stdlib.h>

#include "../block-point/block_map.h"
#include "announce.h"
#include "ce_method.h"

// The index is that of ce_port.sent and ce_port.state.
static const struct ce_method *const methods[CE_METHODS] = {&ce_mac_move, &ce_mvrp};

static struct ce_port *ports[MAX_PORTS];

// What the generation being built does to one port.
struct pending {
	struct pending *next;
	uint16_t port;
	struct ce_port *fresh;                // created: to be installed
	const struct ce_notification *config; // changed; NULL: deleted
	struct ce_notification copy;
};

static struct pending *first, **last = &first;

static void ce_port_free(void *port)
{
	struct ce_port *ce = port;

	if (ce == NULL) return;
	for (unsigned i = 0; i < CE_METHODS; i++)
		methods[i]->close(ce->state[i]);
	free(ce);
}

static struct ce_port *ce_port_create(const struct ce_notification *config)
{
	struct ce_port *ce = calloc(1, sizeof(*ce));

	if (ce == NULL) return NULL;
	ce->port = config->port;
	ce->config = *config;
	for (unsigned i = 0; i < CE_METHODS; i++) {
		ce->state[i] = methods[i]->open(ce, &ce->sent[i]);
		if (ce->state[i] == NULL) {
			ce_port_free(ce);
			return NULL;
		}
	}
	return ce;
}

// ---------------------------------------------------------------- configuration

static void forget(void *arg)
{
	const struct pending *pending = arg;

	ce_port_free(pending->fresh);
	first = NULL;
	last = &first;
}

static int ce_notification_changed(struct generation *g, const struct ce_notification *old,
				   const struct ce_notification *new)
{
	struct pending *pending = generation_alloc(g, sizeof(*pending));

	if (pending == NULL) return -ENOMEM;
	pending->port = new != NULL ? new->port : old->port;
	if (new != NULL) {
		pending->copy = *new;
		pending->config = &pending->copy;
	}
	if (new != NULL && old == NULL) {
		pending->fresh = ce_port_create(new);
		if (pending->fresh == NULL) return -ENOMEM;
	}
	if (generation_on_abort(g, forget, pending) != 0) {
		ce_port_free(pending->fresh);
		return -ENOMEM;
	}
	generation_retire(g, pending);
	*last = pending;
	last = &pending->next;
	return 0;
}

static void configure(struct ce_port *ce, const struct ce_notification *config)
{
	ce->config = *config;
	for (unsigned i = 0; i < CE_METHODS; i++)
		methods[i]->configured(ce->state[i]);
}

static void apply_pending(void)
{
	for (struct pending *pending = first; pending != NULL; pending = pending->next) {
		struct ce_port **place = &ports[pending->port];

		if (pending->fresh != NULL || pending->config == NULL) {
			ce_port_free(*place);
			*place = pending->fresh;
		} else if (*place != NULL) {
			configure(*place, pending->config);
		}
	}
	first = NULL;
	last = &first;
}

// ---------------------------------------------------------------- changes

static bool is_blocked(const struct dataplane *dp, uint16_t port_id, uint16_t vid)
{
	const struct port *port = dataplane_port(dp, port_id);

	return port != NULL && block_map_blocks(port->blocks, vid);
}

static int by_vid(const void *a, const void *b)
{
	return (int)((const struct ce_change *)a)->vid - (int)((const struct ce_change *)b)->vid;
}

static void tell(struct ce_port *ce, struct ce_change *changes, unsigned count)
{
	if (count == 0) return;
	qsort(changes, count, sizeof(changes[0]), by_vid);
	for (unsigned i = 0; i < CE_METHODS; i++)
		if (methods[i]->enabled(&ce->config)) methods[i]->changed(ce->state[i], changes, count);
}

// A port has at most as many changed VLANs as there are; only this thread is here.
static struct ce_change changed[4096];

static void notify(struct generation *g, struct ce_port *ce, struct block_change *events, unsigned event_count)
{
	const struct dataplane *before = generation_before(g), *after = generation_next(g);
	unsigned count = 0;

	for (unsigned i = 0; i < event_count && count < RTE_DIM(changed); i++) {
		const struct block_point *point = events[i].point;
		bool blocked = is_blocked(after, ce->port, point->vid);

		// A block point that only changed its name changes nothing for the CE.
		if (point->port == ce->port && blocked == events[i].blocked &&
		    blocked != is_blocked(before, ce->port, point->vid))
			changed[count++] = (struct ce_change){point->vid, blocked, &events[i]};
	}
	tell(ce, changed, count);
}

static void blocks_changed(struct block_change *events, unsigned event_count)
{
	unsigned count = 0;

	if (event_count == 0 || ports[events[0].point->port] == NULL) return;
	for (unsigned i = 0; i < event_count && count < RTE_DIM(changed); i++)
		if (!events[i].hidden)
			changed[count++] = (struct ce_change){events[i].point->vid, events[i].blocked, &events[i]};
	tell(ports[events[0].point->port], changed, count);
}

static void published(struct generation *g)
{
	unsigned count;
	struct block_change *events = generation_block_changes(g, &count);

	apply_pending();
	for (unsigned port = 0; count != 0 && port < MAX_PORTS; port++)
		if (ports[port] != NULL) notify(g, ports[port], events, count);
}

static bool ce_notification_state(uint16_t port, unsigned i, Sluice__Api__CeMethodState *state)
{
	const struct ce_port *ce = port < MAX_PORTS ? ports[port] : NULL;

	if (ce == NULL || i >= CE_METHODS) return false;
	state->method = (char *)(uintptr_t)methods[i]->name;
	state->frames_sent = ce->sent[i].frames;
	state->frames_dropped = ce->sent[i].dropped;
	state->last_sent_ns = ce->sent[i].last_ns;
	state->last_vid = ce->sent[i].last_vid;
	return true;
}

static void stop(void)
{
	announce_stop();
	for (unsigned port = 0; port < MAX_PORTS; port++) {
		ce_port_free(ports[port]);
		ports[port] = NULL;
	}
}

static struct stage ce_notify_stage = {
	.name = "ce-notify",
	.stop = stop,
	.ce_notification = ce_notification_changed,
	.published = published,
	.blocks_changed = blocks_changed,
	// After the bridge has flushed what is behind the blocked logical ports, before its sweep.
	.order = 50,
	.ce_notification_state = ce_notification_state,
};
STAGE_REGISTER(ce_notify_stage);
