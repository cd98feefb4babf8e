// The stage: sessions follow the addresses of their interfaces, and what becomes of them is told.
#include "bfd.h"

#define BATCH 64

static struct urgent urgent = {.round = bfd_round};

RTE_INIT(bfd_urgent)
{
	urgent_register(&urgent);
}

static int start(void)
{
	int rc = bfd_send_start();

	return rc < 0 ? rc : bfd_sessions_start();
}

static void stop(void)
{
	urgent_stop();
	bfd_asks_stop();
	bfd_sessions_stop();
}

static void tell(const struct bfd_told *told)
{
	Sluice__Api__BfdEvent what = SLUICE__API__BFD_EVENT__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;

	what.name = told->session->name;
	what.state = (Sluice__Api__BfdState)told->state;
	what.diagnostic = told->diagnostic;
	what.remote_state = (Sluice__Api__BfdState)told->remote_state;
	what.remote_diagnostic = told->remote_diagnostic;
	what.late = told->late;
	event.at_ns = told->at_ns;
	event.what_case = SLUICE__API__EVENT__WHAT_BFD;
	event.bfd = &what;
	event_emit(&event);
}

static void poll(void)
{
	struct bfd_told told[BATCH];
	unsigned got;

	do {
		got = bfd_take_changes(told, BATCH);
		for (unsigned i = 0; i < got; i++)
			tell(&told[i]);
	} while (got == BATCH);
	if (bfd_take_answered()) bfd_asks_look();
}

static void interface_changed(const struct l3_interface *interface)
{
	struct bfd_session *session;

	for (uint32_t slot = 0; (session = bfd_next(&slot)) != NULL;)
		if (session->settings.interface == interface->id) bfd_look(session);
}

static struct stage bfd_stage = {
	.name = "bfd",
	.order = 30, // after neighbours: their addresses are ours to send from
	.start = start,
	.stop = stop,
	.poll = poll,
	.request = bfd_request,
	.interface_changed = interface_changed,
	.address_changed = interface_changed,
};
STAGE_REGISTER(bfd_stage);
