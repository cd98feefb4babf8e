// Sessions, as objects of the contract. A version's runtime is its struct bfd_session, which lives as long as the
// object does.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "bfd.h"

#define KIND(name)         SLUICE__API__OBJECT_KIND__KIND_##name
#define PATH(name)         SLUICE__API__BFD_SESSION__PATH_##name
#define DEFAULT_INTERVAL   1000000
#define LEAST_INTERVAL     10000
#define MOST_INTERVAL      255000000
#define DEFAULT_MULTIPLIER 3
#define SECOND             1000000u

// What all sessions of the next generation are, and ask their neighbours for, packets a second.
static uint32_t sessions, packets;

static const char *bfd_name(const Sluice__Api__Operation *operation)
{
	return operation->set_bfd_session->name;
}

static uint32_t interval_of(uint32_t wanted)
{
	return wanted != 0 ? wanted : DEFAULT_INTERVAL;
}

static bool is_interval(uint32_t wanted)
{
	return interval_of(wanted) >= LEAST_INTERVAL && wanted <= MOST_INTERVAL;
}

static const char *wrong_path(const Sluice__Api__BfdSession *it)
{
	bool multihop = it->path_case == PATH(VRF);

	if (it->path_case == SLUICE__API__BFD_SESSION__PATH__NOT_SET || (multihop ? it->vrf : it->interface)[0] == '\0')
		return "a session needs an interface, or a VRF for several hops";
	if (it->remote_address.len != 4 && it->remote_address.len != 16) return "remote_address is 4 bytes, or 16";
	if (it->local_address.len != it->remote_address.len && (multihop || it->local_address.len != 0))
		return "local_address is as long as remote_address; empty is for an interface only";
	if (!multihop && it->minimum_ttl != 0) return "minimum_ttl is for several hops: else it is 255";
	return NULL;
}

static const char *wrong_authentication(const Sluice__Api__BfdAuthentication *it)
{
	if (it == NULL) return NULL;
	if ((unsigned)it->type != BFD_AUTH_KEYED_SHA1 && (unsigned)it->type != BFD_AUTH_METICULOUS_SHA1)
		return "an authentication type that this engine does not know";
	if (it->key_id > 255) return "key_id is 0 to 255";
	if (it->key.len == 0 || it->key.len > sizeof(((struct bfd_auth *)NULL)->key)) return "key is 1 to 20 bytes";
	return NULL;
}

static int bfd_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__BfdSession *it = operation->set_bfd_session;
	const char *wrong = wrong_path(it);

	if (wrong == NULL && (!is_interval(it->desired_min_tx_interval) || !is_interval(it->required_min_rx_interval)))
		wrong = "intervals are 10000 to 255000000 microseconds";
	else if (wrong == NULL && it->detect_multiplier > 255)
		wrong = "detect_multiplier is 1 to 255";
	else if (wrong == NULL && it->minimum_ttl > 255)
		wrong = "minimum_ttl is 1 to 255";
	if (wrong == NULL) wrong = wrong_authentication(it->authentication);
	return wrong == NULL ? 0 : api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", wrong);
}

static void bfd_references(const Sluice__Api__Operation *operation,
			   void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	const Sluice__Api__BfdSession *it = operation->set_bfd_session;

	if (it->path_case == PATH(INTERFACE)) add(ctx, KIND(L3_INTERFACE), it->interface);
	if (it->path_case == PATH(VRF)) add(ctx, KIND(VRF), it->vrf);
}

static bool bfd_claim(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE])
{
	const Sluice__Api__BfdSession *it = operation->set_bfd_session;
	bool multihop = it->path_case == PATH(VRF);
	char address[2 * 16 + 1] = "";

	for (size_t i = 0; i < it->remote_address.len; i++)
		snprintf(address + 2 * i, sizeof(address) - 2 * i, "%02x", it->remote_address.data[i]);
	snprintf(claim, CLAIM_SIZE, "BFD with %s by %s %s", address, multihop ? "VRF" : "interface",
		 multihop ? it->vrf : it->interface);
	return true;
}

// ---------------------------------------------------------------- building

struct bfd_update {
	struct bfd_session *session;
	bool new;
	uint32_t added, removed; // packets a second
	struct bfd_settings settings;
};

static void commit_set(void *arg)
{
	struct bfd_update *update = arg;

	bfd_configure(update->session, &update->settings);
	free(update);
}

static void undo_set(void *arg)
{
	struct bfd_update *update = arg;

	packets += update->removed - update->added;
	if (update->new) {
		sessions--;
		bfd_delete(update->session);
	}
	free(update);
}

static void commit_delete(void *session)
{
	bfd_delete(session);
}

static void fill(struct bfd_settings *settings, const Sluice__Api__BfdSession *it)
{
	bool multihop = it->path_case == PATH(VRF);

	settings->interface = multihop ? 0 : kind_id(KIND(L3_INTERFACE), it->interface);
	settings->vrf = multihop ? kind_id(KIND(VRF), it->vrf) : 0;
	settings->version = it->remote_address.len == 4 ? IP_V4 : IP_V6;
	settings->least_ttl = (uint8_t)(multihop ? RTE_MAX(it->minimum_ttl, 1u) : 255);
	settings->has_local = it->local_address.len != 0;
	memcpy(settings->remote.bytes, it->remote_address.data, it->remote_address.len);
	if (settings->has_local) memcpy(settings->local.bytes, it->local_address.data, it->local_address.len);
	settings->parameters = (struct bfd_parameters){
		.desired_min_tx = interval_of(it->desired_min_tx_interval),
		.required_min_rx = interval_of(it->required_min_rx_interval),
		.detect_mult = (uint8_t)(it->detect_multiplier != 0 ? it->detect_multiplier : DEFAULT_MULTIPLIER),
		.admin_down = it->admin_down,
		.late_before = it->late_before,
	};
	if (it->authentication == NULL) return;
	settings->auth.type = (uint8_t)it->authentication->type;
	settings->auth.key_id = (uint8_t)it->authentication->key_id;
	memcpy(settings->auth.key, it->authentication->key.data, it->authentication->key.len);
}

