// Groups of next hops, as objects of the contract.
#include <errno.h>
#include <stdio.h>

#include "../../api/kind.h"
#include "../../main/log.h"
#include "rib.h"

#define KIND(name)  SLUICE__API__OBJECT_KIND__KIND_##name
#define MOST_WEIGHT 255

// What the open transaction does to groups.
struct pending {
	struct group *group;
	struct group_hop *hops;
	uint32_t hop_count;
	bool fresh, removes;
};

static struct group *groups[MAX_NEXT_HOP_SETS]; // by id
static struct pending *pending;
static unsigned pending_count, pending_room;

struct group *group_named(const char *name, const struct owner *owner)
{
	const struct object *object = store_find(KIND(NEXT_HOP_GROUP), name);

	return object != NULL && object->version != NULL && object->owner == owner ? groups[object->id] : NULL;
}

struct group *group_removed(unsigned *at)
{
	while (*at < pending_count && !pending[*at].removes)
		++*at;
	return *at < pending_count ? pending[(*at)++].group : NULL;
}

// ---------------------------------------------------------------- ranges

static const char *group_name(const Sluice__Api__Operation *operation)
{
	return operation->set_next_hop_group->name;
}

static int invalid(struct api_error *error, const char *what)
{
	return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", what);
}

static int group_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__NextHopGroup *it = operation->set_next_hop_group;

	if (it->vrf[0] == '\0') return invalid(error, "a next hop group needs a VRF");
	if (it->n_next_hops == 0 || it->n_next_hops > MOST_HOPS) return invalid(error, "a group has 1 to 64 next hops");
	for (size_t i = 0; i < it->n_next_hops; i++) {
		const Sluice__Api__NextHop *hop = it->next_hops[i];

		if ((unsigned)hop->special > SLUICE__API__NEXT_HOP__SPECIAL__RECEIVE)
			return invalid(error, "a special next hop that this engine does not know");
		if (hop->gateway.len != 0 && hop->gateway.len != 4 && hop->gateway.len != 16)
			return invalid(error, "a gateway is 4 or 16 bytes");
		if (hop->weight > MOST_WEIGHT) return invalid(error, "a weight is at most 255");
		if (hop->special != SLUICE__API__NEXT_HOP__SPECIAL__NONE) {
			if (hop->gateway.len != 0 || hop->interface[0] != '\0')
				return invalid(error, "a special next hop has no gateway and no interface");
		} else if (hop->gateway.len == 0 && hop->interface[0] == '\0') {
			return invalid(error, "a next hop is a gateway, an interface, or special");
		}
	}
	return 0;
}

static void group_references(const Sluice__Api__Operation *operation,
			     void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	const Sluice__Api__NextHopGroup *it = operation->set_next_hop_group;

	add(ctx, KIND(VRF), it->vrf);
	for (size_t i = 0; i < it->n_next_hops; i++)
		add(ctx, KIND(L3_INTERFACE), it->next_hops[i]->interface);
}

// ---------------------------------------------------------------- building

static void forget(void *unused)
{
	for (unsigned i = 0; i < pending_count; i++) {
		struct pending *it = &pending[i];

		it->group->removed = false;
		free(it->hops);
		if (!it->fresh) continue;
		groups[it->group->id] = NULL;
		group_free(it->group);
	}
	pending_count = 0;
}

static struct pending *pend(struct generation *g, struct group *group)
{
	if (pending_count == pending_room) {
		unsigned room = pending_room ? pending_room * 2 : 16;
		struct pending *grown = realloc(pending, room * sizeof(*grown));

		if (grown == NULL) return NULL;
		pending = grown;
		pending_room = room;
	}
	if (pending_count == 0 && generation_on_abort(g, forget, NULL) < 0) return NULL;
	pending[pending_count] = (struct pending){.group = group};
	return &pending[pending_count++];
}

static int read_hops(struct pending *it, const Sluice__Api__NextHopGroup *wanted)
{
	it->hops = calloc(wanted->n_next_hops, sizeof(*it->hops));
	if (it->hops == NULL) return -ENOMEM;
	it->hop_count = (uint32_t)wanted->n_next_hops;
	for (uint32_t i = 0; i < it->hop_count; i++) {
		const Sluice__Api__NextHop *from = wanted->next_hops[i];
		struct group_hop *hop = &it->hops[i];

		hop->special = (uint8_t)from->special;
		hop->interface = (uint16_t)kind_id(KIND(L3_INTERFACE), from->interface);
		hop->has_gateway = from->gateway.len > 0;
		hop->version = from->gateway.len == 16 ? IP_V6 : IP_V4;
		if (hop->has_gateway) memcpy(hop->gateway.bytes, from->gateway.data, from->gateway.len);
		hop->weight = from->weight != 0 ? from->weight : 1;
	}
	return 0;
}

static int group_build(struct generation *g, struct change *change)
{
	const Sluice__Api__NextHopGroup *wanted = change->after->operation->set_next_hop_group;
	struct rib *rib = rib_of(kind_id(KIND(VRF), wanted->vrf));
	struct group *group = change->before != NULL ? groups[change->object->id] : NULL;
	struct pending *it;
	int rc = 0;

	if (group != NULL && group->rib != rib)
		return generation_refuse(g, -EINVAL, "a next hop group stays in its VRF");
	bool fresh = group == NULL;
	if (fresh && (rc = group_new(rib, change->object->name, &group)) < 0)
		return rc == -ENOSPC ? generation_refuse(g, rc, "too many next hop groups") : rc;
	it = pend(g, group);
	if (it == NULL) {
		if (fresh) group_free(group);
		return -ENOMEM;
	}
	it->fresh = fresh;
	groups[group->id] = group;
	change->object->id = group->id;
	return read_hops(it, wanted);
}

