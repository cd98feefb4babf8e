// The stage: MEPs follow the blocks and devices of their ports, and what becomes of them is told.
#include <string.h>

#include "../ce-notify/ce_cfm.h"
#include "../classify/next.h"
#include "../flow/record.h"
#include "../ip/packet.h"
#include "cfm.h"
#include "cfm_api.h"

#define BATCH 64

static struct urgent urgent = {.round = cfm_round};

RTE_INIT(cfm_urgent)
{
	urgent_register(&urgent);
}

// ---------------------------------------------------------------- telling

static void tell(const struct cfm_told *told)
{
	const struct cfm_settings *s = &told->mep->settings;
	const struct port *port = dataplane_port(dataplane_current(), s->port);
	Sluice__Api__CfmEvent what = SLUICE__API__CFM_EVENT__INIT;
	Sluice__Api__CfmRemoteMepState remote = SLUICE__API__CFM_REMOTE_MEP_STATE__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;
	static const Sluice__Api__CfmEventKind kinds[] = {
		[CFM_TOLD_DEFECTS] = SLUICE__API__CFM_EVENT_KIND__CFM_DEFECTS,
		[CFM_TOLD_ALARM] = SLUICE__API__CFM_EVENT_KIND__CFM_FAULT_ALARM,
		[CFM_TOLD_REMOTE] = SLUICE__API__CFM_EVENT_KIND__CFM_REMOTE_MEP,
	};

	what.name = told->mep->name;
	what.port = port != NULL ? (char *)(uintptr_t)port->name : what.port;
	what.vid = s->vid;
	what.kind = kinds[told->what];
	what.defects = told->defects;
	what.highest_defect = told->highest;
	if (told->what == CFM_TOLD_REMOTE) {
		cfm_remote_state(&told->remote, &remote);
		what.remote_mep = &remote;
	}
	event.at_ns = told->at_ns;
	event.what_case = SLUICE__API__EVENT__WHAT_CFM;
	event.cfm = &what;
	event_emit(&event);
}

static void collect_status(void)
{
	static struct cfm_status_sent sent[MAX_PORTS];

	if (!cfm_take_status(sent)) return;
	for (uint16_t port = 0; port < MAX_PORTS; port++)
		if (sent[port].frames != 0 || sent[port].dropped != 0)
			ce_cfm_sent(port, sent[port].frames, sent[port].dropped, sent[port].last_ns,
				    sent[port].last_vid);
}

static void poll(void)
{
	struct cfm_told told[BATCH];
	unsigned got;

	do {
		got = cfm_take_changes(told, BATCH);
		for (unsigned i = 0; i < got; i++) {
			struct later *later;
			struct cfm_test *test;

			if (told[i].what != CFM_TOLD_TEST) {
				tell(&told[i]);
				continue;
			}
			test = cfm_test_take(told[i].mep, &later);
			if (test != NULL) cfm_test_answer(test, later);
		}
	} while (got == BATCH);
	collect_status();
}

// ---------------------------------------------------------------- following

static unsigned status_sends(uint16_t port, uint16_t vid, uint64_t *sent_ns)
{
	unsigned sent = cfm_look(port, vid, sent_ns);

	collect_status();
	return sent;
}

static void points_changed(uint16_t id, const struct cfm_map *before, const struct cfm_map *after)
{
	// Whether frames of the port pass here at all.
	if ((before == NULL) != (after == NULL)) flow_element_changed(FLOW_PORT, id);
	for (uint16_t vid = 0; vid < 4096; vid++)
		if (cfm_map_get(before, vid) != cfm_map_get(after, vid))
			flow_element_changed(FLOW_TAGS, flow_tag_id(id, vid));
}

static void published(struct generation *g)
{
	const struct dataplane *before = generation_before(g), *after = generation_next(g);
	unsigned count;
	const struct block_change *blocks = generation_block_changes(g, &count);
	uint64_t sent_ns;

	for (uint16_t id = 1; id < MAX_PORTS; id++) {
		const struct port *old = before->ports[id], *new = after->ports[id];
		const struct cfm_map *had = old != NULL ? old->meps : NULL, *has = new != NULL ? new->meps : NULL;

		if (had != has) points_changed(id, had, has);
		if (has != NULL && had != NULL && old->io != new->io) cfm_look_device(id);
	}
	// Those that a CE notification has sent already have nothing new to say.
	for (unsigned i = 0; i < count; i++)
		cfm_look(blocks[i].point->port, blocks[i].point->vid, &sent_ns);
	collect_status();
}

static void link_changed(const struct port *port, enum port_link link)
{
	RTE_SET_USED(link);
	if (port->meps != NULL) cfm_look_device(port->id);
}

static int port_changed(struct generation *g, const struct port *old, struct port *new)
{
	// Its MEPs went before it.
	if (new == NULL) generation_retire(g, old->meps);
	return 0;
}

static int start(void)
{
	int rc = cfm_send_start();

	node_wire("classify", CLASSIFY_CFM, "cfm-in");
	ce_cfm_send = status_sends;
	return rc < 0 ? rc : cfm_meps_start();
}

static void stop(void)
{
	urgent_stop();
	ce_cfm_send = NULL;
	cfm_meps_stop();
}

static struct stage cfm_stage = {
	.name = "cfm",
	.order = 60, // after ce-notify
	.start = start,
	.stop = stop,
	.port = port_changed,
	.published = published,
	.link_changed = link_changed,
	.poll = poll,
	.request = cfm_request,
};
STAGE_REGISTER(cfm_stage);
