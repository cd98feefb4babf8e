// Routes that the L3 interfaces make: to their subnets, to their own addresses, and to neighbours.
#include "rib.h"

#include <errno.h>

#include "../../main/log.h"

struct made {
	struct made *next;
	struct rib_route *route;
	struct prefix prefix;
	bool wanted;
};

struct interface_routes {
	uint32_t vrf;
	struct made *made; // connected and local
	struct made *neighbours;
};

static struct interface_routes *all[MAX_ID + 1];

static struct interface_routes *state_of(const struct l3_interface *interface)
{
	struct interface_routes *state = all[interface->id];

	if (state == NULL) state = all[interface->id] = calloc(1, sizeof(*state));
	if (state != NULL) state->vrf = interface->vrf;
	return state;
}

static struct made *find(struct made *list, enum route_source source, enum ip_version version,
			 const struct prefix *prefix)
{
	while (list != NULL &&
	       (list->route->source != source || list->route->version != version || list->prefix.high != prefix->high ||
		list->prefix.low != prefix->low || list->prefix.length != prefix->length))
		list = list->next;
	return list;
}

static int make(struct rib *rib, struct made **list, enum route_source source, enum ip_version version,
		const struct prefix *prefix, uint32_t interface, struct next_hop hop)
{
	struct made *made = malloc(sizeof(*made));
	struct rib_route *route = made != NULL ? route_alloc() : NULL;
	struct rib_entry *entry = route != NULL ? entry_take(&rib->table[version], prefix) : NULL;
	uint32_t set = entry != NULL ? next_hop_set_take() : 0;

	if (set == 0 || next_hop_set_one(set, hop) < 0) {
		next_hop_set_give(set);
		if (entry != NULL) entry_drop(&rib->table[version], entry);
		route_free(route);
		free(made);
		return -ENOMEM;
	}
	*route = (struct rib_route){.entry = entry,
				    .set = set,
				    .interface = (uint16_t)interface,
				    .source = (uint8_t)source,
				    .version = (uint8_t)version};
	*made = (struct made){*list, route, *prefix, true};
	*list = made;
	route_link(rib, route);
	entry_refresh(rib, &rib->table[version], entry);
	return 0;
}

static void unmake(struct rib *rib, struct made **at)
{
	struct made *made = *at;
	struct rib_route *route = made->route;

	*at = made->next;
	// With the VRF its routes are gone.
	if (rib != NULL) {
		route_unlink(rib, route);
		entry_refresh(rib, &rib->table[route->version], route->entry);
		next_hop_set_give(route->set);
		route_free(route);
	}
	free(made);
}

static bool is_link_local(const struct interface_address *address)
{
	return address->version == IP_V6 && address->address.bytes[0] == 0xfe &&
	       (address->address.bytes[1] & 0xc0) == 0x80;
}

static void want(struct rib *rib, struct interface_routes *state, const struct l3_interface *it,
		 enum route_source source, enum ip_version version, struct prefix prefix, uint8_t kind)
{
	struct made *made = find(state->made, source, version, &prefix);
	struct next_hop hop = {.kind = kind, .interface = (uint16_t)it->id};

	if (made != NULL)
		made->wanted = true;
	else if (make(rib, &state->made, source, version, &prefix, it->id, hop) < 0)
		log_warning("routes-no-memory", "interface=%s", it->name);
}

// The subnet gleans, the address is the router's, and what is sent to all of a subnet is not forwarded (RFC 2644). Of
// link-local subnets (RFC 4291, 2.5.6) every interface has the same: they are found by interface, not by routes.
static void want_address(struct rib *rib, struct interface_routes *state, const struct l3_interface *it,
			 const struct interface_address *address)
{
	enum ip_version version = address->version;
	unsigned bits = version == IP_V4 ? 32 : 128;

	want(rib, state, it, ROUTE_LOCAL, version, prefix_of(version, &address->address, bits), NEXT_HOP_LOCAL);
	if (address->prefix_length == bits || it->loopback || is_link_local(address)) return;
	struct prefix subnet = prefix_of(version, &address->address, address->prefix_length);
	want(rib, state, it, ROUTE_CONNECTED, version, subnet, NEXT_HOP_GLEAN);
	if (version != IP_V4 || address->prefix_length > 30) return;
	struct prefix broadcast = {subnet.high | (UINT64_MAX >> address->prefix_length & UINT64_MAX << 32), 0, 32};
	want(rib, state, it, ROUTE_CONNECTED, version, broadcast, NEXT_HOP_BLACKHOLE);
}

