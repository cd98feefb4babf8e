// L3 interfaces, as objects of the contract.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/kind.h"
#include "../../main/clock.h"
#include "../../main/id.h"
#include "../../main/stages.h"
#include "../acl/acl.h"
#include "../policer/policer.h"
#include "../punt/tap.h"
#include "interface.h"

#define KIND(name)                SLUICE__API__OBJECT_KIND__KIND_##name
#define MOST_ADDRESSES            64
#define DEFAULT_REACHABLE_SECONDS 30
#define LEAST_MTU                 68   // RFC 791, 3.2
#define LEAST_MTU_IPV6            1280 // RFC 8200, 5
#define MOST_MTU                  9216

static struct id_pool ids = {.limit = MAX_ID};

static const char *interface_name(const Sluice__Api__Operation *operation)
{
	return operation->set_l3_interface->name;
}

// ---------------------------------------------------------------- ranges

static int invalid(struct api_error *error, const char *what)
{
	return api_refuse(error, SLUICE__API__ERROR_CODE__ERROR_INVALID, 0, "", "%s", what);
}

static int check_addresses(const Sluice__Api__L3Interface *it, struct api_error *error)
{
	if (it->n_addresses > MOST_ADDRESSES) return invalid(error, "an interface has at most 64 addresses");
	for (size_t i = 0; i < it->n_addresses; i++) {
		const Sluice__Api__InterfaceAddress *a = it->addresses[i];

		if ((a->address.len != 4 && a->address.len != 16) || a->prefix_length > a->address.len * 8)
			return invalid(error,
				       "an address is 4 bytes with a prefix length of at most 32, or 16 with 128");
		for (size_t k = 0; k < i; k++)
			if (it->addresses[k]->address.len == a->address.len &&
			    memcmp(it->addresses[k]->address.data, a->address.data, a->address.len) == 0)
				return invalid(error, "an address is there twice");
	}
	return 0;
}

static int interface_check(const Sluice__Api__Operation *operation, struct api_error *error)
{
	const Sluice__Api__L3Interface *it = operation->set_l3_interface;

	if (it->vrf[0] == '\0') return invalid(error, "an interface needs a VRF");
	if (it->attachment_case == SLUICE__API__L3_INTERFACE__ATTACHMENT__NOT_SET)
		return invalid(error, "an interface needs a logical port, a bridge domain, or loopback");
	if (it->mtu != 0 && (it->mtu < (it->ipv6 ? LEAST_MTU_IPV6 : LEAST_MTU) || it->mtu > MOST_MTU))
		return invalid(error, "mtu is 68 (with IPv6 1280) to 9216, or 0 for the port's");
	if (it->mac.len != 0 && (it->mac.len != RTE_ETHER_ADDR_LEN || (it->mac.data[0] & 1) != 0))
		return invalid(error, "mac is 6 bytes, unicast, or empty");
	if ((unsigned)it->urpf_ipv4 > 2 || (unsigned)it->urpf_ipv6 > 2)
		return invalid(error, "a unicast RPF mode that this engine does not know");
	if (!tap_name_is_valid(it->tap)) return invalid(error, TAP_NAME_INVALID);
	return check_addresses(it, error);
}

static void interface_references(const Sluice__Api__Operation *operation,
				 void (*add)(void *ctx, Sluice__Api__ObjectKind kind, const char *name), void *ctx)
{
	const Sluice__Api__L3Interface *it = operation->set_l3_interface;

	add(ctx, KIND(VRF), it->vrf);
	if (it->attachment_case == SLUICE__API__L3_INTERFACE__ATTACHMENT_LOGICAL_PORT)
		add(ctx, KIND(LOGICAL_PORT), it->logical_port);
	if (it->attachment_case == SLUICE__API__L3_INTERFACE__ATTACHMENT_BRIDGE_DOMAIN)
		add(ctx, KIND(BRIDGE_DOMAIN), it->bridge_domain);
	add(ctx, KIND(ACCESS_LIST), it->acl_in_ipv4);
	add(ctx, KIND(ACCESS_LIST), it->acl_in_ipv6);
	add(ctx, KIND(ACCESS_LIST), it->acl_out_ipv4);
	add(ctx, KIND(ACCESS_LIST), it->acl_out_ipv6);
	add(ctx, KIND(POLICER), it->policer_in);
	add(ctx, KIND(POLICER), it->policer_out);
}