static uint32_t packets_of(const Sluice__Api__BfdSession *it)
{
	return (SECOND + interval_of(it->required_min_rx_interval) - 1) / interval_of(it->required_min_rx_interval);
}

// What changes is counted already.
static int refuse_too_many(struct generation *g)
{
	if (sessions > BFD_MOST_SESSIONS)
		return generation_refuse(g, -ENOSPC, "more than %u BFD sessions", BFD_MOST_SESSIONS);
	if (packets > BFD_MOST_PACKETS)
		return generation_refuse(g, -ENOSPC, "BFD sessions ask for more than %u packets a second together",
					 BFD_MOST_PACKETS);
	return 0;
}

static int bfd_build(struct generation *g, struct change *change)
{
	const Sluice__Api__BfdSession *it = change->after->operation->set_bfd_session;
	struct bfd_update *update = calloc(1, sizeof(*update));
	int rc;

	if (update == NULL) return -ENOMEM;
	update->new = change->before == NULL;
	update->session = update->new ? bfd_new(change->object->name) : change->before->runtime;
	if (update->session == NULL) {
		free(update);
		return -ENOMEM;
	}
	fill(&update->settings, it);
	change->after->runtime = update->session;
	update->added = packets_of(it);
	if (!update->new) update->removed = packets_of(change->before->operation->set_bfd_session);
	packets += update->added - update->removed;
	if (update->new) sessions++;
	rc = generation_on_abort(g, undo_set, update);
	if (rc < 0) {
		undo_set(update);
		return rc;
	}
	rc = refuse_too_many(g);
	if (rc == 0 && urgent_start() < 0) rc = generation_refuse(g, -ENOMEM, "no thread for BFD sessions");
	return rc < 0 ? rc : generation_on_commit(g, commit_set, update);
}

static void undo_remove(void *arg)
{
	const Sluice__Api__Operation *operation = arg;

	packets += packets_of(operation->set_bfd_session);
	sessions++;
}

static int bfd_remove(struct generation *g, struct change *change)
{
	Sluice__Api__Operation *operation = change->before->operation;
	int rc = generation_on_abort(g, undo_remove, operation);

	if (rc < 0) return rc;
	packets -= packets_of(operation->set_bfd_session);
	sessions--;
	return generation_on_commit(g, commit_delete, change->before->runtime);
}

// ---------------------------------------------------------------- state

static int bfd_state(struct arena *arena, const struct object *object, const struct version *version,
		     Sluice__Api__QueryReply *part)
{
	struct bfd_session *copy = arena_alloc(arena, sizeof(*copy));
	Sluice__Api__BfdSessionState *state = arena_alloc(arena, sizeof(*state));
	const struct bfd_machine *m;
	const struct bfd_counters *c;

	if (copy == NULL || state == NULL) return -ENOMEM;
	bfd_read(version->runtime, copy);
	m = &copy->machine;
	c = &copy->counters;
	*state = (Sluice__Api__BfdSessionState)SLUICE__API__BFD_SESSION_STATE__INIT;
	state->name = object->name;
	state->state = (Sluice__Api__BfdState)m->state;
	state->since_ns = copy->since_ns;
	state->diagnostic = m->diagnostic;
	state->remote_state = (Sluice__Api__BfdState)m->remote_state;
	state->remote_diagnostic = m->remote_diagnostic;
	state->local_discriminator = m->local_discriminator;
	state->remote_discriminator = m->remote_discriminator;
	state->tx_interval = bfd_tx_interval(m);
	state->rx_interval = bfd_rx_interval(m);
	state->detection_time = bfd_detection_time(m);
	state->remote_detect_multiplier = m->remote_detect_mult;
	if (copy->has_source) {
		state->local_address.len = copy->settings.version == IP_V4 ? 4 : 16;
		state->local_address.data = copy->source.bytes;
	}
	state->source_port = bfd_source_port(copy);
	state->packets_sent = c->sent;
	state->packets_received = c->received;
	state->send_failures = c->send_failures;
	state->authentication_failures = c->authentication_failures;
	state->ttl_errors = c->ttl_errors;
	state->session_errors = c->session_errors;
	state->became_up = c->became_up;
	state->became_down = c->became_down;
	state->last_down_ns = copy->last_down_ns;
	part->bfd_sessions[part->n_bfd_sessions++] = state;
	return 0;
}

static struct object_kind bfd_kind = {
	.kind = KIND(BFD_SESSION),
	.set = SLUICE__API__OPERATION__OP_SET_BFD_SESSION,
	.query = SLUICE__API__QUERY__WHAT_BFD_SESSIONS,
	.label = "bfd-session",
	.longest_name = MAX_OBJECT_NAME,
	.order = KIND_ORDER_LAST,
	.name = bfd_name,
	.check = bfd_check,
	.references = bfd_references,
	.claim = bfd_claim,
	.build = bfd_build,
	.remove = bfd_remove,
	.state = bfd_state,
};
KIND_REGISTER(bfd_kind);