void interface_routes_update(const struct l3_interface *it)
{
	struct interface_routes *state = all[it->id];
	bool up = it->enabled && it->live->link != PORT_LINK_DOWN && it->live->link != PORT_LINK_NOT_PRESENT;

	if (state != NULL && state->vrf != it->vrf) interface_routes_withdraw(it->id);
	state = state_of(it);
	struct rib *rib = rib_of(it->vrf);
	if (state == NULL || rib == NULL) {
		log_warning("routes-no-memory", "interface=%s", it->name);
		return;
	}
	for (struct made *made = state->made; made != NULL; made = made->next)
		made->wanted = false;
	for (uint32_t i = 0; up && i < it->address_count; i++)
		want_address(rib, state, it, &it->addresses[i]);
	for (struct made **at = &state->made; *at != NULL;)
		if ((*at)->wanted)
			at = &(*at)->next;
		else
			unmake(rib, at);
}

void interface_routes_withdraw(uint32_t interface)
{
	struct interface_routes *state = all[interface];

	if (state == NULL) return;
	while (state->made != NULL)
		unmake(rib_of(state->vrf), &state->made);
	while (state->neighbours != NULL)
		unmake(rib_of(state->vrf), &state->neighbours);
	free(state);
	all[interface] = NULL;
}

void interface_routes_of_vrf_gone(uint32_t vrf)
{
	for (uint32_t id = 1; id <= MAX_ID; id++)
		if (all[id] != NULL && all[id]->vrf == vrf) interface_routes_withdraw(id);
}

// ---------------------------------------------------------------- neighbours

int fib_set_neighbour(uint32_t vrf, enum ip_version version, const struct ip_address *address, uint32_t interface,
		      uint32_t adjacency)
{
	const struct l3_interface *it = dataplane_interface(dataplane_current(), interface);
	struct prefix host = prefix_of(version, address, version == IP_V4 ? 32 : 128);
	struct next_hop hop = {.kind = NEXT_HOP_ADJACENCY, .interface = (uint16_t)interface, .adjacency = adjacency};
	struct rib *rib = rib_of(vrf);
	struct interface_routes *state;
	int rc;

	if (it == NULL || rib == NULL || it->vrf != vrf) return -ENOENT;
	state = state_of(it);
	if (state == NULL) return -ENOMEM;
	struct rib_entry *entry = entry_find(&rib->table[version], &host);
	struct rib_route *route = entry != NULL ? entry->routes : NULL;
	while (route != NULL && (route->source != ROUTE_NEIGHBOUR || route->interface != interface))
		route = route->next;
	rc = route != NULL ? next_hop_set_one(route->set, hop)
			   : make(rib, &state->neighbours, ROUTE_NEIGHBOUR, version, &host, interface, hop);
	rib_settle();
	return rc;
}

void fib_delete_neighbour(uint32_t vrf, enum ip_version version, const struct ip_address *address, uint32_t interface)
{
	struct prefix host = prefix_of(version, address, version == IP_V4 ? 32 : 128);
	struct interface_routes *state = interface <= MAX_ID ? all[interface] : NULL;

	if (state == NULL || state->vrf != vrf) return;
	for (struct made **at = &state->neighbours; *at != NULL; at = &(*at)->next) {
		const struct made *made = *at;

		if (made->route->version != version || made->prefix.high != host.high || made->prefix.low != host.low)
			continue;
		unmake(rib_of(vrf), at);
		break;
	}
	rib_settle();
}
