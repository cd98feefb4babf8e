// Policers, as objects of the contract.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "../../api/kind.h"
#include "../../main/clock.h"
#include "../../main/id.h"
#include "../flow/record.h"
#include "../flow/settle.h"
#include "policer.h"

#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name

static struct id_pool ids = {.limit = MAX_ID};

static const char *policer_name(const Sluice__Api__Operation *operation)
{
	return operation->set_policer->name;
}

static int refuse(struct api_error *error, const char *what)
{
	return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", what);
}

static int check_action(const Sluice__Api__PolicerAction *action, struct api_error *error)
{
	if (action != NULL && (action->dscp < -1 || action->dscp > 63))
		return refuse(error, "a DSCP is 0 to 63, or -1");
	return 0;
}

static int policer_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__Policer *it = operation->set_policer;
	struct policer_parameters parameters;

	if (policer_parameters_fill(&parameters, rte_get_tsc_hz(), it->committed_rate, it->committed_burst,
				    it->peak_rate, it->peak_burst) < 0)
		return refuse(error, "a rate is 1,000 to 10^13 bit/s, the peak rate not below the committed one, a "
				     "burst at most what an hour refills");
	if (check_action(it->yellow, error) < 0) return -1;
	return check_action(it->red, error);
}

static struct policer_action action_of(const Sluice__Api__PolicerAction *action)
{
	struct policer_action keep = {.dscp = POLICER_KEEP_DSCP};

	if (action == NULL) return keep;
	return (struct policer_action){action->drop,
				       action->dscp < 0 ? (uint8_t)POLICER_KEEP_DSCP : (uint8_t)action->dscp};
}

// ---------------------------------------------------------------- change

// What a commit does to a policer: parameters to take, or (none) the end of it. Freed by the commit or the abort.
struct policer_change {
	struct policer *policer;
	const struct policer_parameters *parameters;
	bool is_new;
};

static void policer_free(struct policer *policer)
{
	if (policer == NULL) return;
	free((void *)(uintptr_t)policer->parameters);
	free(policer->counters);
	free(policer);
}

static bool same_rates(const struct policer_parameters *a, const struct policer_parameters *b)
{
	return a->committed_cost == b->committed_cost && a->peak_cost == b->peak_cost &&
	       a->committed_depth == b->committed_depth && a->peak_depth == b->peak_depth;
}

static void committed(void *arg)
{
	struct policer_change *change = arg;
	const struct policer_parameters *old = change->policer->parameters;

	if (!change->is_new) {
		if (change->parameters != NULL)
			__atomic_store_n(&change->policer->parameters, change->parameters, __ATOMIC_RELEASE);
		flow_element_changed(FLOW_POLICER, change->policer->id);
		flow_settle();
		if (change->parameters != NULL) {
			// No worker meters by the old ones any more, in whose ticks the buckets are.
			if (!same_rates(old, change->parameters)) policer_refill(change->policer);
			free((void *)(uintptr_t)old);
		} else {
			policer_free(change->policer);
		}
	}
	free(change);
}

static void aborted(void *arg)
{
	struct policer_change *change = arg;

	if (change->is_new)
		policer_free(change->policer);
	else
		free((void *)(uintptr_t)change->parameters);
	free(change);
}

// Takes policer (where it is new) and parameters over in every case.
static int note_change(struct generation *g, struct policer *policer, const struct policer_parameters *parameters,
		       bool is_new)
{
	struct policer_change *change = malloc(sizeof(*change));

	if (change == NULL) goto failed;
	*change = (struct policer_change){policer, parameters, is_new};
	if (generation_on_abort(g, aborted, change) < 0) goto failed;
	// An abort follows.
	return generation_on_commit(g, committed, change);
failed:
	free(change);
	if (is_new)
		policer_free(policer);
	else
		free((void *)(uintptr_t)parameters);
	return -ENOMEM;
}

static struct policer_parameters *parameters_of(const Sluice__Api__Policer *wanted)
{
	struct policer_parameters *p = calloc(1, sizeof(*p));

