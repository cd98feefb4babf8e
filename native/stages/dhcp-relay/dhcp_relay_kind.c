// DHCP relay agents, as objects of the contract. A version's runtime is its struct dhcp_agent, which lives as long as
// the object does.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "dhcp_relay.h"

#define KIND(name)   SLUICE__API__OBJECT_KIND__KIND_##name
#define DEFAULT_HOPS 10
#define MOST_HOPS    16 // RFC 1542, 4.1.1

static const char *relay_name(const Sluice__Api__Operation *operation)
{
	return operation->set_dhcp_relay->interface;
}

static int relay_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__DhcpRelay *it = operation->set_dhcp_relay;
	unsigned count[IP_VERSIONS] = {0};
	const char *wrong = NULL;

	for (size_t i = 0; i < it->n_servers; i++) {
		if (it->servers[i].len != 4 && it->servers[i].len != 16)
			wrong = "a server's address is 4 or 16 bytes";
		else if (++count[it->servers[i].len == 4 ? IP_V4 : IP_V6] > DHCP_MOST_SERVERS)
			wrong = "at most 8 servers of each family";
	}
	if (strlen(it->circuit_id) > DHCP_ID || strlen(it->remote_id) > DHCP_ID)
		wrong = "circuit_id and remote_id are at most 64 bytes";
	if (it->max_hops > MOST_HOPS) wrong = "max_hops is at most 16";
	return wrong == NULL ? 0 : api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", wrong);
}

static void relay_references(const Sluice__Api__Operation *operation,
			     void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	add(ctx, KIND(L3_INTERFACE), operation->set_dhcp_relay->interface);
	add(ctx, KIND(VRF), operation->set_dhcp_relay->server_vrf);
}

// ---------------------------------------------------------------- building

struct relay_change {
	struct dhcp_agent *agent;
	bool new;
	struct dhcp_settings settings;
};

static void agent_free(struct dhcp_agent *agent)
{
	struct dhcp_agent **place = &dhcp_agents;

	while (agent->present && *place != agent)
		place = &(*place)->next;
	if (agent->present) *place = agent->next;
	free(agent);
}

static void commit_set(void *arg)
{
	struct relay_change *change = arg;
	struct dhcp_agent *agent = change->agent;
	const struct l3_interface *it = dataplane_interface(dataplane_current(), change->settings.interface);

	agent->settings = change->settings;
	if (agent->settings.vrf == 0 && it != NULL) agent->settings.vrf = it->vrf;
	agent->settings.other_vrf = it != NULL && it->vrf != agent->settings.vrf;
	if (!agent->present) {
		agent->present = true;
		agent->next = dhcp_agents;
		dhcp_agents = agent;
	}
	free(change);
}

static void undo_set(void *arg)
{
	struct relay_change *change = arg;

	if (change->new) agent_free(change->agent);
	free(change);
}

static void commit_delete(void *agent)
{
	agent_free(agent);
}

static void fill(struct dhcp_settings *settings, const Sluice__Api__DhcpRelay *it)
{
	const char *circuit = it->circuit_id, *id = circuit[0] != '\0' ? circuit : it->interface;

	settings->interface = kind_id(KIND(L3_INTERFACE), it->interface);
	settings->vrf = kind_id(KIND(VRF), it->server_vrf);
	settings->max_hops = (uint8_t)(it->max_hops != 0 ? it->max_hops : DEFAULT_HOPS);
	for (size_t i = 0; i < it->n_servers; i++) {
		enum ip_version version = it->servers[i].len == 4 ? IP_V4 : IP_V6;

		memcpy(settings->servers[version][settings->server_count[version]++].bytes, it->servers[i].data,
		       it->servers[i].len);
	}
	settings->circuit_length = (uint8_t)strlen(circuit);
	memcpy(settings->circuit, circuit, settings->circuit_length);
	settings->id_length = (uint8_t)strlen(id);
	memcpy(settings->id, id, settings->id_length);
	settings->remote_length = (uint8_t)strlen(it->remote_id);
	memcpy(settings->remote, it->remote_id, settings->remote_length);
}

static int relay_build(struct generation *g, struct change *change)
{
	struct relay_change *todo = calloc(1, sizeof(*todo));
	int rc;

	if (todo == NULL) return -ENOMEM;
	todo->new = change->before == NULL;
	todo->agent = todo->new ? calloc(1, sizeof(*todo->agent)) : change->before->runtime;
	if (todo->agent == NULL) {
		free(todo);
		return -ENOMEM;
	}
	fill(&todo->settings, change->after->operation->set_dhcp_relay);
	change->after->runtime = todo->agent;
	rc = generation_on_abort(g, undo_set, todo);
	if (rc < 0) {
		undo_set(todo);
		return rc;
	}
	return generation_on_commit(g, commit_set, todo);
}

static int relay_remove(struct generation *g, struct change *change)
{
	return generation_on_commit(g, commit_delete, change->before->runtime);
}

// ---------------------------------------------------------------- state

static const char *const reasons[DHCP_VERDICTS] = {
	[DHCP_MALFORMED] = "malformed",
	[DHCP_HOPS] = "too-many-hops",
	[DHCP_LOOP] = "loop",
	[DHCP_UNTRUSTED] = "untrusted-relay-information",
	[DHCP_UNKNOWN] = "unknown-client",
	[DHCP_NO_ADDRESS] = "no-address",
	[DHCP_NO_SERVER] = "no-server",
	[DHCP_NO_BUFFER] = "no-buffer",
};

static int relay_state(struct arena *arena, const struct object *object, const struct version *version,
		       Sluice__Api__QueryReply *part)
{
	const struct dhcp_agent *agent = version->runtime;
	Sluice__Api__DhcpRelayState *state = arena_alloc(arena, sizeof(*state));
	Sluice__Api__DropCount *drops = arena_alloc(arena, DHCP_VERDICTS * sizeof(*drops));

	if (state == NULL || drops == NULL) return -ENOMEM;
	*state = (Sluice__Api__DhcpRelayState)SLUICE__API__DHCP_RELAY_STATE__INIT;
	state->interface = object->name;
	state->requests_relayed = agent->requests;
	state->replies_relayed = agent->replies;
	state->drops = arena_alloc(arena, DHCP_VERDICTS * sizeof(Sluice__Api__DropCount *));
	if (state->drops == NULL) return -ENOMEM;
	for (unsigned i = 0; i < DHCP_VERDICTS; i++) {
		if (reasons[i] == NULL || agent->verdicts[i] == 0) continue;
		drops[i] = (Sluice__Api__DropCount)SLUICE__API__DROP_COUNT__INIT;
		drops[i].reason = (char *)(uintptr_t)reasons[i];
		drops[i].packets = agent->verdicts[i];
		state->drops[state->n_drops++] = &drops[i];
	}
	part->dhcp_relays[part->n_dhcp_relays++] = state;
	return 0;
}

static struct object_kind dhcp_relay_kind = {
	.kind = SLUICE__API__OBJECT_KIND__KIND_DHCP_RELAY,
	.set = SLUICE__API__OPERATION__OP_SET_DHCP_RELAY,
	.query = SLUICE__API__QUERY__WHAT_DHCP_RELAYS,
	.label = "dhcp-relay",
	.longest_name = NAME_SIZE - 1,
	.order = KIND_ORDER_LAST,
	.name = relay_name,
	.check = relay_check,
	.references = relay_references,
	.build = relay_build,
	.remove = relay_remove,
	.state = relay_state,
};
KIND_REGISTER(dhcp_relay_kind);
