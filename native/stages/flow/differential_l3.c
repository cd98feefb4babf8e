// Routed interfaces on ports and VLANs, and routers' ports of two bridge domains, in two VRFs with the same addresses;
// routes over several next hops, access lists, policers, reverse path checks, neighbours.
#include "../acl/acl.h"
#include "../neighbour/table.h"
#include "../policer/policer.h"
#include "differential.h"

#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name

#define GROUPS   4 // of each VRF and version
#define PREFIXES 8 // that may have a route

const char *const l3_port_names[ROUTED_PORTS] = {"q0", "q1"};

#define ROUTED(n, v, s, p, id)                                                                                         \
	{                                                                                                              \
		.name = n, .vrf = v, .subnet = s, .port = p, .vid = id, .tenant = -1                                   \
	}
#define BRIDGED(n, v, s, t)                                                                                            \
	{                                                                                                              \
		.name = n, .vrf = v, .subnet = s, .port = -1, .tenant = t                                              \
	}

struct test_interface test_interface[INTERFACES] = {
	ROUTED("r0", 0, 0, 0, 0),  ROUTED("r1", 1, 0, 0, 10), ROUTED("r2", 0, 1, 0, 20), ROUTED("r3", 0, 2, 1, 0),
	ROUTED("r4", 1, 2, 1, 10), BRIDGED("i0", 0, 3, 2),    BRIDGED("i1", 1, 3, 0),
};

static const char *const vrf_names[VRFS] = {"v0", "v1"};

// Nested, so that a change of one uncovers or hides another.
static const char *const prefixes[2][PREFIXES] = {
	{"0.0.0.0/0", "20.0.0.0/8", "20.1.0.0/16", "20.1.1.0/24", "20.1.1.128/25", "20.1.1.1/32", "10.0.1.8/29",
	 "20.2.0.0/17"},
	{"::/0", "2002::/16", "2002:1::/32", "2002:1:1::/48", "2002:1:1::/64", "2002:1:1::1/128", "2001:db8:1::8/125",
	 "2002:2::/33"},
};

static bool routed[VRFS][2][PREFIXES], fixed[INTERFACES][HOSTS][2];
static bool down[INTERFACES], blocked[ROUTED_PORTS][3], port_down[ROUTED_PORTS];
static const int vids[3] = {0, 10, 20};

void set_text(char **place, const char *name)
{
	// What it points to so far is protobuf-c's empty string.
	*place = strdup(name);
}

// ---------------------------------------------------------------- interfaces

static const char *list_of(const struct test_interface *it, unsigned which)
{
	return it->acl[which] < 0 ? "" : name_of("list", which % 2, (unsigned)it->acl[which]);
}

static void set_interface(unsigned number)
{
	const struct test_interface *it = &test_interface[number];
	char addresses[200];
	unsigned s = it->subnet;
	Sluice__Api__Operation *operation;
	Sluice__Api__L3Interface *wanted;

	snprintf(addresses, sizeof(addresses), "10.0.%u.1/24 2001:db8:%u::1/64%s", s, s,
		 it->second_address ? " 20.1.1.2/32" : "");
	operation = op_l3_interface(it->name, vrf_names[it->vrf], it->tenant < 0 ? name_of("rlp", number, 0) : "",
				    it->tenant < 0 ? "" : name_of("bd", (unsigned)it->tenant, 0), addresses);
	operation = op_with_mac(operation, (uint8_t)(number * 16 + it->mac));
	wanted = operation->set_l3_interface;
	wanted->enabled = !it->disabled;
	wanted->icmp_redirects_off = it->redirects_off;
	wanted->icmp_unreachables_off = it->unreachables_off;
	wanted->urpf_ipv4 = (Sluice__Api__UnicastRpf)it->urpf[0];
	wanted->urpf_ipv6 = (Sluice__Api__UnicastRpf)it->urpf[1];
	wanted->mtu = it->mtu;
	set_text(&wanted->acl_in_ipv4, list_of(it, 0));
	set_text(&wanted->acl_in_ipv6, list_of(it, 1));
	set_text(&wanted->acl_out_ipv4, list_of(it, 2));
	set_text(&wanted->acl_out_ipv6, list_of(it, 3));
	if (it->policer[0] >= 0) set_text(&wanted->policer_in, name_of("policer", (unsigned)it->policer[0], 0));
	if (it->policer[1] >= 0) set_text(&wanted->policer_out, name_of("policer", (unsigned)it->policer[1], 0));
	attempt(operation);
}

static void set_routed_port(unsigned number)
{
	const struct test_interface *it = &test_interface[number];
	Sluice__Api__Operation *operation =
		op_logical_port(name_of("rlp", number, 0), l3_port_names[it->port], (unsigned)it->vid, "");

	operation->set_logical_port->enabled = !down[number];
	apply(operation);
}