static bool interface_claim(const Sluice__Api__Operation *operation, char claim[CLAIM_SIZE])
{
	const Sluice__Api__L3Interface *it = operation->set_l3_interface;

	if (it->attachment_case == SLUICE__API__L3_INTERFACE__ATTACHMENT_LOGICAL_PORT)
		snprintf(claim, CLAIM_SIZE, "routing on logical port %s", it->logical_port);
	else if (it->attachment_case == SLUICE__API__L3_INTERFACE__ATTACHMENT_BRIDGE_DOMAIN)
		snprintf(claim, CLAIM_SIZE, "routing in bridge domain %s", it->bridge_domain);
	else
		return false;
	return true;
}

// ---------------------------------------------------------------- attachment

static int attach(struct generation *g, const struct l3_interface *interface, uint32_t id)
{
	struct logical_port *lp;
	struct bridge_domain *bd;

	if (interface->logical_port != 0) {
		lp = generation_logical_port(g, interface->logical_port);
		// It goes as well.
		if (lp == NULL) return id == 0 ? 0 : -ENOMEM;
		if (id != 0 && lp->bridge_domain != 0)
			return generation_refuse(g, -EEXIST, "logical port %s is in a bridge domain", lp->name);
		lp->interface = id;
	}
	if (interface->bridge_domain != 0) {
		bd = generation_bridge_domain(g, interface->bridge_domain);
		if (bd == NULL) return id == 0 ? 0 : -ENOMEM;
		bd->interface = id;
	}
	return 0;
}

// Whether an attachment still names it: another interface may have taken its place in this generation.
static bool attached(struct generation *g, const struct l3_interface *interface)
{
	const struct dataplane *next = generation_next(g);
	const struct logical_port *lp = dataplane_logical_port(next, interface->logical_port);
	const struct bridge_domain *bd = dataplane_bridge_domain(next, interface->bridge_domain);

	return (lp != NULL && lp->interface == interface->id) || (bd != NULL && bd->interface == interface->id);
}

// ---------------------------------------------------------------- building

static void live_free(void *live)
{
	free(live);
}

static void effective(void *arg)
{
	interface_refresh(arg, true);
}

static int interface_new(struct generation *g, struct change *change, struct l3_interface **out)
{
	struct l3_interface *it = generation_alloc(g, sizeof(*it));
	int rc;

	if (it == NULL) return -ENOMEM;
	it->counters = generation_alloc(g, COUNTER_SLOTS * sizeof(struct interface_counters));
	if (it->counters == NULL) return -ENOMEM;
	for (unsigned v = 0; v < IP_VERSIONS; v++)
		if ((it->ip_counters[v] = generation_alloc(g, COUNTER_SLOTS * sizeof(struct ip_counters))) == NULL)
			return -ENOMEM;
	it->live = calloc(1, sizeof(*it->live));
	if (it->live == NULL || generation_on_abort(g, live_free, it->live) < 0) {
		free(it->live);
		return -ENOMEM;
	}
	rc = kind_take_id(g, &ids, "L3 interfaces", &it->id);
	if (rc < 0) return rc;
	change->object->id = it->id;
	it->since_ns = clock_realtime_ns();
	snprintf(it->name, sizeof(it->name), "%s", change->object->name);
	*out = it;
	return generation_map_set(g, &generation_root(g)->interfaces, it->id, it);
}

static int fill_addresses(struct generation *g, struct l3_interface *it, const Sluice__Api__L3Interface *wanted)
{
	struct interface_address *addresses = NULL;

	if (wanted->n_addresses > 0) {
		addresses = generation_alloc(g, wanted->n_addresses * sizeof(*addresses));
		if (addresses == NULL) return -ENOMEM;
	}
	for (size_t i = 0; i < wanted->n_addresses; i++) {
		const Sluice__Api__InterfaceAddress *a = wanted->addresses[i];

		memcpy(addresses[i].address.bytes, a->address.data, a->address.len);
		addresses[i].version = a->address.len == 4 ? IP_V4 : IP_V6;
		addresses[i].prefix_length = (uint8_t)a->prefix_length;
		it->ip[addresses[i].version] = true;
	}
	generation_retire(g, it->addresses);
	it->addresses = addresses;
	it->address_count = (uint32_t)wanted->n_addresses;
	return 0;
}

static uint16_t default_mtu(struct generation *g, const struct l3_interface *it)
{
	const struct logical_port *lp = dataplane_logical_port(generation_next(g), it->logical_port);
	const struct port *port = lp != NULL ? dataplane_port(generation_next(g), lp->port) : NULL;

	return port != NULL ? port->mtu : it->loopback ? UINT16_MAX : RTE_ETHER_MTU;
}

