// Access lists, as objects of the contract.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "../../main/id.h"
#include "../flow/record.h"
#include "../flow/settle.h"
#include "../policer/policer.h"
#include "acl_rules.h"

#define KIND(name)    SLUICE__API__OBJECT_KIND__KIND_##name
#define MOST_POLICERS 250 // of one list; an object refers to 256 others at most

static struct id_pool ids = {.limit = MAX_ID};

static const char *acl_name(const Sluice__Api__Operation *operation)
{
	return operation->set_access_list->name;
}

// ---------------------------------------------------------------- check

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(Sluice__Api__AccessRule *const *)a)->name, (*(Sluice__Api__AccessRule *const *)b)->name);
}

static int check_unique(const Sluice__Api__AccessList *list, struct api_error *error)
{
	Sluice__Api__AccessRule **sorted = malloc((list->n_rules + 1) * sizeof(Sluice__Api__AccessRule *));
	int rc = 0;

	if (sorted == NULL) return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_RESOURCE, 0, "", "out of memory");
	if (list->n_rules > 0) memcpy(sorted, list->rules, list->n_rules * sizeof(Sluice__Api__AccessRule *));
	qsort(sorted, list->n_rules, sizeof(Sluice__Api__AccessRule *), compare_names);
	for (size_t i = 1; i < list->n_rules && rc == 0; i++)
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
			rc = api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
					"the list has two rules %s", sorted[i]->name);
	free(sorted);
	return rc;
}

// Names of the policers of the rules, each once; more than `room`: -1.
static int policers_of(const Sluice__Api__AccessList *list, const char **names, unsigned room)
{
	unsigned n = 0;

	for (size_t i = 0; i < list->n_rules; i++) {
		const char *name = list->rules[i]->policer;
		unsigned k = 0;

		if (name[0] == '\0') continue;
		while (k < n && strcmp(names[k], name) != 0)
			k++;
		if (k < n) continue;
		if (n == room) return -1;
		names[n++] = name;
	}
	return (int)n;
}

static int acl_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__AccessList *list = operation->set_access_list;
	const char *names[MOST_POLICERS], *wrong;

	if (list->family_case == SLUICE__API__ACCESS_LIST__FAMILY__NOT_SET)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
				  "an access list is for IPv4 or for IPv6");
	if (list->n_rules > CLASSIFIER_MAX_RULES)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
				  "an access list has at most %d rules", CLASSIFIER_MAX_RULES);
	for (size_t i = 0; i < list->n_rules; i++)
		if ((wrong = acl_rule_wrong(acl_version(list), list->rules[i])) != NULL)
			return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "rule %s: %s",
					  list->rules[i]->name, wrong);
	if (policers_of(list, names, MOST_POLICERS) < 0)
		return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "",
				  "an access list has at most %d policers", MOST_POLICERS);
	return check_unique(list, error);
}

static void acl_references(const Sluice__Api__Operation *operation,
			   void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	const char *names[MOST_POLICERS];
	int n = policers_of(operation->set_access_list, names, MOST_POLICERS);

	for (int i = 0; i < n; i++)
		add(ctx, KIND(POLICER), names[i]);
}

// ---------------------------------------------------------------- change

// What a commit makes of a list: `after` instead of `before`, either of which may be missing.
struct acl_change {
	struct acl *before, *after;
};

static void committed(void *arg)
{
	struct acl_change *change = arg;

	if (change->before != NULL) {
		flow_element_changed(FLOW_ACL, change->before->id);
		// A path that was valid until now has its counters added a last time.
		flow_settle();
		if (change->after != NULL)
			acl_counters_keep(change->after);
		else
			acl_counters_free(change->before->counters);
		acl_free(change->before);
	}
	free(change);
}

static void undo(struct acl *before, struct acl *after)
{
	if (after == NULL) return;
	if (before != NULL)
		acl_counters_keep(before);
	else
		acl_counters_free(after->counters);
	acl_free(after);
}

static void aborted(void *arg)
{
	struct acl_change *change = arg;

	undo(change->before, change->after);
	free(change);
}

// Takes `after` over in every case.
static int note_change(struct generation *g, struct acl *before, struct acl *after)
{
	struct acl_change *change = malloc(sizeof(*change));

	if (change != NULL) *change = (struct acl_change){before, after};
	if (change == NULL || generation_on_abort(g, aborted, change) < 0) {
		free(change);
		undo(before, after);
		return -ENOMEM;
	}
	// Without a place for the second note the abort that follows runs the first.
	return generation_on_commit(g, committed, change);
}

// An interface that uses the list goes on with the new one; of another family it cannot be, unless the interface is
// about to be told another list by the same transaction.
static int change_use(struct generation *g, const struct acl *before, const struct acl *after, uint32_t id)
{
	const struct l3_interface *seen = dataplane_interface(generation_next(g), id);
	struct l3_interface *it;

	for (unsigned v = 0; seen != NULL && v < IP_VERSIONS; v++)
		for (unsigned out = 0; out < 2; out++) {
			if ((out ? seen->acl_out[v] : seen->acl_in[v]) != before) continue;
			it = generation_interface(g, id);
			if (it == NULL) return -ENOMEM;
			*(out ? &it->acl_out[v] : &it->acl_in[v]) = after->version == v ? after : NULL;
			seen = it;
		}
	return 0;
}