	if (p == NULL) return NULL;
	// The check has passed.
	policer_parameters_fill(p, rte_get_tsc_hz(), wanted->committed_rate, wanted->committed_burst, wanted->peak_rate,
				wanted->peak_burst);
	p->color_aware = wanted->color_aware;
	p->action[POLICER_GREEN] = action_of(NULL);
	p->action[POLICER_YELLOW] = action_of(wanted->yellow);
	p->action[POLICER_RED] = action_of(wanted->red);
	for (unsigned c = 0; c < POLICER_COLORS; c++)
		p->marks |= p->action[c].dscp != POLICER_KEEP_DSCP;
	return p;
}

static struct policer *policer_new(const char *name, const struct policer_parameters *parameters)
{
	struct policer *policer = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*policer));

	if (policer == NULL) return NULL;
	memset(policer, 0, sizeof(*policer));
	policer->counters = aligned_alloc(RTE_CACHE_LINE_SIZE, COUNTER_SLOTS * sizeof(*policer->counters));
	if (policer->counters == NULL) {
		free(policer);
		return NULL;
	}
	memset(policer->counters, 0, COUNTER_SLOTS * sizeof(*policer->counters));
	policer->parameters = parameters;
	policer->since_ns = clock_realtime_ns();
	snprintf(policer->name, sizeof(policer->name), "%s", name);
	return policer;
}

static int policer_build(struct generation *g, struct change *change)
{
	struct policer_parameters *parameters = parameters_of(change->after->operation->set_policer);
	struct policer *policer = change->before != NULL ? change->before->runtime : NULL;
	bool is_new = policer == NULL;
	int rc;

	if (parameters == NULL) return -ENOMEM;
	if (is_new && (policer = policer_new(change->object->name, parameters)) == NULL) {
		free(parameters);
		return -ENOMEM;
	}
	rc = note_change(g, policer, parameters, is_new);
	if (rc < 0) return rc;
	change->after->runtime = policer;
	if (!is_new) return 0;
	rc = kind_take_id(g, &ids, "policers", &policer->id);
	change->object->id = policer->id;
	return rc;
}

static int policer_remove(struct generation *g, struct change *change)
{
	int rc = note_change(g, change->before->runtime, NULL, false);

	return rc < 0 ? rc : kind_give_id(g, &ids, change->object->id);
}

struct policer *policer_named(const char *name)
{
	const struct object *object = name[0] != '\0' ? store_find(KIND(POLICER), name) : NULL;

	return object != NULL && object->version != NULL ? object->version->runtime : NULL;
}

// ---------------------------------------------------------------- state

static int policer_state(struct arena *arena, const struct object *object, const struct version *version,
			 Sluice__Api__QueryReply *part)
{
	const struct policer *policer = version->runtime;
	Sluice__Api__PolicerState *state = arena_alloc(arena, sizeof(*state));

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__PolicerState)SLUICE__API__POLICER_STATE__INIT;
	state->name = object->name;
	for (unsigned w = 0; w < worker_count; w++) {
		const struct policer_counters *c = &policer->counters[w];

		state->green_packets += c->packets[POLICER_GREEN];
		state->green_octets += c->octets[POLICER_GREEN];
		state->yellow_packets += c->packets[POLICER_YELLOW];
		state->yellow_octets += c->octets[POLICER_YELLOW];
		state->red_packets += c->packets[POLICER_RED];
		state->red_octets += c->octets[POLICER_RED];
	}
	part->policers[part->n_policers++] = state;
	return 0;
}

static struct object_kind policer_kind = {
	.kind = KIND(POLICER),
	.set = SLUICE__API__OPERATION__OP_SET_POLICER,
	.query = SLUICE__API__QUERY__WHAT_POLICERS,
	.label = "policer",
	.longest_name = NAME_SIZE - 1,
	.order = KIND_ORDER_FIRST,
	.name = policer_name,
	.check = policer_check,
	.build = policer_build,
	.remove = policer_remove,
	.state = policer_state,
};
KIND_REGISTER(policer_kind);

RTE_FINI(policer_ids_free)
{
	id_pool_free(&ids);
}