static int fill_access_list(struct generation *g, const char *name, enum ip_version version, const struct acl **place)
{
	const struct acl *acl = acl_named(name);

	if (acl != NULL && acl->version != version)
		return generation_refuse(g, -EINVAL, "access list %s is not for IPv%c", name,
					 version == IP_V4 ? '4' : '6');
	*place = acl;
	return 0;
}

// Access lists, policers and the reverse path check, and of which of them a packet takes the nodes.
static int fill_features(struct generation *g, struct l3_interface *it, const Sluice__Api__L3Interface *wanted)
{
	const char *const in[IP_VERSIONS] = {wanted->acl_in_ipv4, wanted->acl_in_ipv6};
	const char *const out[IP_VERSIONS] = {wanted->acl_out_ipv4, wanted->acl_out_ipv6};

	it->urpf[IP_V4] = (uint8_t)wanted->urpf_ipv4;
	it->urpf[IP_V6] = (uint8_t)wanted->urpf_ipv6;
	it->policer_in = policer_named(wanted->policer_in);
	it->policer_out = policer_named(wanted->policer_out);
	for (unsigned v = 0; v < IP_VERSIONS; v++) {
		int rc = fill_access_list(g, in[v], (enum ip_version)v, &it->acl_in[v]);

		if (rc < 0 || (rc = fill_access_list(g, out[v], (enum ip_version)v, &it->acl_out[v])) < 0) return rc;
		it->features_in[v] = (uint8_t)((it->acl_in[v] != NULL) << FEATURE_ACL_IN |
					       (it->urpf[v] != URPF_MODE_OFF) << FEATURE_URPF |
					       (it->policer_in != NULL) << FEATURE_POLICER_IN);
		it->features_out[v] = (uint8_t)((it->acl_out[v] != NULL) << FEATURE_ACL_OUT |
						(it->policer_out != NULL) << FEATURE_POLICER_OUT);
	}
	return 0;
}

static int fill(struct generation *g, struct l3_interface *it, const Sluice__Api__L3Interface *wanted)
{
	int rc;

	it->vrf = kind_id(KIND(VRF), wanted->vrf);
	it->logical_port = it->bridge_domain = 0;
	it->loopback = wanted->attachment_case == SLUICE__API__L3_INTERFACE__ATTACHMENT_LOOPBACK;
	if (wanted->attachment_case == SLUICE__API__L3_INTERFACE__ATTACHMENT_LOGICAL_PORT)
		it->logical_port = kind_id(KIND(LOGICAL_PORT), wanted->logical_port);
	if (wanted->attachment_case == SLUICE__API__L3_INTERFACE__ATTACHMENT_BRIDGE_DOMAIN)
		it->bridge_domain = kind_id(KIND(BRIDGE_DOMAIN), wanted->bridge_domain);
	it->enabled = wanted->enabled;
	it->ip[IP_V4] = wanted->ipv4;
	it->ip[IP_V6] = wanted->ipv6;
	it->mtu = wanted->mtu != 0 ? (uint16_t)wanted->mtu : default_mtu(g, it);
	it->redirects = !wanted->icmp_redirects_off;
	it->unreachables = !wanted->icmp_unreachables_off;
	it->reachable_seconds = wanted->neighbour_reachable_seconds != 0 ? wanted->neighbour_reachable_seconds
									 : DEFAULT_REACHABLE_SECONDS;
	it->neighbour_limit = wanted->neighbour_limit;
	it->dad_transmits = wanted->dad_transmits;
	it->live->mac_configured = wanted->mac.len != 0;
	if (wanted->mac.len != 0) memcpy(&it->live->mac, wanted->mac.data, sizeof(it->live->mac));
	rc = fill_features(g, it, wanted);
	if (rc < 0 || (rc = tap_change(g, &it->tap, it->id, wanted->tap)) < 0) return rc;
	return fill_addresses(g, it, wanted);
}

static int interface_build(struct generation *g, struct change *change)
{
	const Sluice__Api__L3Interface *wanted = change->after->operation->set_l3_interface;
	const struct l3_interface *old = NULL;
	struct l3_interface *it = NULL;
	int rc;

	if (change->before == NULL) {
		rc = interface_new(g, change, &it);
		if (rc < 0) return rc;
	} else {
		old = dataplane_interface(generation_before(g), change->object->id);
		it = generation_interface(g, change->object->id);
		if (it == NULL) return -ENOMEM;
		if (attached(g, old) && (rc = attach(g, old, 0)) < 0) return rc;
	}
	rc = fill(g, it, wanted);
	if (rc < 0 || (rc = attach(g, it, it->id)) < 0) return rc;
	if ((rc = generation_on_commit(g, effective, it)) < 0) return rc;
	return STAGES_ASK(l3_interface, g, old, it);
}

