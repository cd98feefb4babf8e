// Virtual routers, as objects of the contract. A version's runtime is its struct vrrp_router, which lives as long as
// the object does.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "vrrp.h"

#define KIND(name)       SLUICE__API__OBJECT_KIND__KIND_##name
#define DEFAULT_INTERVAL 100
#define MOST_INTERVAL    4095
#define MOST_HOLD        3600

static const char *vrrp_name(const Sluice__Api__Operation *operation)
{
	return operation->set_vrrp->name;
}

static const char *wrong_addresses(const Sluice__Api__Vrrp *it)
{
	if (it->n_addresses == 0 || it->n_addresses > VRRP_MOST_ADDRESSES)
		return "a virtual router has 1 to 64 addresses";
	for (size_t i = 0; i < it->n_addresses; i++)
		if (it->addresses[i].len != it->addresses[0].len ||
		    (it->addresses[i].len != 4 && it->addresses[i].len != 16))
			return "addresses are all 4 bytes, or all 16";
	// RFC 9568, 5.2.9.
	if (it->addresses[0].len == 16 &&
	    (it->addresses[0].data[0] != 0xfe || (it->addresses[0].data[1] & 0xc0) != 0x80))
		return "the first IPv6 address is the link-local one";
	return NULL;
}

static int vrrp_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__Vrrp *it = operation->set_vrrp;
	const char *wrong = wrong_addresses(it);

	if (it->interface[0] == '\0')
		wrong = "a virtual router needs an interface";
	else if (it->vrid == 0 || it->vrid > 255)
		wrong = "vrid is 1 to 255";
	else if (it->priority == 0 || it->priority > VRRP_OWNER)
		wrong = "priority is 1 to 254, or 255 for the owner of the addresses";
	else if (it->advertise_interval > MOST_INTERVAL)
		wrong = "advertise_interval is 1 to 4095 centiseconds";
	else if (it->preempt_hold_seconds > MOST_HOLD)
		wrong = "preempt_hold_seconds is at most 3600";
	else if (it->n_tracks > VRRP_MOST_TRACKS)
		wrong = "at most 16 interfaces are tracked";
	for (size_t i = 0; wrong == NULL && i < it->n_tracks; i++)
		if (it->tracks[i]->priority_decrement == 0 || it->tracks[i]->priority_decrement > 254)
			wrong = "priority_decrement is 1 to 254";
	return wrong == NULL ? 0 : api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", wrong);
}

static void vrrp_references(const Sluice__Api__Operation *operation,
			    void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	const Sluice__Api__Vrrp *it = operation->set_vrrp;

	add(ctx, KIND(L3_INTERFACE), it->interface);
	for (size_t i = 0; i < it->n_tracks; i++)
		add(ctx, KIND(L3_INTERFACE), it->tracks[i]->interface);
}

static bool vrrp_claim(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE])
{
	const Sluice__Api__Vrrp *it = operation->set_vrrp;

	snprintf(claim, CLAIM_SIZE, "virtual router %u for IPv%u of %s", it->vrid, it->addresses[0].len == 4 ? 4 : 6,
		 it->interface);
	return true;
}

// ---------------------------------------------------------------- building

struct vrrp_change {
	struct vrrp_router *router;
	bool new;
	struct vrrp_settings settings;
};

static void commit_set(void *arg)
{
	struct vrrp_change *change = arg;

	vrrp_configure(change->router, &change->settings);
	free(change);
}

static void undo_set(void *arg)
{
	struct vrrp_change *change = arg;

	if (change->new) vrrp_delete(change->router);
	free(change);
}

static void commit_delete(void *router)
{
	vrrp_delete(router);
}

