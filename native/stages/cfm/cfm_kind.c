// MEPs, as objects of the contract. A version's runtime is its struct cfm_mep, which lives as long as the object does;
// what workers see of it hangs from its port.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "../cow.h"
#include "cfm_api.h"

#define KIND(name)       SLUICE__API__OBJECT_KIND__KIND_##name
#define DEFAULT_INTERVAL 4
#define DEFAULT_ALARM    2
#define DEFAULT_ALARM_MS 2500
#define DEFAULT_RESET_MS 10000
#define LEAST_FNG_MS     2500
#define MOST_FNG_MS      10000
#define MS               1000u
#define SECOND           1000000u

// What all MEPs of the next generation send, CCMs a second.
static uint32_t ccms;

static const char *cfm_name(const Sluice__Api__Operation *operation)
{
	return operation->set_cfm_mep->name;
}

static bool is_fng_time(uint32_t ms)
{
	return ms == 0 || (ms >= LEAST_FNG_MS && ms <= MOST_FNG_MS);
}

static const char *wrong_remotes(const Sluice__Api__CfmMep *it)
{
	if (it->n_remote_meps > CFM_MOST_REMOTES) return "remote_meps are 64 at most";
	for (size_t i = 0; i < it->n_remote_meps; i++) {
		if (it->remote_meps[i] < 1 || it->remote_meps[i] > 8191 || it->remote_meps[i] == it->mep_id)
			return "remote_meps are 1 to 8191, and others than mep_id";
		for (size_t k = 0; k < i; k++)
			if (it->remote_meps[k] == it->remote_meps[i]) return "remote_meps names one twice";
	}
	return NULL;
}

static const char *wrong(const Sluice__Api__CfmMep *it)
{
	uint8_t maid[CFM_MAID];

	if (it->vid > 4094) return "vid is 1 to 4094, 0: untagged";
	if (it->tag_type != SLUICE__API__TAG_TYPE__C_VLAN && it->tag_type != SLUICE__API__TAG_TYPE__S_VLAN)
		return "tag_type is not known";
	if (it->md_level > 7 || it->priority > 7) return "md_level and priority are 0 to 7";
	if (it->mep_id < 1 || it->mep_id > 8191) return "mep_id is 1 to 8191";
	if (it->ccm_interval > 7) return "ccm_interval is 1 to 7";
	if (it->lowest_alarm_priority > 6) return "lowest_alarm_priority is 1 to 6";
	if (!is_fng_time(it->fng_alarm_ms) || !is_fng_time(it->fng_reset_ms))
		return "fng_alarm_ms and fng_reset_ms are 2500 to 10000";
	if (it->md_name_format > UINT8_MAX || it->ma_name_format > UINT8_MAX ||
	    !cfm_maid((uint8_t)it->md_name_format, it->md_name.data, it->md_name.len, (uint8_t)it->ma_name_format,
		      it->ma_name.data, it->ma_name.len, maid))
		return "a name does not suit its format, or both are too long";
	return wrong_remotes(it);
}

static int cfm_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const char *what = wrong(operation->set_cfm_mep);

	return what == NULL ? 0 : api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", what);
}

static void cfm_references(const Sluice__Api__Operation *operation,
			   void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	add(ctx, KIND(PORT), operation->set_cfm_mep->port);
}

static bool cfm_claim(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE])
{
	snprintf(claim, CLAIM_SIZE, "MEP at port %s, VLAN %u", operation->set_cfm_mep->port,
		 operation->set_cfm_mep->vid);
	return true;
}

// ---------------------------------------------------------------- building

static void fill(struct cfm_settings *s, const Sluice__Api__CfmMep *it)
{
	struct cfm_parameters *p = &s->parameters;

	s->port = (uint16_t)kind_id(KIND(PORT), it->port);
	s->vid = (uint16_t)it->vid;
	s->tpid = it->vid == 0                                    ? 0
		  : it->tag_type == SLUICE__API__TAG_TYPE__S_VLAN ? RTE_ETHER_TYPE_QINQ
								  : RTE_ETHER_TYPE_VLAN;
	s->priority = (uint8_t)it->priority;
	s->remotes = (uint16_t)it->n_remote_meps;
	for (size_t i = 0; i < it->n_remote_meps; i++)
		s->remote[i] = (uint16_t)it->remote_meps[i];
	*p = (struct cfm_parameters){
		.level = (uint8_t)it->md_level,
		.interval = (uint8_t)(it->ccm_interval != 0 ? it->ccm_interval : DEFAULT_INTERVAL),
		.mep_id = (uint16_t)it->mep_id,
		.ccm_enabled = !it->ccm_off,
		.interface_status = it->interface_status,
		.lowest_alarm = (uint8_t)(it->lowest_alarm_priority != 0 ? it->lowest_alarm_priority : DEFAULT_ALARM),
		.alarm_time = (it->fng_alarm_ms != 0 ? it->fng_alarm_ms : DEFAULT_ALARM_MS) * MS,
		.reset_time = (it->fng_reset_ms != 0 ? it->fng_reset_ms : DEFAULT_RESET_MS) * MS,
		.heard = it->n_remote_meps == 0,
	};
	cfm_maid((uint8_t)it->md_name_format, it->md_name.data, it->md_name.len, (uint8_t)it->ma_name_format,
		 it->ma_name.data, it->ma_name.len, p->maid);
}

