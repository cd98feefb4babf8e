#include "lacp.h"

#include <string.h>

static bool same_port(const struct lacp_info *a, const struct lacp_info *b)
{
	return a->system_priority == b->system_priority && memcmp(a->system, b->system, sizeof(a->system)) == 0 &&
	       a->key == b->key && a->port_priority == b->port_priority && a->port == b->port &&
	       ((a->state ^ b->state) & LACP_AGGREGATION) == 0;
}

// ---------------------------------------------------------------- Receive machine, 6.4.12

static void record_default(struct lacp_port *port)
{
	port->partner = (struct lacp_info){.state = LACP_SHORT_TIMEOUT};
	port->actor.state |= LACP_DEFAULTED;
}

static void enter_expired(struct lacp_port *port, uint64_t now)
{
	port->receive = LACP_EXPIRED_STATE;
	port->partner.state = (uint8_t)((port->partner.state & ~LACP_SYNCHRONIZATION) | LACP_SHORT_TIMEOUT);
	port->current_until = now + LACP_SHORT_TIMEOUT_MS;
	port->actor.state |= LACP_EXPIRED;
}

static void enter_defaulted(struct lacp_port *port)
{
	static const struct lacp_info none;

	port->receive = LACP_DEFAULTED_STATE;
	if (!same_port(&port->partner, &none)) port->selected = LACP_UNSELECTED;
	record_default(port);
	port->actor.state &= (uint8_t)~LACP_EXPIRED;
	port->current_until = LACP_NEVER;
}

void lacp_port_start(const struct lacp_bundle *bundle, struct lacp_port *port)
{
	port->actor.state = LACP_AGGREGATION;
	if (bundle->mode == LACP_MODE_ACTIVE) port->actor.state |= LACP_ACTIVITY;
	if (bundle->fast) port->actor.state |= LACP_SHORT_TIMEOUT;
	record_default(port);
	port->receive = LACP_PORT_DISABLED;
	port->selected = LACP_UNSELECTED;
	port->mux = LACP_DETACHED;
	port->enabled = false;
	port->need_to_transmit = false;
	port->current_until = port->periodic_at = port->wait_until = LACP_NEVER;
	port->second_began = 0;
	port->sent_in_second = 0;
}

void lacp_port_enable(struct lacp_port *port, bool enabled, uint64_t now)
{
	if (port->enabled == enabled) return;
	port->enabled = enabled;
	if (enabled) {
		enter_expired(port, now);
		return;
	}
	port->receive = LACP_PORT_DISABLED;
	port->partner.state &= (uint8_t)~LACP_SYNCHRONIZATION;
	port->selected = LACP_UNSELECTED;
	port->current_until = port->periodic_at = LACP_NEVER;
	port->need_to_transmit = false;
}

void lacp_port_receive(const struct lacp_bundle *bundle, struct lacp_port *port, const struct lacp_pdu *pdu,
		       uint64_t now)
{
	const uint8_t told = LACP_ACTIVITY | LACP_SHORT_TIMEOUT | LACP_SYNCHRONIZATION | LACP_AGGREGATION;
	bool knows_us = same_port(&pdu->partner, &port->actor), kept_alive;

	if (bundle->mode == LACP_MODE_STATIC || !port->enabled) return;
	if (!same_port(&pdu->actor, &port->partner)) port->selected = LACP_UNSELECTED;
	// What the partner believes of us is out of date.
	if (!knows_us || ((pdu->partner.state ^ port->actor.state) & told) != 0) port->need_to_transmit = true;
	port->partner = pdu->actor;
	kept_alive = pdu->actor.state & LACP_ACTIVITY ||
		     (port->actor.state & LACP_ACTIVITY && pdu->partner.state & LACP_ACTIVITY);
	if (!kept_alive || (!knows_us && pdu->actor.state & LACP_AGGREGATION))
		port->partner.state &= (uint8_t)~LACP_SYNCHRONIZATION;
	port->actor.state &= (uint8_t) ~(LACP_DEFAULTED | LACP_EXPIRED);
	port->receive = LACP_CURRENT;
	port->current_until =
		now + (port->actor.state & LACP_SHORT_TIMEOUT ? LACP_SHORT_TIMEOUT_MS : LACP_LONG_TIMEOUT_MS);
}

static void run_timers(struct lacp_port *port, uint64_t now)
{
	if (port->current_until <= now && port->receive == LACP_CURRENT) enter_expired(port, now);
	if (port->current_until <= now && port->receive == LACP_EXPIRED_STATE) enter_defaulted(port);
}

// ---------------------------------------------------------------- Periodic Transmission machine, 6.4.13

