// The stage: joins neighbours and own addresses to the engine.
#include <string.h>

#include "address.h"
#include "control.h"
#include "heard.h"
#include "hold.h"
#include "inbox.h"
#include "read.h"
#include "send.h"

// How often what packets have used is looked at.
#define USE_MS 1000

static struct timer use_timer;

// The oldest is the one that was used least lately; what is used and stale is asked whether it is still there.
static void used(uint32_t id)
{
	struct neighbour *n = neighbour_of_adjacency(id);

	__atomic_store_n(&adjacency_use[id], 0, __ATOMIC_RELAXED);
	if (n == NULL || n->is_static) return;
	if (n->class == NEIGHBOUR_LEARNED) neighbour_classify(n);
	neighbour_step(n, &(struct nud_event){.what = NUD_USED});
}

static void look_at_use(struct timer *timer)
{
	uint32_t end = RTE_MIN(RTE_ALIGN_CEIL(adjacency_highest() + 1, 8u), ADJACENCIES);
	uint64_t eight;

	for (uint32_t id = 0; id < end; id += 8) {
		memcpy(&eight, adjacency_use + id, sizeof(eight));
		for (uint32_t i = id; eight != 0 && i < id + 8; i++)
			if (adjacency_use[i] != 0) used(i);
	}
	adjacency_reclaim();
	port_inject_flush();
	timer_arm(timer, control_now_ms() + USE_MS);
}

static int start(void)
{
	int rc = inbox_start();

	if (rc < 0 || (rc = send_start()) < 0 || (rc = hold_start()) < 0) return rc;
	use_timer.run = look_at_use;
	return timer_arm(&use_timer, control_now_ms() + USE_MS);
}

static void stop(void)
{
	timer_disarm(&use_timer);
	addresses_stop();
	neighbours_stop();
	inbox_stop();
}

static void poll(void)
{
	inbox_empty(INBOX_ARP, heard_arp);
	inbox_empty(INBOX_ND, heard_nd);
	inbox_empty(INBOX_HOLD, hold_take);
	port_inject_flush();
}

static void interface_changed(const struct l3_interface *interface)
{
	addresses_sync(interface);
	neighbours_of_interface_changed(interface);
	port_inject_flush();
}

static void interface_gone(void *id)
{
	addresses_gone((uint32_t)(uintptr_t)id);
	neighbours_of_interface_gone((uint32_t)(uintptr_t)id);
}

static int l3_interface(struct generation *g, const struct l3_interface *old, struct l3_interface *new)
{
	return new == NULL ? generation_on_commit(g, interface_gone, (void *)(uintptr_t)old->id) : 0;
}

static void l3_interface_state(const struct l3_interface *interface, Sluice__Api__L3InterfaceState *state)
{
	const struct neighbour_interface *it = neighbour_interface_of(interface->id);
	const struct own_address *own = NULL;

	if (it != NULL) state->neighbours = it->count[NEIGHBOUR_FIXED] + it->count[NEIGHBOUR_LEARNED];
	for (size_t i = 0; i < state->n_addresses; i++) {
		Sluice__Api__InterfaceAddressState *address = state->addresses[i];

		for (own = NULL; (own = address_next(interface->id, own)) != NULL;)
			if (!own->is_virtual && (own->version == IP_V4 ? 4 : 16) == address->address.len &&
			    memcmp(own->address.bytes, address->address.data, address->address.len) == 0)
				address->status = (Sluice__Api__AddressStatus)own->status;
	}
	for (own = NULL; (own = address_next(interface->id, own)) != NULL;) {
		Sluice__Api__InterfaceAddressState *address = state->addresses[state->n_addresses];

		// There is room for one more.
		if (!own->automatic) continue;
		address->address.len = sizeof(own->address.bytes);
		address->address.data = (uint8_t *)(uintptr_t)own->address.bytes;
		address->prefix_length = own->prefix_length;
		address->status = (Sluice__Api__AddressStatus)own->status;
		address->automatic = true;
		state->n_addresses++;
		break;
	}
}

static struct stage neighbour_stage = {
	.name = "neighbour",
	.order = 20, // after IP, whose nodes it names
	.start = start,
	.stop = stop,
	.poll = poll,
	.l3_interface = l3_interface,
	.interface_changed = interface_changed,
	.l3_interface_state = l3_interface_state,
	.neighbours_read = neighbours_read,
};
STAGE_REGISTER(neighbour_stage);