static bool still_wrong(const struct object *object, const char *name, enum ip_version version)
{
	const Sluice__Api__L3Interface *it = object->version->operation->set_l3_interface;
	const char *const in[IP_VERSIONS] = {it->acl_in_ipv4, it->acl_in_ipv6};
	const char *const out[IP_VERSIONS] = {it->acl_out_ipv4, it->acl_out_ipv6};

	return strcmp(in[!version], name) == 0 || strcmp(out[!version], name) == 0;
}

static int change_uses(struct generation *g, struct change *change, const struct acl *before, const struct acl *after)
{
	for (const struct reference *r = change->object->referrers; r != NULL; r = r->next)
		if (r->from->object->kind == KIND(L3_INTERFACE) &&
		    still_wrong(r->from->object, after->name, after->version))
			return generation_refuse(g, -EINVAL, "interface %s uses access list %s for the other family",
						 r->from->object->name, after->name);
	for (uint32_t id = 1; before != NULL && id <= MAX_ID; id++) {
		int rc = change_use(g, before, after, id);

		if (rc < 0) return rc;
	}
	return 0;
}

static int acl_build(struct generation *g, struct change *change)
{
	const Sluice__Api__AccessList *wanted = change->after->operation->set_access_list;
	struct acl *before = change->before != NULL ? change->before->runtime : NULL;
	struct acl *after = acl_new(wanted, before);
	int rc;

	if (after == NULL) return -ENOMEM;
	for (size_t i = 0; i < wanted->n_rules; i++)
		after->rules[i].policer = policer_named(wanted->rules[i]->policer);
	rc = note_change(g, before, after);
	if (rc < 0) return rc;
	change->after->runtime = after;
	if (before != NULL)
		after->id = before->id;
	else if ((rc = kind_take_id(g, &ids, "access lists", &after->id)) < 0)
		return rc;
	change->object->id = after->id;
	return change_uses(g, change, before, after);
}

static int acl_remove(struct generation *g, struct change *change)
{
	int rc = note_change(g, change->before->runtime, NULL);

	return rc < 0 ? rc : kind_give_id(g, &ids, change->object->id);
}

const struct acl *acl_named(const char *name)
{
	const struct object *object = name[0] != '\0' ? store_find(KIND(ACCESS_LIST), name) : NULL;

	return object != NULL && object->version != NULL ? object->version->runtime : NULL;
}

// ---------------------------------------------------------------- state

static int acl_state(struct arena *arena, const struct object *object, const struct version *version,
		     Sluice__Api__QueryReply *part)
{
	const struct acl *acl = version->runtime;
	Sluice__Api__AccessListState *state = arena_alloc(arena, sizeof(*state));
	Sluice__Api__RuleState *rules = arena_alloc(arena, (acl->count + 1) * sizeof(*rules));

	if (state == NULL || rules == NULL) return -ENOMEM;
	*state = (Sluice__Api__AccessListState)SLUICE__API__ACCESS_LIST_STATE__INIT;
	state->name = object->name;
	state->rules = arena_alloc(arena, (acl->count + 1) * sizeof(Sluice__Api__RuleState *));
	if (state->rules == NULL) return -ENOMEM;
	state->n_rules = acl->count;
	state->memory = classifier_memory(acl->classifier);
	for (unsigned w = 0; w < worker_count; w++)
		state->unmatched_packets += acl->counters->unmatched[w].count.packets;
	for (uint32_t i = 0; i < acl->count; i++) {
		rules[i] = (Sluice__Api__RuleState)SLUICE__API__RULE_STATE__INIT;
		rules[i].name = (char *)(uintptr_t)acl->rules[i].name;
		for (unsigned w = 0; w < worker_count; w++) {
			const struct acl_count *count = acl_count_of(acl, acl->rules[i].counter, w);

			rules[i].packets += count->packets;
			rules[i].octets += count->octets;
		}
		state->rules[i] = &rules[i];
	}
	part->access_lists[part->n_access_lists++] = state;
	return 0;
}

static struct object_kind acl_kind = {
	.kind = KIND(ACCESS_LIST),
	.set = SLUICE__API__OPERATION__OP_SET_ACCESS_LIST,
	.query = SLUICE__API__QUERY__WHAT_ACCESS_LISTS,
	.label = "access-list",
	.longest_name = ACL_NAME - 1,
	// After the policers.
	.order = KIND_ORDER_FIRST + 1,
	.name = acl_name,
	.check = acl_check,
	.references = acl_references,
	.build = acl_build,
	.remove = acl_remove,
	.state = acl_state,
};
KIND_REGISTER(acl_kind);

RTE_FINI(acl_ids_free)
{
	id_pool_free(&ids);
}