static void run_periodic(struct lacp_port *port, uint64_t now)
{
	uint64_t period = port->partner.state & LACP_SHORT_TIMEOUT ? LACP_FAST_PERIODIC_MS : LACP_SLOW_PERIODIC_MS;

	if (!port->enabled || !((port->actor.state | port->partner.state) & LACP_ACTIVITY)) {
		port->periodic_at = LACP_NEVER;
		return;
	}
	if (port->periodic_at == LACP_NEVER) {
		// The first one goes at once: the machine passes PERIODIC_TX where it begins to be periodic.
		port->need_to_transmit = true;
		port->periodic_at = now + period;
	} else if (port->periodic_at <= now) {
		port->need_to_transmit = true;
		port->periodic_at = now + period;
	} else if (port->periodic_at > now + period) {
		// From slow to fast.
		port->need_to_transmit = true;
		port->periodic_at = now + period;
	}
}

// ---------------------------------------------------------------- Selection, 6.4.14

static int by_system(const struct lacp_info *a, const struct lacp_info *b)
{
	if (a->system_priority != b->system_priority) return a->system_priority < b->system_priority ? -1 : 1;
	return memcmp(a->system, b->system, sizeof(a->system));
}

static bool may_aggregate(const struct lacp_bundle *bundle, const struct lacp_port *port)
{
	if (!port->enabled) return false;
	if (bundle->mode == LACP_MODE_STATIC) return true;
	// Our own frames, looped back, are no partner.
	return (port->receive == LACP_CURRENT || port->receive == LACP_EXPIRED_STATE) &&
	       !(port->actor.state & LACP_DEFAULTED) && port->partner.state & LACP_AGGREGATION &&
	       memcmp(port->partner.system, port->actor.system, sizeof(port->actor.system)) != 0;
}

static bool same_group(const struct lacp_port *a, const struct lacp_port *b)
{
	return by_system(&a->partner, &b->partner) == 0 && a->partner.key == b->partner.key;
}

// Whether `a` comes before `b` by the priorities of the system with the lower identifier.
static bool before(const struct lacp_port *a, const struct lacp_port *b)
{
	bool ours = by_system(&a->actor, &a->partner) <= 0 || a->partner.port == 0;
	const struct lacp_info *x = ours ? &a->actor : &a->partner, *y = ours ? &b->actor : &b->partner;

	if (x->port_priority != y->port_priority) return x->port_priority < y->port_priority;
	return x->port < y->port;
}

// The port whose partner is the bundle's: the one that the bundle has already, else that with the most ports.
static const struct lacp_port *reference(const struct lacp_bundle *bundle)
{
	const struct lacp_port *best = NULL;
	unsigned most = 0;

	for (const struct lacp_port *port = bundle->ports; port != NULL; port = port->next) {
		unsigned count = 0;

		if (!may_aggregate(bundle, port)) continue;
		for (const struct lacp_port *other = bundle->ports; other != NULL; other = other->next) {
			if (!may_aggregate(bundle, other) || !same_group(port, other)) continue;
			// One that is in use outweighs any number of others.
			count += other->selected == LACP_SELECTED && other->mux >= LACP_ATTACHED ? 1000 : 1;
		}
		if (best == NULL || count > most || (count == most && before(port, best))) {
			best = port;
			most = count;
		}
	}
	return best;
}

static bool run_selection(struct lacp_bundle *bundle)
{
	const struct lacp_port *first = reference(bundle);
	bool changed = false;

	for (struct lacp_port *port = bundle->ports; port != NULL; port = port->next) {
		enum lacp_selected selected = LACP_UNSELECTED;
		unsigned ahead = 0;

		if (first != NULL && may_aggregate(bundle, port) && same_group(first, port)) {
			for (const struct lacp_port *other = bundle->ports; other != NULL; other = other->next)
				ahead += other != port && may_aggregate(bundle, other) && same_group(first, other) &&
					 before(other, port);
			selected = ahead < bundle->max_links ? LACP_SELECTED : LACP_STANDBY;
		}
		changed = changed || selected != port->selected;
		port->selected = selected;
	}
	return changed;
}

// ---------------------------------------------------------------- Mux machine, independent control, 6.4.15

