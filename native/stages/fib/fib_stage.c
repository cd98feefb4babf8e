// The stage: VRFs have tables, interfaces have routes, and a transaction's routes take effect with it.
#include "rib.h"

#include <errno.h>

static int start(void)
{
	int rc = fib_parts_start();

	return rc < 0 ? rc : next_hop_sets_start();
}

static void stop(void)
{
	fib_reclaim(0);
	fib_parts_stop();
	next_hop_sets_stop();
}

static void close_vrf(void *arg)
{
	rib_close(arg);
}

// Its interfaces may go in the same transaction, before or after it.
static void vrf_gone(void *arg)
{
	struct rib *rib = arg;

	interface_routes_of_vrf_gone(rib->id);
	rib_settle();
	rib_close(rib);
}

static int vrf(struct generation *g, const struct vrf *old, struct vrf *new)
{
	struct rib *rib = NULL;
	int rc;

	if (new == NULL) routes_whole();
	if (new == NULL) return generation_on_commit(g, vrf_gone, rib_of(old->id));
	if (old != NULL) return 0;
	rc = rib_open(new->id, &rib);
	if (rc < 0) return rc;
	if (generation_on_abort(g, close_vrf, rib) < 0) {
		rib_close(rib);
		return -ENOMEM;
	}
	for (unsigned v = 0; v < IP_VERSIONS; v++)
		new->fib[v] = rib->table[v].fib;
	return 0;
}

static void withdraw(void *id)
{
	interface_routes_withdraw((uint32_t)(uintptr_t)id);
	rib_settle();
}

static int l3_interface(struct generation *g, const struct l3_interface *old, struct l3_interface *new)
{
	// What an interface becomes is told by interface_changed once the transaction is there.
	if (new == NULL) routes_whole();
	return new == NULL ? generation_on_commit(g, withdraw, (void *)(uintptr_t)old->id) : 0;
}

static void interface_changed(const struct l3_interface *interface)
{
	interface_routes_update(interface);
	groups_of_interface(interface->id);
	rib_settle();
}

static void published(struct generation *g)
{
	routes_commit();
}

static void vrf_state(const struct vrf *vrf, Sluice__Api__VrfState *state)
{
	const struct rib *rib = rib_of(vrf->id);

	state->ipv4_routes = rib->table[IP_V4].active;
	state->ipv6_routes = rib->table[IP_V6].active;
	state->memory = fib_memory(rib->table[IP_V4].fib) + fib_memory(rib->table[IP_V6].fib);
}

static struct stage fib_stage = {
	.name = "fib",
	.start = start,
	.stop = stop,
	.vrf = vrf,
	.l3_interface = l3_interface,
	.published = published,
	.interface_changed = interface_changed,
	.vrf_state = vrf_state,
	.order = 10,
};
STAGE_REGISTER(fib_stage);