static int interface_remove(struct generation *g, struct change *change)
{
	const struct l3_interface *old = dataplane_interface(generation_next(g), change->object->id);
	struct tap *gone = old->tap;
	int rc = STAGES_ASK(l3_interface, g, old, NULL);

	if (rc < 0 || (attached(g, old) && (rc = attach(g, old, 0)) < 0)) return rc;
	for (unsigned v = 0; v < IP_VERSIONS; v++)
		generation_retire(g, old->ip_counters[v]);
	generation_retire(g, old->counters);
	generation_retire(g, old->addresses);
	generation_retire(g, old);
	rc = generation_map_set(g, &generation_root(g)->interfaces, old->id, NULL);
	if (rc < 0 || (rc = generation_on_commit(g, live_free, old->live)) < 0) return rc;
	if ((rc = tap_change(g, &gone, old->id, NULL)) < 0) return rc;
	return kind_give_id(g, &ids, old->id);
}

// ---------------------------------------------------------------- state

static int interface_state(struct arena *arena, const struct object *object, const struct version *version,
			   Sluice__Api__QueryReply *part)
{
	const struct l3_interface *it = dataplane_interface(dataplane_current(), object->id);
	Sluice__Api__L3InterfaceState *state = arena_alloc(arena, sizeof(*state));
	uint64_t drops[MAX_DROP_REASONS] = {0}, totals[2] = {0, 0}, malformed = 0;

	if (state == NULL) return -ENOMEM;
	*state = (Sluice__Api__L3InterfaceState)SLUICE__API__L3_INTERFACE_STATE__INIT;
	state->name = object->name;
	state->link = (Sluice__Api__LinkState)it->live->link;
	state->mac.len = sizeof(it->live->mac);
	state->mac.data = it->live->mac.addr_bytes;
	state->counters_since_ns = it->since_ns;
	for (unsigned w = 0; w < worker_count; w++) {
		const struct interface_counters *c = &it->counters[w];

		state->in_packets += c->in_packets;
		state->in_octets += c->in_octets;
		state->out_packets += c->out_packets;
		state->out_octets += c->out_octets;
		for (unsigned r = 0; r < drop_reason_count(); r++)
			drops[r] += c->drops[r];
	}
	if (state_drops(arena, drops, &state->n_drops, &state->drops, totals, &malformed) < 0) return -ENOMEM;
	state->ipv4 = state_ip_statistics(arena, it->ip_counters[IP_V4]);
	state->ipv6 = state_ip_statistics(arena, it->ip_counters[IP_V6]);
	if (state->ipv4 == NULL || state->ipv6 == NULL) return -ENOMEM;
	// A list with room for what the stages fill in: the addresses' status, the automatic one.
	state->addresses = arena_alloc(arena, (it->address_count + 1) * sizeof(Sluice__Api__InterfaceAddressState *));
	Sluice__Api__InterfaceAddressState *addresses =
		arena_alloc(arena, (it->address_count + 1) * sizeof(*addresses));
	if (state->addresses == NULL || addresses == NULL) return -ENOMEM;
	for (uint32_t i = 0; i <= it->address_count; i++) {
		addresses[i] = (Sluice__Api__InterfaceAddressState)SLUICE__API__INTERFACE_ADDRESS_STATE__INIT;
		state->addresses[i] = &addresses[i];
		if (i == it->address_count) break;
		addresses[i].address.len = it->addresses[i].version == IP_V4 ? 4 : 16;
		addresses[i].address.data = (uint8_t *)(uintptr_t)it->addresses[i].address.bytes;
		addresses[i].prefix_length = it->addresses[i].prefix_length;
		state->n_addresses++;
	}
	STAGES_CALL(l3_interface_state, it, state);
	part->l3_interfaces[part->n_l3_interfaces++] = state;
	return 0;
}

static struct object_kind interface_kind = {
	.kind = SLUICE__API__OBJECT_KIND__KIND_L3_INTERFACE,
	.set = SLUICE__API__OPERATION__OP_SET_L3_INTERFACE,
	.query = SLUICE__API__QUERY__WHAT_L3_INTERFACES,
	.label = "l3-interface",
	.longest_name = NAME_SIZE - 1,
	.order = KIND_ORDER_INTERFACE,
	.name = interface_name,
	.check = interface_check,
	.references = interface_references,
	.claim = interface_claim,
	.build = interface_build,
	.remove = interface_remove,
	.state = interface_state,
};
KIND_REGISTER(interface_kind);

RTE_FINI(interface_ids_free)
{
	id_pool_free(&ids);
}
