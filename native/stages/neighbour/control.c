// The table of neighbours in step with interfaces, gateways and static entries.
#include "control.h"

#include <errno.h>

static const struct l3_interface *interface_of(const struct neighbour *n)
{
	return dataplane_interface(dataplane_current(), n->interface);
}

// What packets see is what the state says.
static void show(struct neighbour *n)
{
	const struct l3_interface *interface = interface_of(n);
	const struct rte_ether_addr none = {0};

	adjacency_write(n, n->is_static || n->nud.state != NUD_INCOMPLETE ? &n->nud.mac : NULL,
			interface != NULL ? &interface->live->mac : &none);
}

int adjacency_take(uint32_t interface, enum ip_version version, const struct ip_address *address, uint32_t *id)
{
	struct neighbour *n = neighbour_find(interface, version, address);
	int rc = n != NULL ? 0 : neighbour_new(interface, version, address, &n);

	if (rc < 0) return rc;
	n->references++;
	neighbour_classify(n);
	*id = n->adjacency;
	return 0;
}

void adjacency_give(uint32_t id)
{
	struct neighbour *n = neighbour_of_adjacency(id);

	if (n == NULL) return;
	n->references--;
	if (n->references == 0 && n->nud.state == NUD_INCOMPLETE && n->nud.sent == 0)
		neighbour_free(n);
	else
		neighbour_classify(n);
}

void neighbour_set_static(uint32_t adjacency, const struct rte_ether_addr *mac)
{
	struct neighbour *n = neighbour_of_adjacency(adjacency);

	if (n == NULL) return;
	n->is_static = mac != NULL;
	n->nud = (struct nud){.state = mac != NULL ? NUD_REACHABLE : NUD_INCOMPLETE};
	if (mac != NULL) n->nud.mac = *mac;
	timer_disarm(&n->timer);
	show(n);
	neighbour_classify(n);
}

bool address_usable(const struct l3_interface *interface, enum ip_version version, const struct ip_address *address)
{
	return interface->enabled && interface->live->link == PORT_LINK_UP;
}

static void interface_changed(const struct l3_interface *interface)
{
	struct neighbour_interface *it = neighbour_interface_of(interface->id);
	struct neighbour *n;

	for (unsigned class = 0; it != NULL && class < NEIGHBOUR_CLASSES; class ++)
		TAILQ_FOREACH(n, &it->list[class], in_interface)
	show(n);
}

static void stop(void)
{
	neighbours_stop();
}

static void published(struct generation *g)
{
	adjacency_reclaim();
}

static struct stage neighbour_stage = {
	.name = "neighbour",
	.stop = stop,
	.published = published,
	.interface_changed = interface_changed,
};
STAGE_REGISTER(neighbour_stage);
