// Control-plane policers, as objects of the contract: one a class. A class without has the engine's own limit.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "control_plane.h"

// The engine's own limits: what the control thread and the kernel take without losing time for the rest. Packets a
// second, and at once.
static const struct {
	const char *name;
	uint32_t rate, burst;
} classes[CONTROL_CLASSES] = {
	[CONTROL_ARP] = {"arp", 10000, 2000},       [CONTROL_ND] = {"nd", 10000, 2000},
	[CONTROL_ICMP] = {"icmp", 20000, 5000},     [CONTROL_BGP] = {"bgp", 20000, 5000},
	[CONTROL_OSPF] = {"ospf", 10000, 2000},     [CONTROL_VRRP] = {"vrrp", 5000, 1000},
	[CONTROL_BFD] = {"bfd", 50000, 5000},       [CONTROL_CFM] = {"cfm", 50000, 5000},
	[CONTROL_DHCP] = {"dhcp", 5000, 1000},      [CONTROL_MRP] = {"mrp", 1000, 256},
	[CONTROL_E_LMI] = {"e-lmi", 500, 128},      [CONTROL_TTL_EXCEEDED] = {"ttl-exceeded", 10000, 2000},
	[CONTROL_GLEAN] = {"glean", 100000, 10000}, [CONTROL_SEGMENT_PROBE] = {"segment-probe", 200000, 20000},
	[CONTROL_OTHER] = {"other", 5000, 2000},
};

// CONTROL_CLASSES: none of that name.
static enum control_class class_named(const char *name)
{
	unsigned c = 0;

	while (c < CONTROL_CLASSES && strcmp(classes[c].name, name) != 0)
		c++;
	return (enum control_class)c;
}

static void limit_own(void *arg)
{
	unsigned c = (unsigned)(uintptr_t)arg;

	control_limit_set(&control_limits[c], classes[c].rate, classes[c].burst);
}

static int start(void)
{
	for (unsigned c = 0; c < CONTROL_CLASSES; c++)
		limit_own((void *)(uintptr_t)c);
	return 0;
}

// ---------------------------------------------------------------- objects

static const char *policer_name(const Sluice__Api__Operation *operation)
{
	return operation->set_control_plane_policer->class_;
}

static int policer_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__ControlPlanePolicer *it = operation->set_control_plane_policer;

	if (class_named(it->class_) == CONTROL_CLASSES)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
				  "there is no class %s of control-plane packets", it->class_);
	if (it->packets_per_second != 0 && it->burst == 0)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "a burst is 1 and more");
	return 0;
}

static void limit_of(void *arg)
{
	const struct version *version = arg;
	const Sluice__Api__ControlPlanePolicer *it = version->operation->set_control_plane_policer;

	control_limit_set(&control_limits[class_named(it->class_)], it->packets_per_second, it->burst);
}

static int policer_build(struct generation *g, struct change *change)
{
	return generation_on_commit(g, limit_of, change->after);
}

static int policer_remove(struct generation *g, struct change *change)
{
	return generation_on_commit(g, limit_own, (void *)(uintptr_t)class_named(change->object->name));
}

static const char *class_name(unsigned i)
{
	return i < CONTROL_CLASSES ? classes[i].name : NULL;
}

static int class_state(struct arena *arena, const char *name, Sluice__Api__QueryReply *part)
{
	Sluice__Api__ControlPlanePolicerState *state = arena_alloc(arena, sizeof(*state));
	enum control_class c = class_named(name);

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__ControlPlanePolicerState)SLUICE__API__CONTROL_PLANE_POLICER_STATE__INIT;
	state->class_ = (char *)(uintptr_t)classes[c].name;
	for (unsigned w = 0; w < worker_count; w++) {
		state->accepted += control_counters[w].accepted[c];
		state->dropped += control_counters[w].dropped[c];
	}
	part->control_plane_policers[part->n_control_plane_policers++] = state;
	return 0;
}

static int policer_state(struct arena *arena, const struct object *object, const struct version *version,
			 Sluice__Api__QueryReply *part)
{
	return class_state(arena, object->name, part);
}

static struct object_kind policer_kind = {
	.kind = SLUICE__API__OBJECT_KIND__KIND_CONTROL_PLANE_POLICER,
	.set = SLUICE__API__OPERATION__OP_SET_CONTROL_PLANE_POLICER,
	.query = SLUICE__API__QUERY__WHAT_CONTROL_PLANE_POLICERS,
	.label = "control-plane-policer",
	.longest_name = NAME_SIZE - 1,
	.order = KIND_ORDER_FIRST,
	.name = policer_name,
	.check = policer_check,
	.build = policer_build,
	.remove = policer_remove,
	.state = policer_state,
	.built_in = class_name,
	.built_in_state = class_state,
};
KIND_REGISTER(policer_kind);

static struct stage control_plane_stage = {
	.name = "control-plane",
	.start = start,
};
STAGE_REGISTER(control_plane_stage);
