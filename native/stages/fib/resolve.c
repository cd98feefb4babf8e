// From the next hops of a group to neighbours on interfaces. A gateway without interface is looked up in the routes of
// the VRF, whose groups' next hops may be such gateways in turn.
//
// What a gateway comes to depends only on the routes that there are and on interfaces, not on what packets see at the
// moment: a route is passed over if its group is one that is just being resolved, and if its group comes to nothing.
// So the answer is the same whatever was before, and nothing swings.
#include "rib.h"

#include <errno.h>

#include <rte_byteorder.h>

#define MOST_DEPTH 8    // groups that lead to each other
#define MOST_WORK  4096 // hops looked at for one answer
#define SHARE      65536

static unsigned work;

static unsigned expand(struct group *group, struct way *ways, unsigned depth);

static bool same(const struct way *a, const struct way *b)
{
	return a->kind == b->kind && a->interface == b->interface && a->version == b->version &&
	       memcmp(&a->gateway, &b->gateway, sizeof(a->gateway)) == 0;
}

// One way more; those beyond the bound are left out.
static unsigned add(struct way *ways, unsigned count, struct way way)
{
	for (unsigned i = 0; i < count; i++)
		if (same(&ways[i], &way)) {
			ways[i].weight += way.weight;
			return count;
		}
	if (count == MOST_HOPS) return count;
	ways[count] = way;
	return count + 1;
}

static const struct l3_interface *up(uint32_t id)
{
	const struct l3_interface *it = dataplane_interface(dataplane_current(), id);

	if (it == NULL || !it->enabled) return NULL;
	return it->live->link != PORT_LINK_DOWN && it->live->link != PORT_LINK_NOT_PRESENT ? it : NULL;
}

static unsigned direct(const struct group_hop *hop, struct way *ways)
{
	const struct l3_interface *it = up(hop->interface);

	if (it == NULL) return 0;
	ways[0] = (struct way){.kind = it->loopback ? NEXT_HOP_BLACKHOLE : NEXT_HOP_GLEAN, .weight = SHARE};
	if (it->loopback) return 1;
	ways[0].interface = hop->interface;
	if (!hop->has_gateway) return 1;
	ways[0].kind = NEXT_HOP_ADJACENCY;
	ways[0].version = hop->version;
	ways[0].gateway = hop->gateway;
	return 1;
}

// By one route to the gateway.
static unsigned by_route(const struct rib_route *route, const struct group_hop *hop, struct way *ways, unsigned depth)
{
	unsigned count;

	switch ((enum route_source)route->source) {
	case ROUTE_LOCAL:
		return 0;
	case ROUTE_CONNECTED:
	case ROUTE_NEIGHBOUR:
		ways[0] = (struct way){.kind = NEXT_HOP_ADJACENCY,
				       .interface = route->interface,
				       .version = hop->version,
				       .gateway = hop->gateway,
				       .weight = SHARE};
		return 1;
	case ROUTE_OWNER:
		break;
	}
	if (route->group->visited || depth == MOST_DEPTH) return 0;
	count = expand(route->group, ways, depth + 1);
	for (unsigned i = 0; i < count; i++) {
		// The route says that the gateway is on the link.
		if (ways[i].kind != NEXT_HOP_GLEAN) continue;
		ways[i].kind = NEXT_HOP_ADJACENCY;
		ways[i].version = hop->version;
		ways[i].gateway = hop->gateway;
	}
	return count;
}

static unsigned recursive(const struct rib *rib, const struct group_hop *hop, struct way *ways, unsigned depth)
{
	const struct rib_table *table = &rib->table[hop->version];

	for (int length = hop->version == IP_V4 ? 32 : 128; length >= 0; length--) {
		struct prefix prefix;
		const struct rib_entry *entry;

		if (table->lengths[length] == 0) continue;
		prefix = prefix_of(hop->version, &hop->gateway, (unsigned)length);
		entry = entry_find(table, &prefix);
		if (entry == NULL) continue;
		for (const struct rib_route *route = entry->routes; route != NULL; route = route->next) {
			unsigned count = by_route(route, hop, ways, depth);

			if (count > 0) return count;
			// An address of the router's own is no way to anywhere.
			if (route->source == ROUTE_LOCAL) return 0;
		}
	}
	return 0;
}

