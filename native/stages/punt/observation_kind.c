// Observation points, as objects of the contract. A version's runtime is its observer, made anew by each change (its
// counters are of one configuration), while the TAP stays as long as its name does.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "../mirror/mirror_list.h"
#include "observer.h"
#include "tap.h"

#define KIND(name)    SLUICE__API__OBJECT_KIND__KIND_##name
#define POINT(name)   SLUICE__API__OBSERVATION__POINT__POINT_##name
#define ELEMENT(name) SLUICE__API__OBSERVATION__ELEMENT_##name

#define LEAST_SNAP 14

static const char *observation_name(const Sluice__Api__Operation *operation)
{
	return operation->set_observation->name;
}

static int invalid(struct api_error *error, const char *what)
{
	return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", what);
}

static int check_stage(const Sluice__Api__Observation *it, struct api_error *error)
{
	if (!observer_can_watch(it->stage))
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
				  "there is no stage %s that packets come to", it->stage);
	return it->point == POINT(EGRESS) ? invalid(error, "a stage is observed where packets come to it") : 0;
}

static int observation_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__Observation *it = operation->set_observation;
	struct bpf_insn *filter;
	char why[256];
	size_t size;

	if (it->element_case == ELEMENT(_NOT_SET)) return invalid(error, "an observation point needs a place");
	if (it->point != POINT(INGRESS) && it->point != POINT(EGRESS) && it->point != POINT(DROP))
		return invalid(error, "point is INGRESS, EGRESS or DROP");
	if (it->tap == NULL || it->tap->device[0] == '\0' || !tap_name_is_valid(it->tap))
		return invalid(error, TAP_NAME_INVALID);
	if (it->snap_length != 0 && it->snap_length < LEAST_SNAP)
		return invalid(error, "snap_length is 14 and more, or 0 for all");
	if (it->element_case == ELEMENT(STAGE) && check_stage(it, error) < 0) return -1;
	if (observer_filter_compile(it->filter, &filter, &size, why) < 0) return invalid(error, why);
	free(filter);
	return 0;
}

static void observation_references(const Sluice__Api__Operation *operation,
				   void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	const Sluice__Api__Observation *it = operation->set_observation;

	if (it->element_case == ELEMENT(PORT)) add(ctx, KIND(PORT), it->port);
	if (it->element_case == ELEMENT(LOGICAL_PORT)) add(ctx, KIND(LOGICAL_PORT), it->logical_port);
	if (it->element_case == ELEMENT(INTERFACE)) add(ctx, KIND(L3_INTERFACE), it->interface);
}

static bool observation_claim(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE])
{
	const Sluice__Api__Tap *tap = operation->set_observation->tap;

	snprintf(claim, CLAIM_SIZE, "TAP %s of namespace %s", tap->device, tap->network_namespace);
	return true;
}

// ---------------------------------------------------------------- building

static int fill(struct generation *g, struct observer *it, const Sluice__Api__Observation *wanted)
{
	struct bpf_insn *filter;
	char why[256];
	size_t size;

	it->snap_length = wanted->snap_length != 0 ? wanted->snap_length : UINT32_MAX;
	it->sampling = RTE_MAX(wanted->sampling, 1u);
	it->has_rate = wanted->rate != 0;
	// A tenth of a second at once.
	if (it->has_rate) control_limit_set(&it->rate, wanted->rate, RTE_MAX(wanted->rate / 10, 1u));
	it->counters = generation_alloc(g, COUNTER_SLOTS * sizeof(*it->counters));
	if (it->counters == NULL) return -ENOMEM;
	if (observer_filter_compile(wanted->filter, &filter, &size, why) < 0)
		return generation_refuse(g, -EINVAL, "%s", why);
	if (filter == NULL) return 0;
	it->filter = generation_alloc(g, size);
	if (it->filter != NULL) memcpy(it->filter, filter, size);
	free(filter);
	return it->filter != NULL ? 0 : -ENOMEM;
}

static void retire(struct generation *g, struct observer *it)
{
	generation_retire(g, it->filter);
	generation_retire(g, it->counters);
	generation_retire(g, it);
}

static void watch_drops(void *observer)
{
	observer_watch_drops(observer);
}

static void watch_l3_in(void *observer)
{
	observer_watch_node(observer, "l3-in", OBSERVER_IN);
}

static void watch_l3_out(void *observer)
{
	observer_watch_node(observer, "l3-out", OBSERVER_OUT);
}

static void watch_stage(void *arg)
{
	struct observer *observer = arg;

	observer_watch_node(observer, observer->stage, OBSERVER_IN);
}

static void unwatch(void *observer)
{
	observer_unwatch(observer);
}

