// VRFs, as objects of the contract.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../api/kind.h"
#include "../../main/clock.h"
#include "../../main/id.h"
#include "../../main/stages.h"

#define DEFAULT_ROUTE_LIMIT 1310720u
#define MOST_ROUTES         4000000u

static struct id_pool ids = {.limit = MAX_ID};

static const char *vrf_name(const Sluice__Api__Operation *operation)
{
	return operation->set_vrf->name;
}

static int vrf_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	if (operation->set_vrf->route_limit > MOST_ROUTES)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "route_limit is at most %u",
				  MOST_ROUTES);
	return 0;
}

static int vrf_new(struct generation *g, struct change *change, struct vrf **out)
{
	struct vrf *vrf = generation_alloc(g, sizeof(*vrf));
	int rc;

	if (vrf == NULL) return -ENOMEM;
	for (unsigned v = 0; v < IP_VERSIONS; v++) {
		vrf->counters[v] = generation_alloc(g, COUNTER_SLOTS * sizeof(struct ip_counters));
		if (vrf->counters[v] == NULL) return -ENOMEM;
	}
	rc = kind_take_id(g, &ids, "VRFs", &vrf->id);
	if (rc < 0) return rc;
	change->object->id = vrf->id;
	vrf->since_ns = clock_realtime_ns();
	snprintf(vrf->name, sizeof(vrf->name), "%s", change->object->name);
	*out = vrf;
	return generation_map_set(g, &generation_root(g)->vrfs, vrf->id, vrf);
}

static int vrf_build(struct generation *g, struct change *change)
{
	const Sluice__Api__Vrf *wanted = change->after->operation->set_vrf;
	const struct vrf *old = NULL;
	struct vrf *vrf = NULL;

	if (change->before == NULL) {
		int rc = vrf_new(g, change, &vrf);

		if (rc < 0) return rc;
	} else {
		old = dataplane_vrf(generation_before(g), change->object->id);
		vrf = generation_vrf(g, change->object->id);
		if (vrf == NULL) return -ENOMEM;
	}
	vrf->route_limit = wanted->route_limit != 0 ? wanted->route_limit : DEFAULT_ROUTE_LIMIT;
	return STAGES_ASK(vrf, g, old, vrf);
}

static int vrf_remove(struct generation *g, struct change *change)
{
	const struct vrf *old = dataplane_vrf(generation_next(g), change->object->id);
	int rc = STAGES_ASK(vrf, g, old, NULL);

	if (rc < 0) return rc;
	for (unsigned v = 0; v < IP_VERSIONS; v++)
		generation_retire(g, old->counters[v]);
	generation_retire(g, old);
	rc = generation_map_set(g, &generation_root(g)->vrfs, old->id, NULL);
	return rc < 0 ? rc : kind_give_id(g, &ids, old->id);
}

static int vrf_state(struct arena *arena, const struct object *object, const struct version *version,
		     Sluice__Api__QueryReply *part)
{
	const struct vrf *vrf = dataplane_vrf(dataplane_current(), object->id);
	Sluice__Api__VrfState *state = arena_alloc(arena, sizeof(*state));

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__VrfState)SLUICE__API__VRF_STATE__INIT;
	state->name = object->name;
	state->counters_since_ns = vrf->since_ns;
	state->ipv4 = state_ip_statistics(arena, vrf->counters[IP_V4]);
	state->ipv6 = state_ip_statistics(arena, vrf->counters[IP_V6]);
	if (state->ipv4 == NULL || state->ipv6 == NULL) return -ENOMEM;
	STAGES_CALL(vrf_state, vrf, state);
	part->vrfs[part->n_vrfs++] = state;
	return 0;
}

static struct object_kind vrf_kind = {
	.kind = SLUICE__API__OBJECT_KIND__KIND_VRF,
	.set = SLUICE__API__OPERATION__OP_SET_VRF,
	.query = SLUICE__API__QUERY__WHAT_VRFS,
	.label = "vrf",
	.longest_name = NAME_SIZE - 1,
	.order = KIND_ORDER_FIRST,
	.name = vrf_name,
	.check = vrf_check,
	.build = vrf_build,
	.remove = vrf_remove,
	.state = vrf_state,
};
KIND_REGISTER(vrf_kind);

RTE_FINI(vrf_ids_free)
{
	id_pool_free(&ids);
}