static unsigned expand_hop(struct group *group, const struct group_hop *hop, struct way *ways, unsigned depth)
{
	static const uint8_t kinds[] = {
		[SLUICE__API__NEXT_HOP__SPECIAL__BLACKHOLE] = NEXT_HOP_BLACKHOLE,
		[SLUICE__API__NEXT_HOP__SPECIAL__UNREACHABLE] = NEXT_HOP_UNREACHABLE,
		[SLUICE__API__NEXT_HOP__SPECIAL__PROHIBIT] = NEXT_HOP_PROHIBIT,
		[SLUICE__API__NEXT_HOP__SPECIAL__RECEIVE] = NEXT_HOP_LOCAL,
	};

	if (++work > MOST_WORK) return 0;
	if (hop->special != SLUICE__API__NEXT_HOP__SPECIAL__NONE) {
		ways[0] = (struct way){.kind = kinds[hop->special], .weight = SHARE};
		return 1;
	}
	return hop->interface != 0 ? direct(hop, ways) : recursive(group->rib, hop, ways, depth);
}

static unsigned expand(struct group *group, struct way *ways, unsigned depth)
{
	struct way part[MOST_HOPS];
	unsigned count = 0;

	group->visited = true;
	for (uint32_t h = 0; h < group->hop_count; h++) {
		unsigned parts = expand_hop(group, &group->hops[h], part, depth);
		uint64_t sum = 0, weight = (uint64_t)group->hops[h].weight * SHARE;

		for (unsigned i = 0; i < parts; i++)
			sum += part[i].weight;
		for (unsigned i = 0; i < parts; i++) {
			part[i].weight = RTE_MAX(weight * part[i].weight / sum, UINT64_C(1));
			count = add(ways, count, part[i]);
		}
	}
	group->visited = false;
	return count;
}

unsigned group_resolve(struct group *group, struct way *ways)
{
	work = 0;
	return expand(group, ways, 0);
}

unsigned hop_resolve(struct group *group, const struct group_hop *hop, struct way *ways)
{
	unsigned count;

	work = 0;
	group->visited = true;
	count = expand_hop(group, hop, ways, 0);
	group->visited = false;
	return count;
}

// ---------------------------------------------------------------- gateways

static int order(const void *a, const void *b)
{
	const struct prefix *x = a, *y = b;

	if (x->high != y->high) return x->high < y->high ? -1 : 1;
	return x->low < y->low ? -1 : x->low > y->low;
}

static bool is_recursive(const struct group_hop *hop)
{
	return hop->special == SLUICE__API__NEXT_HOP__SPECIAL__NONE && hop->interface == 0;
}

int gateways_collect(struct rib *rib)
{
	for (unsigned v = 0; v < IP_VERSIONS; v++) {
		struct rib_table *table = &rib->table[v];
		uint32_t count = 0;

		for (const struct group *group = rib->groups; group != NULL; group = group->next)
			for (uint32_t h = 0; h < group->hop_count; h++)
				count += is_recursive(&group->hops[h]) && group->hops[h].version == v;
		struct prefix *grown = realloc(table->gateways, (count + 1) * sizeof(*grown));
		if (grown == NULL) return -ENOMEM;
		table->gateways = grown;
		table->gateway_count = 0;
		for (const struct group *group = rib->groups; group != NULL; group = group->next)
			for (uint32_t h = 0; h < group->hop_count; h++)
				if (is_recursive(&group->hops[h]) && group->hops[h].version == v)
					grown[table->gateway_count++] =
						prefix_of(v, &group->hops[h].gateway, v == IP_V4 ? 32 : 128);
		if (count > 0) qsort(grown, count, sizeof(*grown), order);
	}
	return 0;
}

bool gateways_under(const struct rib_table *table, const struct prefix *prefix)
{
	uint32_t from = 0, to = table->gateway_count;
	struct ip_address address;
	struct prefix cut;

	if (to == 0) return false;
	// The first that is not below the prefix: if any is under it, this one is.
	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (order(&table->gateways[middle], prefix) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	if (from == table->gateway_count) return false;
	prefix_bytes(&table->gateways[from], &address);
	cut = prefix_of(table->version, &address, prefix->length);
	return cut.high == prefix->high && cut.low == prefix->low;
}