// A second, rounded up.
static uint32_t ccms_of(const Sluice__Api__CfmMep *it)
{
	uint64_t interval = cfm_interval((uint8_t)(it->ccm_interval != 0 ? it->ccm_interval : DEFAULT_INTERVAL));

	return it->ccm_off ? 0 : (uint32_t)((SECOND + interval - 1) / interval);
}

struct cfm_update {
	struct cfm_mep *mep;
	bool new;
	uint32_t added, removed; // CCMs a second
	struct cfm_settings settings;
	struct cfm_remote *remotes;
	uint16_t room;
};

static void commit_set(void *arg)
{
	struct cfm_update *update = arg;

	cfm_configure(update->mep, &update->settings, update->remotes, update->room);
	free(update);
}

static void undo_set(void *arg)
{
	struct cfm_update *update = arg;

	ccms += update->removed - update->added;
	if (update->new) cfm_delete(update->mep);
	free(update->remotes);
	free(update);
}

// Takes the MEP from where it was, unless another one is there by now.
static int clear_point(struct generation *g, const Sluice__Api__CfmMep *was, const struct cfm_mep *mep)
{
	struct port *port = generation_port(g, (uint16_t)kind_id(KIND(PORT), was->port));
	const struct cfm_point *point = port != NULL ? cfm_map_get(port->meps, (uint16_t)was->vid) : NULL;
	struct cfm_map *map;

	if (point == NULL || point->mep != mep) return 0;
	generation_retire(g, point);
	if (port->meps->count == 1) {
		generation_retire(g, port->meps);
		port->meps = NULL;
		return 0;
	}
	map = cow_writable(g, &port->meps, sizeof(*map));
	if (map == NULL) return -ENOMEM;
	map->point[was->vid] = NULL;
	map->count--;
	return 0;
}

static int set_point(struct generation *g, const struct cfm_settings *s, struct cfm_mep *mep)
{
	struct port *port = generation_port(g, s->port);
	struct cfm_point *point = generation_alloc(g, sizeof(*point));
	struct cfm_map *map = port != NULL ? cow_writable(g, &port->meps, sizeof(*map)) : NULL;

	if (point == NULL || map == NULL) return -ENOMEM;
	*point = (struct cfm_point){.mep = mep, .tpid = s->tpid, .level = s->parameters.level};
	// Who was there is on its way to another place.
	if (map->point[s->vid] == NULL)
		map->count++;
	else
		generation_retire(g, map->point[s->vid]);
	map->point[s->vid] = point;
	return 0;
}

static int place(struct generation *g, const struct change *change, const struct cfm_update *update)
{
	int rc = 0;

	if (change->before != NULL) rc = clear_point(g, change->before->operation->set_cfm_mep, update->mep);
	return rc < 0 ? rc : set_point(g, &update->settings, update->mep);
}

static int cfm_build(struct generation *g, struct change *change)
{
	const Sluice__Api__CfmMep *it = change->after->operation->set_cfm_mep;
	struct cfm_update *update = calloc(1, sizeof(*update));
	int rc;

	if (update == NULL) return -ENOMEM;
	fill(&update->settings, it);
	update->new = change->before == NULL;
	update->mep = update->new ? cfm_new(change->object->name, &update->settings) : change->before->runtime;
	update->remotes = update->mep != NULL ? cfm_remotes_for(&update->settings, &update->room) : NULL;
	if (update->remotes == NULL) {
		if (update->mep != NULL && update->new) cfm_delete(update->mep);
		rc = update->mep == NULL ? generation_refuse(g, -ENOSPC, "more than %u MEPs", CFM_MOST_MEPS) : -ENOMEM;
		free(update);
		return rc;
	}
	change->after->runtime = update->mep;
	update->added = ccms_of(it);
	if (!update->new) update->removed = ccms_of(change->before->operation->set_cfm_mep);
	ccms += update->added - update->removed;
	rc = generation_on_abort(g, undo_set, update);
	if (rc < 0) {
		undo_set(update);
		return rc;
	}
	if (ccms > CFM_MOST_CCMS)
		return generation_refuse(g, -ENOSPC, "MEPs send more than %u CCMs a second together", CFM_MOST_CCMS);
	if (urgent_start() < 0) return generation_refuse(g, -ENOMEM, "no thread for MEPs");
	rc = place(g, change, update);
	return rc < 0 ? rc : generation_on_commit(g, commit_set, update);
}

static void undo_remove(void *arg)
{
	const Sluice__Api__Operation *operation = arg;

	ccms += ccms_of(operation->set_cfm_mep);
}

static void commit_remove(void *mep)
{
	cfm_delete(mep);
}

static int cfm_remove(struct generation *g, struct change *change)
{
	Sluice__Api__Operation *operation = change->before->operation;
	int rc = generation_on_abort(g, undo_remove, operation);

	if (rc < 0) return rc;
	ccms -= ccms_of(operation->set_cfm_mep);
	rc = clear_point(g, operation->set_cfm_mep, change->before->runtime);
	return rc < 0 ? rc : generation_on_commit(g, commit_remove, change->before->runtime);
}

