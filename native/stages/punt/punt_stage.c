// The stage: TAPs come and go with the interfaces that want them, and follow their state.
#include <errno.h>
#include <string.h>

#include "../../api/kind.h"
#include "kernel_asks.h"
#include "tap.h"

static int start(void)
{
	return tap_io_start();
}

static void poll(void)
{
	tap_io_asked(kernel_asked);
}

static void interface_changed(const struct l3_interface *interface)
{
	if (interface->tap != NULL) tap_sync(interface->tap, interface);
}

static void neighbour_changed(const struct l3_interface *interface, enum ip_version version,
			      const struct ip_address *address, const struct rte_ether_addr *mac)
{
	if (interface->tap != NULL && tap_is_active(interface->tap))
		tap_kernel_set_neighbour(&interface->tap->kernel, version, address, mac);
}

static void l3_interface_state(const struct l3_interface *interface, Sluice__Api__L3InterfaceState *state)
{
	const struct tap *tap = interface->tap;

	if (tap == NULL) return;
	state->tap_active = tap_is_active(tap);
	state->tap_to_kernel = atomic_load(&tap->port.to_kernel);
	state->tap_to_kernel_dropped = atomic_load(&tap->port.to_kernel_dropped);
	state->tap_from_kernel = atomic_load(&tap->port.from_kernel);
	state->tap_from_kernel_dropped = atomic_load(&tap->port.from_kernel_dropped);
}

static struct stage punt_stage = {
	.name = "punt",
	.order = 30, // after neighbours, whose addresses and table it follows
	.start = start,
	.stop = tap_io_stop,
	.poll = poll,
	.interface_changed = interface_changed,
	.address_changed = interface_changed,
	.neighbour_changed = neighbour_changed,
	.l3_interface_state = l3_interface_state,
};
STAGE_REGISTER(punt_stage);
