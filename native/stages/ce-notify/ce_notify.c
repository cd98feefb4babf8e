// Tells the CE behind a port of its block points: hands the changes of each published generation to the methods that
// are enabled at the port.
#include <errno.h>
#include <stdlib.h>

#include "../block-point/block_map.h"
#include "announce.h"
#include "ce_in.h"
#include "ce_method.h"

// The index is that of ce_port.sent and ce_port.state.
static const struct ce_method *const methods[CE_METHODS] = {&ce_mac_move, &ce_mvrp, &ce_stp_tc, &ce_e_lmi,
							    &ce_cfm,      &ce_lacp, &ce_carrier};

static struct ce_port *ports[MAX_PORTS];
// A logical port of the port has changed: perhaps in a transaction that was aborted.
static bool logical_ports_changed[MAX_PORTS];

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
	uint8_t takes = 0;

	ce->config = *config;
	for (unsigned i = 0; i < CE_METHODS; i++) {
		methods[i]->configured(ce->state[i]);
		if (methods[i]->takes != NULL) takes |= methods[i]->takes(config);
	}
	atomic_store(&ce_takes[ce->port], takes);
}

// Nothing is enabled any more: methods take back what they said.
static void retire(struct ce_port *ce)
{
	if (ce == NULL) return;
	configure(ce, &(struct ce_notification){.port = ce->port});
	ce_port_free(ce);
}

static void apply_pending(void)
{
	for (struct pending *pending = first; pending != NULL; pending = pending->next) {
		struct ce_port **place = &ports[pending->port];

		if (pending->fresh != NULL || pending->config == NULL) {
			retire(*place);
			*place = pending->fresh;
		}
		if (pending->config != NULL && *place != NULL) configure(*place, pending->config);
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

static void vlans_may_differ(struct ce_port *ce)
{
	for (unsigned i = 0; i < CE_METHODS; i++)
		if (methods[i]->vlans != NULL) methods[i]->vlans(ce->state[i]);
}

static void blocks_changed(struct block_change *events, unsigned event_count)
{
	unsigned count = 0;

	if (event_count == 0 || ports[events[0].point->port] == NULL) return;
	for (unsigned i = 0; i < event_count && count < RTE_DIM(changed); i++)
		if (!events[i].hidden)
			changed[count++] = (struct ce_change){events[i].point->vid, events[i].blocked, &events[i]};
	tell(ports[events[0].point->port], changed, count);
	vlans_may_differ(ports[events[0].point->port]);
}

// Whether the port may have, or let through, other VLANs than before.
static bool vlans_changed(const struct generation *g, uint16_t id)
{
	const struct port *before = dataplane_port(generation_before(g), id);
	const struct port *after = dataplane_port(generation_next(g), id);
	bool touched = logical_ports_changed[id];

	logical_ports_changed[id] = false;
	return touched || before == NULL || after == NULL || before->tags != after->tags ||
	       before->blocks != after->blocks || before->enabled != after->enabled;
}

static void published(struct generation *g)
{
	unsigned count;
	struct block_change *events = generation_block_changes(g, &count);

	apply_pending();
	for (uint16_t port = 0; port < MAX_PORTS; port++) {
		if (ports[port] == NULL) continue;
		if (count != 0) notify(g, ports[port], events, count);
		if (vlans_changed(g, port)) vlans_may_differ(ports[port]);
	}
}

static int logical_port_changed(struct generation *g, const struct logical_port *old, struct logical_port *new)
{
	if (old != NULL) logical_ports_changed[old->port] = true;
	if (new != NULL) logical_ports_changed[new->port] = true;
	return 0;
}

// ---------------------------------------------------------------- what comes from outside

static void link_changed(const struct port *port, enum port_link link)
{
	for (unsigned i = 0; ports[port->id] != NULL && i < CE_METHODS; i++)
		if (methods[i]->link != NULL) methods[i]->link(ports[port->id]->state[i]);
}

static void received(struct ce_port *ce, const uint8_t *frame, size_t length)
{
	enum ce_in_kind kind = ce_in_kind(frame);

	for (unsigned i = 0; i < CE_METHODS; i++) {
		if (methods[i]->takes == NULL || (methods[i]->takes(&ce->config) & kind) == 0) continue;
		ce->sent[i].received++;
		methods[i]->received(ce->state[i], frame, length);
	}
}

static void poll(void)
{
	struct rte_mbuf *m;

	for (unsigned i = 0; i < CE_IN_WAITING && (m = ce_in_next()) != NULL; i++) {
		struct ce_port *ce = ports[packet_meta(m)->ingress_port];

		if (ce != NULL && m->data_len >= CE_HEADER)
			received(ce, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
		rte_pktmbuf_free(m);
	}
}

void *ce_method_at(uint16_t port, const struct ce_method *method)
{
	for (unsigned i = 0; port < MAX_PORTS && ports[port] != NULL && i < CE_METHODS; i++)
		if (methods[i] == method) return ports[port]->state[i];
	return NULL;
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
	state->frames_received = ce->sent[i].received;
	state->frames_refused = ce->sent[i].refused;
	state->holds_down = ce->sent[i].holds_down;
	return true;
}

static void stop(void)
{
	announce_stop();
	for (unsigned port = 0; port < MAX_PORTS; port++) {
		ce_port_free(ports[port]);
		ports[port] = NULL;
		atomic_store(&ce_takes[port], 0);
	}
	ce_in_stop();
}

static struct stage ce_notify_stage = {
	.name = "ce-notify",
	.start = ce_in_start,
	.stop = stop,
	.logical_port = logical_port_changed,
	.ce_notification = ce_notification_changed,
	.published = published,
	.blocks_changed = blocks_changed,
	// After the bridge has flushed what is behind the blocked logical ports, before its sweep.
	.order = 50,
	.ce_notification_state = ce_notification_state,
	.link_changed = link_changed,
	.poll = poll,
};
STAGE_REGISTER(ce_notify_stage);
