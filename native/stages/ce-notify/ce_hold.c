// Methods "lacp" and "carrier": a port all of whose VLANs are blocked is told to be out of use, to a CE that is
// attached by a whole port each (port-active, RFC 9786): its links are out of synchronization, or have no carrier. Only
// once they have all been blocked for the hold time, and no longer than they are: a port that comes and goes costs the
// CE more than one that stays.
#include <stdlib.h>

#include "../../main/clock.h"
#include "../../port/hold.h"
#include "../lacp/lacp_hold.h"
#include "ce_method.h"
#include "ce_vlans.h"

struct hold {
	struct ce_port *port;
	struct ce_sent *sent;
	struct timer timer;
	bool waiting, held;
	// Of the method.
	const char *name;
	bool (*wanted)(const struct ce_notification *config);
	uint32_t (*hold_ms)(const struct ce_notification *config);
	int (*set)(uint16_t port, bool held);
};

static void set_held(struct hold *hold, bool held)
{
	timer_disarm(&hold->timer);
	hold->waiting = false;
	if (hold->held == held) return;
	if (hold->set(hold->port->port, held) != 0 && held) {
		hold->sent->dropped++; // its device cannot
		return;
	}
	hold->held = hold->sent->holds_down = held;
	hold->sent->last_ns = clock_realtime_ns();
	hold->sent->last_vid = 0;
}

static void time_is_up(struct timer *timer)
{
	set_held((struct hold *)(void *)((uint8_t *)timer - offsetof(struct hold, timer)), true);
}

static void look(void *state)
{
	struct hold *hold = state;

	if (!hold->wanted(&hold->port->config) || !ce_all_blocked(hold->port->port)) {
		set_held(hold, false);
	} else if (!hold->held && !hold->waiting) {
		hold->waiting = true;
		timer_arm(&hold->timer, control_now_ms() + hold->hold_ms(&hold->port->config));
	}
}

static void changed(void *state, const struct ce_change *changes, unsigned count)
{
	struct hold *hold = state;
	bool was = hold->held;

	look(hold);
	for (unsigned i = 0; was && !hold->held && i < count; i++)
		if (!changes[i].blocked) ce_report(&changes[i], hold->name, 0, hold->sent->last_ns);
}

static void configured(void *state)
{
	struct hold *hold = state;

	// The hold time may be another one.
	timer_disarm(&hold->timer);
	hold->waiting = false;
	look(hold);
}

static void closed(void *state)
{
	if (state == NULL) return;
	set_held(state, false);
	free(state);
}

static struct hold *opened(struct ce_port *port, struct ce_sent *sent)
{
	struct hold *hold = calloc(1, sizeof(*hold));

	if (hold == NULL) return NULL;
	hold->port = port;
	hold->sent = sent;
	hold->timer.run = time_is_up;
	return hold;
}

// ---------------------------------------------------------------- lacp

static bool lacp_wanted(const struct ce_notification *config)
{
	return config->lacp;
}

static uint32_t lacp_hold_ms(const struct ce_notification *config)
{
	return config->lacp_hold_ms;
}

static void *lacp_open(struct ce_port *port, struct ce_sent *sent)
{
	struct hold *hold = opened(port, sent);

	if (hold == NULL) return NULL;
	hold->name = ce_lacp.name;
	hold->wanted = lacp_wanted;
	hold->hold_ms = lacp_hold_ms;
	hold->set = lacp_hold;
	return hold;
}

const struct ce_method ce_lacp = {
	.name = "lacp",
	.open = lacp_open,
	.close = closed,
	.enabled = lacp_wanted,
	.configured = configured,
	.changed = changed,
	.vlans = look,
};

// ---------------------------------------------------------------- carrier

static bool carrier_wanted(const struct ce_notification *config)
{
	return config->carrier;
}

static uint32_t carrier_hold_ms(const struct ce_notification *config)
{
	return config->carrier_hold_ms;
}

// Of a bundle: all its links.
static int carrier_hold(uint16_t id, bool held)
{
	const struct dataplane *dp = dataplane_current();
	int rc = port_hold_down(id, held);

	for (unsigned i = 0; i < dp->port_count; i++) {
		const struct port *port = dp->ports[dp->port_ids[i]];

		if (port->bundle == id && port_hold_down(port->id, held) == 0) rc = 0;
	}
	port_held(id, held && rc == 0);
	return rc;
}

static void *carrier_open(struct ce_port *port, struct ce_sent *sent)
{
	struct hold *hold = opened(port, sent);

	if (hold == NULL) return NULL;
	hold->name = ce_carrier.name;
	hold->wanted = carrier_wanted;
	hold->hold_ms = carrier_hold_ms;
	hold->set = carrier_hold;
	return hold;
}

const struct ce_method ce_carrier = {
	.name = "carrier",
	.open = carrier_open,
	.close = closed,
	.enabled = carrier_wanted,
	.configured = configured,
	.changed = changed,
	.vlans = look,
};