static void change_interface(void)
{
	unsigned number = below(INTERFACES), which = below(4), end = below(2);
	struct test_interface *it = &test_interface[number];

	switch (below(10)) {
	case 0:
		it->disabled = !it->disabled;
		break;
	case 1:
		it->mtu = (unsigned[]){0, 1280, 1400}[below(3)];
		break;
	case 2:
		it->urpf[end] = below(3);
		break;
	case 3:
	case 4:
	case 5:
		it->acl[which] = (int)below(LISTS + 1) - 1;
		break;
	case 6:
		it->policer[end] = (int)below(POLICERS + 1) - 1;
		break;
	case 7:
		it->mac ^= 1;
		break;
	case 8:
		if (end == 0)
			it->redirects_off = !it->redirects_off;
		else
			it->unreachables_off = !it->unreachables_off;
		break;
	default:
		it->second_address = !it->second_address;
	}
	set_interface(number);
}

// ---------------------------------------------------------------- routes and neighbours

// One to three hosts of the VRF's interfaces, by their interface or by the routes; or nowhere.
static void set_group(unsigned vrf, unsigned version, unsigned number)
{
	char hops[256] = "", hop[80], address[48];
	unsigned count = below(8) == 0 ? 0 : 1 + below(3);

	for (unsigned n = 0; n < count;) {
		unsigned i = below(INTERFACES), host = below(HOSTS);

		if (test_interface[i].vrf != vrf) continue;
		if (version == 0)
			snprintf(address, sizeof(address), "10.0.%u.%u", test_interface[i].subnet, 10 + host);
		else
			snprintf(address, sizeof(address), "2001:db8:%u::%x", test_interface[i].subnet, 10 + host);
		n++;
		// No hop twice in one group.
		if (strstr(hops, address) != NULL) continue;
		snprintf(hop, sizeof(hop), "%s%s%s%s", hops[0] != '\0' ? " " : "", address, below(4) == 0 ? "" : "@",
			 "");
		if (strchr(hop, '@') != NULL) strcat(hop, test_interface[i].name);
		strcat(hops, hop);
	}
	attempt(op_next_hop_group(name_of(version == 0 ? "four" : "six", vrf, number), vrf_names[vrf],
				  hops[0] != '\0' ? hops : "blackhole"));
}

static void change_route(void)
{
	unsigned vrf = below(VRFS), version = below(2), which = below(PREFIXES);
	const char *prefix = prefixes[version][which];

	if (routed[vrf][version][which] && below(2) == 0) {
		if (attempt(op_delete_route(vrf_names[vrf], prefix))) routed[vrf][version][which] = false;
	} else if (attempt(op_route(vrf_names[vrf], prefix,
				    name_of(version == 0 ? "four" : "six", vrf, below(GROUPS))))) {
		routed[vrf][version][which] = true;
	}
}

static void change_static_neighbour(void)
{
	unsigned i = below(INTERFACES), host = below(HOSTS), version = below(2), s = test_interface[i].subnet;
	char address[48], name[100];

	if (version == 0)
		snprintf(address, sizeof(address), "10.0.%u.%u", s, 10 + host);
	else
		snprintf(address, sizeof(address), "2001:db8:%u::%x", s, 10 + host);
	snprintf(name, sizeof(name), "%s/%s", test_interface[i].name, address);
	if (fixed[i][host][version] && below(2) == 0) {
		apply(op_delete(KIND(STATIC_NEIGHBOUR), name));
		fixed[i][host][version] = false;
	} else {
		apply(op_static_neighbour(test_interface[i].name, address, (uint8_t)(0x80 + below(4))));
		fixed[i][host][version] = true;
	}
}

static void change_host(void)
{
	unsigned i = below(INTERFACES), host = below(HOSTS);
	struct test_host *it = &test_host[i][host];

	// One at a time: while one is dead packets come alone, which takes longer.
	for (unsigned k = 0; k < INTERFACES * HOSTS; k++)
		if (test_host[k / HOSTS][k % HOSTS].dead) it = &test_host[k / HOSTS][k % HOSTS];
	if (it->dead || below(4) == 0) {
		it->dead = !it->dead;
		// Long enough, sometimes, for the router to notice that it does not answer.
		hosts_wait(below(2) == 0 ? 1 : 10 + below(40));
	} else {
		it->mac = (it->mac + 1) % 4;
		hosts_say();
	}
}

static void change_port(void)
{
	unsigned port = below(ROUTED_PORTS), which = below(3), number = below(INTERFACES);
	const char *block = name_of("rblock", port, which);
	Sluice__Api__Operation *operation;

	switch (below(4)) {
	case 0:
	case 1:
		apply(blocked[port][which] ? op_delete(KIND(BLOCK_POINT), block)
					   : op_block_point(block, l3_port_names[port], (unsigned)vids[which]));
		blocked[port][which] = !blocked[port][which];
		break;
	case 2:
		if (test_interface[number].tenant >= 0) break;
		down[number] = !down[number];
		set_routed_port(number);
		break;
	default:
		operation = router_port(l3_port_names[port]);
		port_down[port] = !port_down[port] && below(2) == 0;
		operation->set_port->enabled = !port_down[port];
		operation->set_port->mtu = below(2) == 0 ? 0 : 1300;
		apply(operation);
	}
}

