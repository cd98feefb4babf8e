// Groups of next hops: what they come to, behind the id that their routes hold.
#include "rib.h"

#include <errno.h>

#include "../../main/log.h"
#include "../neighbour/neighbour.h"

int group_new(struct rib *rib, const char *name, struct group **out)
{
	struct group *group = calloc(1, sizeof(*group));

	if (group == NULL) return -ENOMEM;
	group->rib = rib;
	group->name = strdup(name);
	group->id = next_hop_set_take();
	if (group->name == NULL || group->id == 0) {
		int rc = group->name == NULL ? -ENOMEM : -ENOSPC;

		free(group->name);
		next_hop_set_give(group->id);
		free(group);
		return rc;
	}
	*out = group;
	return 0;
}

static void give_adjacencies(const struct weighted_hop *hops, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (hops[i].hop.kind == NEXT_HOP_ADJACENCY) adjacency_give(hops[i].hop.adjacency);
}

void group_free(struct group *group)
{
	if (group == NULL) return;
	next_hop_set_give(group->id);
	give_adjacencies(group->resolved, group->resolved_count);
	free(group->resolved);
	free(group->hops);
	free(group->name);
	free(group);
}

// From ways to hops, with a reference to each neighbour. A neighbour that there is no place for is left out.
static uint32_t take_hops(const struct group *group, const struct way *ways, unsigned count, struct weighted_hop *hops)
{
	uint32_t taken = 0;
	uint64_t most = 1;

	for (unsigned i = 0; i < count; i++)
		most = RTE_MAX(most, ways[i].weight);
	for (unsigned i = 0; i < count; i++) {
		struct weighted_hop *hop = &hops[taken];

		*hop = (struct weighted_hop){{.kind = ways[i].kind, .interface = ways[i].interface},
					     (uint32_t)RTE_MAX(ways[i].weight * 65536 / most, UINT64_C(1))};
		if (ways[i].kind == NEXT_HOP_ADJACENCY &&
		    adjacency_take(ways[i].interface, ways[i].version, &ways[i].gateway, &hop->hop.adjacency) < 0) {
			log_warning("next-hop-left-out", "group=%s reason=\"no place for the neighbour\"", group->name);
			continue;
		}
		taken++;
	}
	return taken;
}

static void publish(struct group *group)
{
	struct next_hop_set *set;

	if (group->resolved_count == 0) {
		// Until the routes are gone, and for what a worker has looked up.
		next_hop_set_one(group->id, (struct next_hop){.kind = NEXT_HOP_UNREACHABLE});
		return;
	}
	set = next_hop_buckets(next_hop_sets[group->id], group->resolved, group->resolved_count);
	if (set == NULL) {
		log_warning("next-hops-no-memory", "group=%s", group->name);
		return;
	}
	next_hop_set_publish(group->id, set);
}

void group_update(struct group *group)
{
	struct way ways[MOST_HOPS];
	struct weighted_hop hops[MOST_HOPS], *old = group->resolved;
	unsigned count = group_resolve(group, ways);
	uint32_t taken = take_hops(group, ways, count, hops), old_count = group->resolved_count;
	bool was_usable = group->usable;

	if (taken == old_count && next_hop_sets[group->id] != NULL &&
	    (taken == 0 || memcmp(old, hops, taken * sizeof(*hops)) == 0)) {
		give_adjacencies(hops, taken);
		return;
	}
	struct weighted_hop *kept = malloc(RTE_MAX(taken, 1u) * sizeof(*kept));
	if (kept == NULL) {
		log_warning("next-hops-no-memory", "group=%s", group->name);
		give_adjacencies(hops, taken);
		return;
	}
	memcpy(kept, hops, taken * sizeof(*hops));
	group->resolved = kept;
	group->resolved_count = taken;
	group->usable = taken > 0;
	publish(group);
	give_adjacencies(old, old_count);
	free(old);
	if (group->usable == was_usable) return;
	for (struct rib_route *route = group->routes, *next; route != NULL; route = next) {
		next = route->group_next;
		entry_refresh(group->rib, &group->rib->table[route->version], route->entry);
	}
}

void groups_of_interface(uint32_t interface)
{
	for (struct rib *rib = rib_next(1); rib != NULL; rib = rib_next(rib->id + 1))
		for (struct group *group = rib->groups; group != NULL; group = group->next)
			for (uint32_t h = 0; h < group->hop_count; h++) {
				if (group->hops[h].interface != interface) continue;
				group_update(group);
				rib->to_resolve = true;
				break;
			}
}