static void fill(struct vrrp_settings *settings, const Sluice__Api__Vrrp *it)
{
	settings->interface = kind_id(KIND(L3_INTERFACE), it->interface);
	settings->vrid = (uint8_t)it->vrid;
	settings->version = it->addresses[0].len == 4 ? IP_V4 : IP_V6;
	settings->priority = (uint8_t)it->priority;
	settings->interval = (uint16_t)(it->advertise_interval != 0 ? it->advertise_interval : DEFAULT_INTERVAL);
	settings->preempt = !it->preempt_off;
	settings->accept = it->accept;
	settings->hold_ms = it->preempt_hold_seconds * 1000;
	settings->count = (uint8_t)it->n_addresses;
	for (size_t i = 0; i < it->n_addresses; i++)
		memcpy(settings->addresses[i].bytes, it->addresses[i].data, it->addresses[i].len);
	settings->track_count = (uint8_t)it->n_tracks;
	for (size_t i = 0; i < it->n_tracks; i++) {
		settings->tracks[i].interface = kind_id(KIND(L3_INTERFACE), it->tracks[i]->interface);
		settings->tracks[i].decrement = (uint8_t)it->tracks[i]->priority_decrement;
	}
}

static int vrrp_build(struct generation *g, struct change *change)
{
	struct vrrp_change *todo = calloc(1, sizeof(*todo));
	int rc;

	if (todo == NULL) return -ENOMEM;
	todo->new = change->before == NULL;
	todo->router = todo->new ? vrrp_new(change->object->name) : change->before->runtime;
	if (todo->router == NULL) {
		free(todo);
		return -ENOMEM;
	}
	fill(&todo->settings, change->after->operation->set_vrrp);
	change->after->runtime = todo->router;
	rc = generation_on_abort(g, undo_set, todo);
	if (rc < 0) {
		undo_set(todo);
		return rc;
	}
	return generation_on_commit(g, commit_set, todo);
}

static int vrrp_remove(struct generation *g, struct change *change)
{
	return generation_on_commit(g, commit_delete, change->before->runtime);
}

// ---------------------------------------------------------------- state

static int vrrp_state(struct arena *arena, const struct object *object, const struct version *version,
		      Sluice__Api__QueryReply *part)
{
	const struct vrrp_router *router = version->runtime;
	const struct vrrp_counters *c = &router->counters;
	Sluice__Api__VrrpState *state = arena_alloc(arena, sizeof(*state));

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__VrrpState)SLUICE__API__VRRP_STATE__INIT;
	state->name = object->name;
	state->role = (Sluice__Api__VrrpRole)router->machine.role;
	state->since_ns = router->since_ns;
	state->effective_priority = vrrp_priority(router);
	if (router->machine.role != VRRP_ROLE_INITIALIZE) {
		state->active_address.len = router->settings.version == IP_V4 ? 4 : 16;
		state->active_address.data = (uint8_t *)(uintptr_t)router->active.bytes;
	}
	state->advertisements_sent = c->advertisements_sent;
	state->advertisements_received = c->advertisements_received;
	state->checksum_errors = c->checksum_errors;
	state->version_errors = c->version_errors;
	state->vrid_errors = c->vrid_errors;
	state->interval_errors = c->interval_errors;
	state->address_list_errors = c->address_list_errors;
	state->ttl_errors = c->ttl_errors;
	state->packet_length_errors = c->packet_length_errors;
	state->priority_zero_sent = c->priority_zero_sent;
	state->priority_zero_received = c->priority_zero_received;
	state->became_active = c->became_active;
	part->vrrp[part->n_vrrp++] = state;
	return 0;
}

static struct object_kind vrrp_kind = {
	.kind = SLUICE__API__OBJECT_KIND__KIND_VRRP,
	.set = SLUICE__API__OPERATION__OP_SET_VRRP,
	.query = SLUICE__API__QUERY__WHAT_VRRP,
	.label = "vrrp",
	.longest_name = MAX_OBJECT_NAME,
	.order = KIND_ORDER_LAST,
	.name = vrrp_name,
	.check = vrrp_check,
	.references = vrrp_references,
	.claim = vrrp_claim,
	.build = vrrp_build,
	.remove = vrrp_remove,
	.state = vrrp_state,
};
KIND_REGISTER(vrrp_kind);