void l3_change(void)
{
	switch (hosts_any_dead() ? 5 + below(5) : below(12)) {
	case 0:
	case 1:
	case 2:
		change_route();
		break;
	case 3:
		set_group(below(VRFS), below(2), below(GROUPS));
		break;
	case 4:
		l3_set_list(below(2), below(LISTS));
		break;
	case 5:
		l3_set_policer(below(POLICERS));
		break;
	case 6:
		change_static_neighbour();
		break;
	case 7:
		change_host();
		break;
	case 8:
		change_port();
		break;
	case 9:
		hosts_wait(1 + below(8));
		break;
	default:
		change_interface();
	}
}

void l3_repair(void)
{
	for (unsigned port = 0; port < ROUTED_PORTS; port++) {
		for (unsigned which = 0; which < 3; which++) {
			if (blocked[port][which]) apply(op_delete(KIND(BLOCK_POINT), name_of("rblock", port, which)));
			blocked[port][which] = false;
		}
		apply(router_port(l3_port_names[port]));
		port_down[port] = false;
	}
	for (unsigned i = 0; i < INTERFACES; i++) {
		if (down[i]) {
			down[i] = false;
			set_routed_port(i);
		}
		for (unsigned host = 0; host < HOSTS; host++)
			test_host[i][host].dead = false;
	}
}

void l3_configure(void)
{
	for (unsigned p = 0; p < ROUTED_PORTS; p++)
		apply(router_port(l3_port_names[p]));
	for (unsigned v = 0; v < VRFS; v++)
		apply(op_vrf(vrf_names[v]));
	for (unsigned n = 0; n < POLICERS; n++)
		l3_set_policer(n);
	for (unsigned version = 0; version < 2; version++)
		for (unsigned n = 0; n < LISTS; n++)
			l3_set_list(version, n);
	for (unsigned i = 0; i < INTERFACES; i++) {
		struct test_interface *it = &test_interface[i];

		for (unsigned n = 0; n < 4; n++)
			it->acl[n] = n < 2 && i % 2 == 0 ? (int)below(LISTS) : -1;
		it->policer[0] = i == 2 ? 0 : -1;
		it->policer[1] = -1;
		if (it->tenant < 0) set_routed_port(i);
		set_interface(i);
	}
	for (unsigned vrf = 0; vrf < VRFS; vrf++)
		for (unsigned version = 0; version < 2; version++)
			for (unsigned n = 0; n < GROUPS; n++)
				set_group(vrf, version, n);
	for (unsigned n = 0; n < 20; n++)
		change_route();
	hosts_wait(5);
}

// ---------------------------------------------------------------- what is compared

static void list_values(const struct acl *acl)
{
	if (acl == NULL) return;
	for (uint32_t i = 0; i < acl->count; i++) {
		const struct acl_count *count = acl_count_of(acl, acl->rules[i].counter, 0);

		numbers(acl->name, acl->rules[i].name, count, sizeof(*count));
	}
	numbers(acl->name, "unmatched", &acl->counters->unmatched[0].count, sizeof(struct acl_count));
}

static void policer_values(const struct policer *policer)
{
	if (policer != NULL) numbers(policer->name, "policer", &policer->counters[0], sizeof(policer->counters[0]));
}

static void neighbour_values(void)
{
	for (uint32_t id = 1; id <= adjacency_highest(); id++) {
		const struct adjacency *it = adjacency_of(id);
		uint64_t header[2] = {0};

		if (it == NULL) continue;
		memcpy(header, it->header, sizeof(it->header));
		numbers("neighbour", "address", &it->address, sizeof(it->address));
		numbers("neighbour", "header", header, sizeof(header));
		value("neighbour", "complete", it->complete);
	}
}

void l3_values(void)
{
	const struct dataplane *dp = dataplane_current();

	for (uint32_t id = 1; id < 64; id++) {
		const struct l3_interface *it = dataplane_interface(dp, id);
		const struct vrf *vrf = dataplane_vrf(dp, id);

		for (unsigned v = 0; vrf != NULL && v < IP_VERSIONS; v++)
			numbers(vrf->name, v == 0 ? "ipv4" : "ipv6", &vrf->counters[v][0], sizeof(struct ip_counters));
		if (it == NULL) continue;
		numbers(it->name, "in and out", &it->counters[0], offsetof(struct interface_counters, drops));
		drop_values(it->name, it->counters[0].drops);
		for (unsigned v = 0; v < IP_VERSIONS; v++) {
			numbers(it->name, v == 0 ? "ipv4" : "ipv6", &it->ip_counters[v][0], sizeof(struct ip_counters));
			list_values(it->acl_in[v]);
			list_values(it->acl_out[v]);
		}
		policer_values(it->policer_in);
		policer_values(it->policer_out);
	}
	neighbour_values();
}