// ---------------------------------------------------------------- state

void cfm_remote_state(const struct cfm_remote *remote, Sluice__Api__CfmRemoteMepState *state)
{
	state->mep_id = remote->id;
	state->state = (Sluice__Api__CfmRemoteMepStatus)remote->state;
	state->since_ns = remote->since_ns;
	if (remote->ccms != 0) state->mac = (ProtobufCBinaryData){6, (uint8_t *)(uintptr_t)remote->mac};
	state->rdi = remote->rdi;
	state->port_status = remote->port_status;
	state->interface_status = remote->interface_status;
	state->ccms_received = remote->ccms;
}

struct cfm_copy {
	struct cfm_mep mep;
	struct cfm_remote remotes[CFM_MOST_REMOTES];
	uint8_t mac[6];
};

static int fill_remotes(struct arena *arena, const struct cfm_copy *copy, Sluice__Api__CfmMepState *state)
{
	uint16_t count = copy->mep.machine.remote_count;
	Sluice__Api__CfmRemoteMepState *remotes = arena_alloc(arena, (count + 1u) * sizeof(*remotes));

	state->remote_meps = arena_alloc(arena, (count + 1u) * sizeof(*state->remote_meps));
	if (remotes == NULL || state->remote_meps == NULL) return -ENOMEM;
	for (uint16_t i = 0; i < count; i++) {
		remotes[i] = (Sluice__Api__CfmRemoteMepState)SLUICE__API__CFM_REMOTE_MEP_STATE__INIT;
		cfm_remote_state(&copy->remotes[i], &remotes[i]);
		state->remote_meps[i] = &remotes[i];
	}
	state->n_remote_meps = count;
	return 0;
}

static void fill_counters(const struct cfm_mep *mep, Sluice__Api__CfmMepState *state)
{
	const struct cfm_counters *c = &mep->counters;
	const struct cfm_machine *m = &mep->machine;

	state->ccms_sent = c->sent;
	state->ccm_send_failures = c->send_failures;
	state->ccms_received = m->ccms_received;
	state->ccm_sequence_errors = m->sequence_errors;
	state->error_ccms = m->error_ccms;
	state->xcon_ccms = m->xcon_ccms;
	state->remote_meps_refused = m->refused;
	state->lbr_in = c->lbr_in;
	state->lbr_in_out_of_order = c->lbr_out_of_order;
	state->lbr_damaged = c->lbr_damaged;
	state->unexpected_ltr = c->unexpected_ltr;
	state->ltr_out = c->ltr_out;
	state->slr_out = c->slr_out;
	for (unsigned w = 0; w < worker_count; w++) {
		state->lbr_out += mep->by_worker[w].lbr_out;
		state->dmr_out += mep->by_worker[w].dmr_out;
		state->low_level += mep->by_worker[w].low_level;
	}
}

static int cfm_state(struct arena *arena, const struct object *object, const struct version *version,
		     Sluice__Api__QueryReply *part)
{
	struct cfm_copy *copy = arena_alloc(arena, sizeof(*copy));
	Sluice__Api__CfmMepState *state = arena_alloc(arena, sizeof(*state));
	const struct cfm_machine *m;

	if (copy == NULL || state == NULL) return -ENOMEM;
	cfm_read(version->runtime, &copy->mep, copy->remotes);
	m = &copy->mep.machine;
	cfm_mac(&copy->mep, copy->mac);
	*state = (Sluice__Api__CfmMepState)SLUICE__API__CFM_MEP_STATE__INIT;
	state->name = object->name;
	state->mac = (ProtobufCBinaryData){6, copy->mac};
	state->port_up = m->up;
	state->defects = m->defects;
	state->fng_state = (Sluice__Api__CfmFngState)m->fng;
	state->highest_defect = m->highest;
	state->rdi = cfm_rdi(m);
	state->error_ccm_last_failure = (ProtobufCBinaryData){copy->mep.error_length, copy->mep.error_last};
	state->xcon_ccm_last_failure = (ProtobufCBinaryData){copy->mep.xcon_length, copy->mep.xcon_last};
	fill_counters(&copy->mep, state);
	if (fill_remotes(arena, copy, state) < 0) return -ENOMEM;
	part->cfm_meps[part->n_cfm_meps++] = state;
	return 0;
}

static struct object_kind cfm_kind = {
	.kind = KIND(CFM_MEP),
	.set = SLUICE__API__OPERATION__OP_SET_CFM_MEP,
	.query = SLUICE__API__QUERY__WHAT_CFM_MEPS,
	.label = "cfm-mep",
	.longest_name = MAX_OBJECT_NAME,
	.order = KIND_ORDER_LAST,
	.name = cfm_name,
	.check = cfm_check,
	.references = cfm_references,
	.claim = cfm_claim,
	.build = cfm_build,
	.remove = cfm_remove,
	.state = cfm_state,
};
KIND_REGISTER(cfm_kind);