static void enter_mux(struct lacp_port *port, enum lacp_mux_state state, uint64_t now)
{
	static const uint8_t bits[] = {
		[LACP_DETACHED] = 0,
		[LACP_WAITING] = 0,
		[LACP_ATTACHED] = LACP_SYNCHRONIZATION,
		[LACP_MUX_COLLECTING] = LACP_SYNCHRONIZATION | LACP_COLLECTING,
		[LACP_MUX_DISTRIBUTING] = LACP_SYNCHRONIZATION | LACP_COLLECTING | LACP_DISTRIBUTING,
	};

	port->mux = state;
	port->actor.state =
		(uint8_t)((port->actor.state & ~(LACP_SYNCHRONIZATION | LACP_COLLECTING | LACP_DISTRIBUTING)) |
			  bits[state]);
	port->wait_until = state == LACP_WAITING ? now + LACP_AGGREGATE_WAIT_MS : LACP_NEVER;
	if (state != LACP_WAITING && port->enabled) port->need_to_transmit = true;
}

// Ports that wait join together: all of them have waited long enough.
static bool ready(const struct lacp_bundle *bundle, uint64_t now)
{
	for (const struct lacp_port *port = bundle->ports; port != NULL; port = port->next)
		if (port->mux == LACP_WAITING && port->selected == LACP_SELECTED && port->wait_until > now)
			return false;
	return true;
}

static enum lacp_mux_state next_mux(const struct lacp_bundle *bundle, const struct lacp_port *port, uint64_t now)
{
	bool selected = port->selected == LACP_SELECTED && !bundle->held,
	     in_step = port->partner.state & LACP_SYNCHRONIZATION;

	switch (port->mux) {
	case LACP_DETACHED:
		return port->selected != LACP_UNSELECTED ? LACP_WAITING : LACP_DETACHED;
	case LACP_WAITING:
		if (port->selected == LACP_UNSELECTED) return LACP_DETACHED;
		return selected && ready(bundle, now) ? LACP_ATTACHED : LACP_WAITING;
	case LACP_ATTACHED:
		if (!selected) return LACP_DETACHED;
		return in_step ? LACP_MUX_COLLECTING : LACP_ATTACHED;
	case LACP_MUX_COLLECTING:
		if (!selected || !in_step) return LACP_ATTACHED;
		return port->partner.state & LACP_COLLECTING ? LACP_MUX_DISTRIBUTING : LACP_MUX_COLLECTING;
	case LACP_MUX_DISTRIBUTING:
		return selected && in_step && port->partner.state & LACP_COLLECTING ? LACP_MUX_DISTRIBUTING
										    : LACP_MUX_COLLECTING;
	}
	return LACP_DETACHED;
}

static bool run_mux(struct lacp_bundle *bundle, uint64_t now)
{
	bool changed = false;

	for (struct lacp_port *port = bundle->ports; port != NULL; port = port->next) {
		enum lacp_mux_state next = next_mux(bundle, port, now);

		if (bundle->mode == LACP_MODE_STATIC)
			next = port->selected == LACP_SELECTED ? LACP_MUX_DISTRIBUTING : LACP_DETACHED;
		if (next == port->mux) continue;
		enter_mux(port, next, now);
		changed = true;
	}
	return changed;
}

// ---------------------------------------------------------------- all of them

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

void lacp_bundle_run(struct lacp_bundle *bundle, uint64_t now)
{
	for (struct lacp_port *port = bundle->ports; port != NULL; port = port->next) {
		if (bundle->mode == LACP_MODE_STATIC) continue;
		run_timers(port, now);
		run_periodic(port, now);
	}
	// A port that was unselected detaches before it may be selected again.
	do {
		while (run_mux(bundle, now))
			continue;
	} while (run_selection(bundle));
}

uint64_t lacp_bundle_next(const struct lacp_bundle *bundle, uint64_t now)
{
	uint64_t next = LACP_NEVER;

	for (const struct lacp_port *port = bundle->ports; port != NULL; port = port->next) {
		if (bundle->mode == LACP_MODE_STATIC) continue;
		next = earlier(next, earlier(port->current_until, port->periodic_at));
		// One that waits for others to be ready is told when they are.
		if (port->wait_until > now) next = earlier(next, port->wait_until);
		if (port->need_to_transmit && port->sent_in_second >= LACP_MOST_A_SECOND)
			next = earlier(next, port->second_began + 1000);
	}
	return next;
}

bool lacp_port_transmit(const struct lacp_bundle *bundle, struct lacp_port *port, uint64_t now, struct lacp_pdu *pdu)
{
	if (bundle->mode == LACP_MODE_STATIC || !port->enabled || !port->need_to_transmit) return false;
	if (port->periodic_at == LACP_NEVER) return false; // both ends are passive: neither speaks
	if (now >= port->second_began + 1000) {
		port->second_began = now;
		port->sent_in_second = 0;
	}
	if (port->sent_in_second >= LACP_MOST_A_SECOND) return false;
	port->sent_in_second++;
	port->need_to_transmit = false;
	*pdu = (struct lacp_pdu){.actor = port->actor, .partner = port->partner};
	return true;
}