static int watch_port(struct generation *g, struct observer *it, bool egress)
{
	struct mirror_entry entry = {
		.owner = it, .observer = it, .ingress = !egress, .egress = egress, .logical_port = it->logical_port};

	return mirror_list_add(g, it->port, &entry);
}

// Where frames are on the wire the port's list gives them; elsewhere the nodes.
static int put_in_place(struct generation *g, struct observer *it, const Sluice__Api__Observation *wanted)
{
	const struct dataplane *next = generation_next(g);
	bool drop = wanted->point == POINT(DROP), egress = wanted->point == POINT(EGRESS);
	const struct l3_interface *interface = NULL;
	const struct logical_port *lp;

	if (wanted->element_case == ELEMENT(STAGE)) {
		snprintf(it->stage, sizeof(it->stage), "%s", wanted->stage);
		return generation_on_commit(g, watch_stage, it);
	}
	if (wanted->element_case == ELEMENT(PORT)) it->port = (uint16_t)kind_id(KIND(PORT), wanted->port);
	if (wanted->element_case == ELEMENT(LOGICAL_PORT))
		it->logical_port = kind_id(KIND(LOGICAL_PORT), wanted->logical_port);
	if (wanted->element_case == ELEMENT(INTERFACE)) {
		it->interface = kind_id(KIND(L3_INTERFACE), wanted->interface);
		interface = dataplane_interface(next, it->interface);
	}
	if (drop) return generation_on_commit(g, watch_drops, it);
	if (interface != NULL && interface->logical_port == 0)
		return generation_on_commit(g, egress ? watch_l3_out : watch_l3_in, it);
	if (interface != NULL) it->logical_port = interface->logical_port;
	lp = dataplane_logical_port(next, it->logical_port);
	if (lp != NULL) it->port = lp->port;
	it->on_port = true;
	return watch_port(g, it, egress);
}

// Takes the place of the version before; the TAP goes on.
static int leave(struct generation *g, struct observer *old)
{
	int rc;

	if (old->on_port)
		rc = mirror_list_remove(g, old->port, old);
	else
		rc = generation_on_commit(g, unwatch, old);
	retire(g, old);
	return rc;
}

static int observation_build(struct generation *g, struct change *change)
{
	const Sluice__Api__Observation *wanted = change->after->operation->set_observation;
	struct observer *old = change->before != NULL ? change->before->runtime : NULL;
	struct observer *it = generation_alloc(g, sizeof(*it));
	int rc = observer_start();

	if (rc < 0) return generation_refuse(g, rc, "no memory for copies: --memory gives more");
	if (it == NULL) return -ENOMEM;
	change->after->runtime = it;
	if (old != NULL && (rc = leave(g, old)) < 0) return rc;
	it->tap = old != NULL ? old->tap : NULL;
	rc = tap_change(g, &it->tap, 0, wanted->tap);
	if (rc < 0 || (rc = fill(g, it, wanted)) < 0) return rc;
	return put_in_place(g, it, wanted);
}

static int observation_remove(struct generation *g, struct change *change)
{
	struct observer *old = change->before->runtime;
	struct tap *tap = old->tap;
	int rc = leave(g, old);

	return rc < 0 ? rc : tap_change(g, &tap, 0, NULL);
}

// ---------------------------------------------------------------- state

static int observation_state(struct arena *arena, const struct object *object, const struct version *version,
			     Sluice__Api__QueryReply *part)
{
	const struct observer *it = version->runtime;
	Sluice__Api__ObservationState *state = arena_alloc(arena, sizeof(*state));

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__ObservationState)SLUICE__API__OBSERVATION_STATE__INIT;
	state->name = object->name;
	state->active = tap_is_active(it->tap);
	for (unsigned w = 0; w < worker_count; w++) {
		state->copied += it->counters[w].copied;
		state->filtered += it->counters[w].filtered;
		state->limited += it->counters[w].limited;
		state->dropped += it->counters[w].dropped;
	}
	part->observations[part->n_observations++] = state;
	return 0;
}

static struct object_kind observation_kind = {
	.kind = KIND(OBSERVATION),
	.set = SLUICE__API__OPERATION__OP_SET_OBSERVATION,
	.query = SLUICE__API__QUERY__WHAT_OBSERVATIONS,
	.label = "observation",
	.longest_name = NAME_SIZE - 1,
	.order = KIND_ORDER_LAST,
	.name = observation_name,
	.check = observation_check,
	.references = observation_references,
	.claim = observation_claim,
	.build = observation_build,
	.remove = observation_remove,
	.state = observation_state,
};
KIND_REGISTER(observation_kind);