static int group_remove(struct generation *g, struct change *change)
{
	struct pending *it = pend(g, groups[change->object->id]);

	if (it == NULL) return -ENOMEM;
	it->removes = it->group->removed = true;
	it->group->operation = change->operation;
	return 0;
}

// ---------------------------------------------------------------- taking effect

static void collect(void)
{
	for (unsigned i = 0; i < pending_count; i++) {
		struct rib *rib = pending[i].group->rib;

		if (!rib->to_collect) continue;
		rib->to_collect = false;
		if (gateways_collect(rib) < 0) log_warning("next-hops-no-memory", "vrf=%u", rib->id);
	}
}

void groups_commit(void)
{
	for (unsigned i = 0; i < pending_count; i++) {
		struct pending *it = &pending[i];
		struct group *group = it->group;
		struct rib *rib = group->rib;
		bool was_recursive = group->recursive;

		if (it->removes) continue;
		free(group->hops);
		group->hops = it->hops;
		group->hop_count = it->hop_count;
		it->hops = NULL;
		group->recursive = false;
		for (uint32_t h = 0; h < group->hop_count; h++)
			group->recursive |= group->hops[h].special == SLUICE__API__NEXT_HOP__SPECIAL__NONE &&
					    group->hops[h].interface == 0;
		rib->to_collect |= group->recursive || was_recursive;
		rib->to_resolve = true;
		if (it->fresh) {
			group->next = rib->groups;
			group->back = &rib->groups;
			if (group->next != NULL) group->next->back = &group->next;
			rib->groups = group;
		}
	}
	collect();
	for (unsigned i = 0; i < pending_count; i++)
		if (!pending[i].removes) group_update(pending[i].group);
}

void groups_remove(void)
{
	for (unsigned i = 0; i < pending_count; i++) {
		struct group *group = pending[i].group;

		if (!pending[i].removes) continue;
		*group->back = group->next;
		if (group->next != NULL) group->next->back = group->back;
		group->rib->to_collect |= group->recursive;
	}
	collect();
	for (unsigned i = 0; i < pending_count; i++)
		if (pending[i].removes) {
			groups[pending[i].group->id] = NULL;
			group_free(pending[i].group);
		}
	pending_count = 0;
}

// ---------------------------------------------------------------- state

static int hop_state(struct arena *arena, struct group *group, const struct group_hop *hop,
		     Sluice__Api__NextHopState *state)
{
	const struct dataplane *dp = dataplane_current();
	const struct l3_interface *it = dataplane_interface(dp, hop->interface);
	struct way ways[MOST_HOPS];

	*state = (Sluice__Api__NextHopState)SLUICE__API__NEXT_HOP_STATE__INIT;
	state->weight = hop->weight;
	if (it != NULL) state->interface = (char *)(uintptr_t)it->name;
	if (hop->has_gateway) {
		state->gateway.data = (uint8_t *)(uintptr_t)hop->gateway.bytes;
		state->gateway.len = hop->version == IP_V4 ? 4 : 16;
	}
	state->usable = hop_resolve(group, hop, ways) > 0;
	if (!state->usable || hop->interface != 0) return 0;
	it = dataplane_interface(dp, ways[0].interface);
	if (it != NULL) state->resolved_interface = (char *)(uintptr_t)it->name;
	if (ways[0].kind != NEXT_HOP_ADJACENCY) return 0;
	struct ip_address *gateway = arena_alloc(arena, sizeof(*gateway));
	if (gateway == NULL) return -ENOMEM;
	*gateway = ways[0].gateway;
	state->resolved_gateway.data = gateway->bytes;
	state->resolved_gateway.len = ways[0].version == IP_V4 ? 4 : 16;
	return 0;
}

static int group_state(struct arena *arena, const struct object *object, const struct version *version,
		       Sluice__Api__QueryReply *part)
{
	struct group *group = groups[object->id];
	Sluice__Api__NextHopGroupState *state = arena_alloc(arena, sizeof(*state));
	Sluice__Api__NextHopState *hops = arena_alloc(arena, group->hop_count * sizeof(*hops));

	if (state == NULL || hops == NULL) return -ENOMEM;
	*state = (Sluice__Api__NextHopGroupState)SLUICE__API__NEXT_HOP_GROUP_STATE__INIT;
	state->name = object->name;
	state->routes = group->route_count;
	state->next_hops = arena_alloc(arena, group->hop_count * sizeof(Sluice__Api__NextHopState *));
	if (state->next_hops == NULL) return -ENOMEM;
	for (uint32_t h = 0; h < group->hop_count; h++) {
		if (hop_state(arena, group, &group->hops[h], &hops[h]) < 0) return -ENOMEM;
		state->next_hops[state->n_next_hops++] = &hops[h];
	}
	part->next_hop_groups[part->n_next_hop_groups++] = state;
	return 0;
}

static struct object_kind next_hop_group_kind = {
	.kind = KIND(NEXT_HOP_GROUP),
	.set = SLUICE__API__OPERATION__OP_SET_NEXT_HOP_GROUP,
	.query = SLUICE__API__QUERY__WHAT_NEXT_HOP_GROUPS,
	.label = "next-hop-group",
	.longest_name = MAX_OBJECT_NAME,
	.order = KIND_ORDER_LAST,
	.name = group_name,
	.check = group_check,
	.references = group_references,
	.build = group_build,
	.remove = group_remove,
	.state = group_state,
};
KIND_REGISTER(next_hop_group_kind);

RTE_FINI(next_hop_group_pending_free)
{
	free(pending);
}
