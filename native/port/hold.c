#include "hold.h"

#include <stddef.h>

#include "../main/clock.h"
#include "../main/dataplane.h"
#include "port_io.h"

// A partner's answer in LACP, or a cable that is trained anew, takes less.
#define LET_GO_MS 5000

static void let_go(struct timer *timer)
{
	struct port_io *io = (struct port_io *)(void *)((char *)timer - offsetof(struct port_io, let_go));

	hold_ended(io);
	port_io_tell_link(io);
}

void hold_init(struct port_io *io)
{
	io->let_go.run = let_go;
}

void hold_ended(struct port_io *io)
{
	timer_disarm(&io->let_go);
	io->held = io->letting_go = false;
}

void port_held(uint16_t id, bool held)
{
	const struct port *port = dataplane_port(dataplane_current(), id);
	struct port_io *io = port != NULL ? port->io : NULL;

	if (io == NULL || held == (io->held && !io->letting_go)) return;
	io->letting_go = !held;
	if (!held) {
		timer_arm(&io->let_go, control_now_ms() + LET_GO_MS);
		return;
	}
	timer_disarm(&io->let_go);
	if (io->held) return;
	io->held = true;
	port_io_tell_link(io);
}
