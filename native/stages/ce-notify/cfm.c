// Method "cfm": the MEP of a VLAN sends its port status at once (stages/cfm), and repeats it. What it sends so is
// counted and reported here; a VLAN without a MEP has nothing to send.
#include <stdlib.h>

#include "ce_cfm.h"
#include "ce_method.h"

unsigned (*ce_cfm_send)(uint16_t port, uint16_t vid, uint64_t *sent_ns);

struct cfm_method {
	struct ce_port *port;
	struct ce_sent *sent;
};

static struct cfm_method *by_port[MAX_PORTS];

static void *cfm_open(struct ce_port *port, struct ce_sent *sent)
{
	struct cfm_method *method = calloc(1, sizeof(*method));

	if (method != NULL) *method = (struct cfm_method){port, sent};
	return method;
}

static void cfm_close(void *state)
{
	struct cfm_method *method = state;

	if (method == NULL) return;
	if (by_port[method->port->port] == method) by_port[method->port->port] = NULL;
	free(method);
}

static bool cfm_enabled(const struct ce_notification *config)
{
	return config->cfm;
}

// A MEP's repeats go on whoever counts them.
static void cfm_configured(void *state)
{
	RTE_SET_USED(state);
}

static void cfm_changed(void *state, const struct ce_change *changes, unsigned count)
{
	struct cfm_method *method = state;

	// Not before: a port that is created may be aborted.
	by_port[method->port->port] = method;
	for (unsigned i = 0; i < count && ce_cfm_send != NULL; i++) {
		uint64_t sent_ns = 0;
		unsigned frames = ce_cfm_send(method->port->port, changes[i].vid, &sent_ns);

		ce_report(&changes[i], ce_cfm.name, frames, sent_ns);
	}
}

void ce_cfm_sent(uint16_t port, uint64_t frames, uint64_t dropped, uint64_t last_ns, uint16_t last_vid)
{
	struct cfm_method *method = by_port[port];

	if (method == NULL || !method->port->config.cfm) return;
	method->sent->frames += frames;
	method->sent->dropped += dropped;
	if (frames == 0) return;
	method->sent->last_ns = last_ns;
	method->sent->last_vid = last_vid;
}

const struct ce_method ce_cfm = {
	.name = "cfm",
	.open = cfm_open,
	.close = cfm_close,
	.enabled = cfm_enabled,
	.configured = cfm_configured,
	.changed = cfm_changed,
};
