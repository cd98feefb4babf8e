// Routes through real transactions: what packets see after each is compared with what a list of all that was said
// comes to.
#include <arpa/inet.h>
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../api/query.h"
#include "../../api/transaction.h"
#include "../../testing/applied.h"
#include "../../testing/random.h"
#include "../neighbour/neighbour.h"
#include "rib.h"

#define PREFIXES 60
#define GROUPS   8

static uint64_t state;

static uint64_t draw(void)
{
	return random_bits(&state);
}

static const struct vrf *vrf_called(const char *name)
{
	const struct object *object = store_find(SLUICE__API__OBJECT_KIND__KIND_VRF, name);

	return dataplane_vrf(dataplane_current(), object->id);
}

static const struct next_hop_set *look_up(const char *vrf, const char *address)
{
	uint8_t bytes[16] = {0};
	const uint8_t *pointer = bytes;
	uint32_t v4, set;

	if (strchr(address, ':') != NULL) {
		assert_int_equal(inet_pton(AF_INET6, address, bytes), 1);
		fib6_lookup(vrf_called(vrf)->fib[IP_V6], &pointer, &set, 1);
	} else {
		assert_int_equal(inet_pton(AF_INET, address, &v4), 1);
		fib4_lookup(vrf_called(vrf)->fib[IP_V4], &v4, &set, 1);
	}
	return next_hop_set_of(set);
}

static void assert_kind(const char *address, enum next_hop_kind kind)
{
	assert_int_equal(look_up("v", address)->hop[0].kind, kind);
}

static void assert_neighbour(const char *address, const char *gateway)
{
	const struct next_hop_set *set = look_up("v", address);
	char text[64];

	assert_int_equal(set->hop[0].kind, NEXT_HOP_ADJACENCY);
	const struct adjacency *adjacency = adjacency_of(set->hop[0].adjacency);
	assert_non_null(adjacency);
	inet_ntop(adjacency->version == IP_V4 ? AF_INET : AF_INET6, adjacency->address.bytes, text, sizeof(text));
	assert_string_equal(text, gateway);
}

static void refuses(const struct api_error *error, Sluice__Api__ErrorCode code, const char *object)
{
	assert_non_null(error);
	assert_int_equal(error->code, code);
	assert_string_equal(error->object, object);
}

static Sluice__Api__Operation *op_delete_group(const char *name)
{
	return op_delete(SLUICE__API__OBJECT_KIND__KIND_NEXT_HOP_GROUP, name);
}

// ---------------------------------------------------------------- the scene: VRF v with interfaces a and b

static int scene(void **unused)
{
	applied(router_apply(router_port("pa"), router_port("pb"), op_logical_port("la", "pa", 0, ""),
			     op_logical_port("lb", "pb", 0, ""), op_vrf("v"),
			     op_l3_interface("a", "v", "la", "", "10.0.1.1/24 2001:db8:1::1/64"),
			     op_l3_interface("b", "v", "lb", "", "10.0.2.1/24"), NULL));
	return 0;
}

static int clear(void **unused)
{
	applied(router_apply_list(NULL, 0, true));
	return 0;
}

static void interfaces_make_routes(void **unused)
{
	assert_kind("10.0.1.1", NEXT_HOP_LOCAL);
	assert_kind("10.0.1.7", NEXT_HOP_GLEAN);
	assert_kind("10.0.1.255", NEXT_HOP_BLACKHOLE);
	assert_kind("10.0.3.1", NEXT_HOP_NO_ROUTE);
	assert_kind("2001:db8:1::1", NEXT_HOP_LOCAL);
	assert_kind("2001:db8:1::99", NEXT_HOP_GLEAN);
	assert_int_equal(look_up("v", "10.0.2.9")->hop[0].interface,
			 store_find(SLUICE__API__OBJECT_KIND__KIND_L3_INTERFACE, "b")->id);
	// Another address: the old subnet's routes go.
	applied(router_apply(op_l3_interface("a", "v", "la", "", "10.0.9.1/24"), NULL));
	assert_kind("10.0.1.7", NEXT_HOP_NO_ROUTE);
	assert_kind("10.0.1.1", NEXT_HOP_NO_ROUTE);
	assert_kind("10.0.9.7", NEXT_HOP_GLEAN);
	assert_kind("2001:db8:1::1", NEXT_HOP_NO_ROUTE);
}

static void neighbours_have_host_routes(void **unused)
{
	struct ip_address address = {{10, 0, 1, 7}};
	uint32_t vrf = vrf_called("v")->id, id;
	uint32_t a = store_find(SLUICE__API__OBJECT_KIND__KIND_L3_INTERFACE, "a")->id;

	assert_int_equal(adjacency_take(a, IP_V4, &address, &id), 0);
	assert_int_equal(fib_set_neighbour(vrf, IP_V4, &address, a, id), 0);
	assert_neighbour("10.0.1.7", "10.0.1.7");
	assert_kind("10.0.1.8", NEXT_HOP_GLEAN);
	fib_delete_neighbour(vrf, IP_V4, &address, a);
	assert_kind("10.0.1.7", NEXT_HOP_GLEAN);
	assert_int_equal(fib_set_neighbour(vrf, IP_V4, &address, a, id), 0);
	applied(router_apply(op_l3_interface("a", "v", "la", "", "10.0.9.1/24"), NULL));
	adjacency_give(id);
}

static void gateways_are_found_by_routes(void **unused)
{
	applied(router_apply(op_next_hop_group("direct", "v", "10.0.1.2@a"),
			     op_next_hop_group("far", "v", "172.16.0.1"),
			     op_next_hop_group("farther", "v", "192.168.0.1"), op_route("v", "50.0.0.0/8", "farther"),
			     op_route("v", "192.168.0.0/16", "far"), NULL));
	// Nothing leads to 172.16.0.1 yet.
	assert_kind("50.1.1.1", NEXT_HOP_NO_ROUTE);
	assert_kind("192.168.0.1", NEXT_HOP_NO_ROUTE);
	applied(router_apply(op_route("v", "172.16.0.0/12", "direct"), NULL));
	assert_neighbour("172.16.0.1", "10.0.1.2");
	assert_neighbour("192.168.7.7", "10.0.1.2");
	assert_neighbour("50.1.1.1", "10.0.1.2");
	// A longer route to the gateway takes over, and gives back.
	applied(router_apply(op_next_hop_group("other", "v", "10.0.2.2@b"), op_route("v", "172.16.0.0/24", "other"),
			     NULL));
	assert_neighbour("50.1.1.1", "10.0.2.2");
	assert_neighbour("172.17.0.1", "10.0.1.2");
	applied(router_apply(op_delete_route("v", "172.16.0.0/24"), NULL));
	assert_neighbour("50.1.1.1", "10.0.1.2");
	// The group's next hop changes: no route does, and all follow.
	applied(router_apply(op_next_hop_group("direct", "v", "10.0.1.3@a"), NULL));
	assert_neighbour("50.1.1.1", "10.0.1.3");
	// To a subnet: the gateway is the neighbour.
	applied(router_apply(op_next_hop_group("far", "v", "10.0.2.77"), NULL));
	assert_neighbour("50.1.1.1", "10.0.2.77");
	// And to a blackhole.
	applied(router_apply(op_next_hop_group("hole", "v", "blackhole"), op_route("v", "192.168.0.1/32", "hole"),
			     NULL));
	assert_kind("50.1.1.1", NEXT_HOP_BLACKHOLE);
}

static void loops_lead_nowhere(void **unused)
{
	// Each by the other, and one by itself.
	applied(router_apply(op_next_hop_group("x", "v", "60.0.0.1"), op_next_hop_group("y", "v", "70.0.0.1"),
			     op_next_hop_group("z", "v", "80.0.0.1"), op_route("v", "70.0.0.0/8", "x"),
			     op_route("v", "60.0.0.0/8", "y"), op_route("v", "80.0.0.0/8", "z"), NULL));
	assert_kind("60.1.1.1", NEXT_HOP_NO_ROUTE);
	assert_kind("70.1.1.1", NEXT_HOP_NO_ROUTE);
	assert_kind("80.1.1.1", NEXT_HOP_NO_ROUTE);
	// With a shorter way out the loop is none.
	applied(router_apply(op_next_hop_group("out", "v", "10.0.1.2@a"), op_route("v", "0.0.0.0/0", "out"), NULL));
	assert_neighbour("60.1.1.1", "10.0.1.2");
	assert_neighbour("80.1.1.1", "10.0.1.2");
	applied(router_apply(op_delete_route("v", "0.0.0.0/0"), NULL));
	assert_kind("60.1.1.1", NEXT_HOP_NO_ROUTE);
	// A chain of more than eight is too long.
	for (unsigned i = 0; i < 12; i++) {
		char name[8], gateway[32], prefix[32];

		snprintf(name, sizeof(name), "c%u", i);
		snprintf(gateway, sizeof(gateway), i == 0 ? "10.0.1.2@a" : "100.%u.0.1", i - 1);
		snprintf(prefix, sizeof(prefix), "100.%u.0.0/16", i);
		applied(router_apply(op_next_hop_group(name, "v", gateway), op_route("v", prefix, name), NULL));
	}
	assert_neighbour("100.8.0.1", "10.0.1.2");
	assert_kind("100.11.0.1", NEXT_HOP_NO_ROUTE);
}

static void an_interface_that_is_off_loses_its_ways(void **unused)
{
	applied(router_apply(op_next_hop_group("two", "v", "10.0.1.2@a 10.0.2.2@b"),
			     op_next_hop_group("one", "v", "10.0.1.2@a"), op_next_hop_group("last", "v", "blackhole"),
			     op_route("v", "20.0.0.0/8", "two"), op_route("v", "30.0.0.0/8", "one"),
			     op_route("v", "0.0.0.0/0", "last"), NULL));
	assert_int_equal(look_up("v", "20.1.1.1")->hops, 2);
	Sluice__Api__Operation *off = op_l3_interface("a", "v", "la", "", "10.0.1.1/24");
	off->set_l3_interface->enabled = false;
	applied(router_apply(off, NULL));
	assert_int_equal(look_up("v", "20.1.1.1")->hops, 1);
	assert_neighbour("20.1.1.1", "10.0.2.2");
	assert_kind("30.1.1.1", NEXT_HOP_BLACKHOLE);
	assert_kind("10.0.1.7", NEXT_HOP_BLACKHOLE);
	applied(router_apply(op_l3_interface("a", "v", "la", "", "10.0.1.1/24"), NULL));
	assert_int_equal(look_up("v", "20.1.1.1")->hops, 2);
	assert_neighbour("30.1.1.1", "10.0.1.2");
}

static void what_routes_use_stays(void **unused)
{
	applied(router_apply(op_next_hop_group("g", "v", "blackhole"), op_route("v", "20.0.0.0/8", "g"), NULL));
	refuses(router_apply(op_delete_group("g"), NULL), SLUICE__API__ERROR_CODE__ERROR_CONFLICT, "next-hop-group:g");
	assert_kind("20.1.1.1", NEXT_HOP_BLACKHOLE);
	refuses(router_apply(op_route("v", "21.0.0.0/8", "none"), NULL), SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND,
		"next-hop-group:none");
	refuses(router_apply(op_route("w", "21.0.0.0/8", "g"), NULL), SLUICE__API__ERROR_CODE__ERROR_NOT_FOUND,
		"vrf:w");
	refuses(router_apply(op_route("v", "21.0.0.1/8", "g"), NULL), SLUICE__API__ERROR_CODE__ERROR_INVALID, "vrf:v");
	// With its routes it may go; and a route that moves to it and is deleted in the same breath leaves nothing.
	applied(router_apply(op_route("v", "22.0.0.0/8", "g"), op_delete_route("v", "22.0.0.0/8"),
			     op_delete_route("v", "20.0.0.0/8"), op_delete_group("g"), NULL));
	assert_kind("20.1.1.1", NEXT_HOP_NO_ROUTE);
	// A limit that is too low refuses all.
	Sluice__Api__Operation *limited = op_vrf("v");
	limited->set_vrf->route_limit = 1;
	applied(router_apply(limited, op_next_hop_group("g", "v", "blackhole"), NULL));
	refuses(router_apply(op_route("v", "20.0.0.0/8", "g"), op_route("v", "21.0.0.0/8", "g"), NULL),
		SLUICE__API__ERROR_CODE__ERROR_RESOURCE, "vrf:v");
	assert_kind("20.1.1.1", NEXT_HOP_NO_ROUTE);
}

// ---------------------------------------------------------------- random, two owners

static const char *const owners[] = {"test", "other"};

struct said {
	bool is_there;
	unsigned group, preference;
};

static struct said said[2][PREFIXES];
static struct said before_abort[2][PREFIXES];

static void prefix_text(unsigned i, char text[64])
{
	// One in the other: 40.0.0.0/6, /7, … and their like in IPv6.
	unsigned length = 6 + i % 20;

	if (i % 2 == 0)
		snprintf(text, 64, "%u.%u.0.0/%u", 40 + (i / 20) * 4, length > 16 ? 0u : 0u, length);
	else
		snprintf(text, 64, "%x00::/%u", 0x40 + (i / 20) * 4, length);
}

// The kind of the group: what tells them apart.
static const char *const group_hops[GROUPS] = {
	"blackhole", "@a", "10.0.1.2@a", "@b", "10.0.2.2@b", "10.0.1.3@a 10.0.2.3@b", "10.0.1.4@a", "blackhole"};

static uint32_t group_id(unsigned owner, unsigned group)
{
	char name[32];

	snprintf(name, sizeof(name), "%s-g%u", owners[owner], group);
	return store_find(SLUICE__API__OBJECT_KIND__KIND_NEXT_HOP_GROUP, name)->id;
}

static void compare(void)
{
	for (unsigned i = 0; i < PREFIXES; i++) {
		char text[64], *slash;
		uint32_t expected = 0;
		int best_length = -1;

		prefix_text(i, text);
		slash = strchr(text, '/');
		*slash = '\0';
		unsigned own_length = (unsigned)atoi(slash + 1);
		// All prefixes of the same family and first byte cover the base address.
		for (unsigned k = 0; k < PREFIXES; k++) {
			int length = 6 + (int)(k % 20);
			const struct said *one = &said[0][k], *two = &said[1][k], *best;

			if (k % 2 != i % 2 || k / 20 != i / 20 || length < best_length) continue;
			if (!one->is_there && !two->is_there) continue;
			// Of the same preference "other" comes before "test".
			best = !two->is_there || (one->is_there && one->preference < two->preference) ? one : two;
			expected = group_id(best == one ? 0 : 1, best->group);
			best_length = length;
		}
		(void)own_length;
		assert_int_equal(look_up("v", text)->id, expected);
	}
}

static struct transaction *begin(unsigned owner, bool replay)
{
	struct api_error error = {0};
	struct transaction *t = transaction_begin(store_owner(owners[owner]), replay, &error);

	assert_non_null(t);
	return t;
}

static void add(struct transaction *t, Sluice__Api__Operation *operation)
{
	Sluice__Api__Operations message = SLUICE__API__OPERATIONS__INIT;
	struct api_error error = {0};

	message.n_operations = 1;
	message.operations = &operation;
	assert_int_equal(transaction_add(t, &message, 0, &error), 0);
}

static void add_groups(struct transaction *t, unsigned owner)
{
	for (unsigned g = 0; g < GROUPS; g++) {
		char name[32];

		snprintf(name, sizeof(name), "%s-g%u", owners[owner], g);
		add(t, op_next_hop_group(name, "v", group_hops[g]));
	}
}

static void say(struct transaction *t, unsigned owner, unsigned i)
{
	struct said *it = &said[owner][i];
	char prefix[64], name[32];

	prefix_text(i, prefix);
	if (!it->is_there) {
		add(t, op_delete_route("v", prefix));
		return;
	}
	snprintf(name, sizeof(name), "%s-g%u", owners[owner], it->group);
	Sluice__Api__Operation *operation = op_route("v", prefix, name);
	operation->set_routes->set[0]->preference = it->preference;
	add(t, operation);
}

static void finish(struct transaction *t, bool commit)
{
	Sluice__Api__CommitReply reply = SLUICE__API__COMMIT_REPLY__INIT;
	struct api_error error = {0};

	if (transaction_prepare(t, &error) < 0) fail_msg("%s: %s", error.object, error.message);
	if (commit)
		transaction_commit(t, &reply);
	else
		transaction_abort(t);
}

static void as_said(void **unused)
{
	struct transaction *t;

	state = random_seed();
	for (unsigned owner = 0; owner < 2; owner++) {
		t = begin(owner, false);
		add_groups(t, owner);
		finish(t, true);
	}
	memset(said, 0, sizeof(said));
	for (unsigned round = 0; round < 300; round++) {
		unsigned owner = draw() % 2, count = (unsigned)(draw() % 20);
		// A replay of the other one says its groups and routes again; the first one has the scene besides.
		bool replay = owner == 1 && draw() % 4 == 0, commit = draw() % 4 != 0;

		memcpy(before_abort, said, sizeof(said));
		t = begin(owner, replay);
		if (replay) {
			add_groups(t, owner);
			for (unsigned i = 0; i < PREFIXES; i++) {
				if (draw() % 4 == 0) said[owner][i].is_there = false;
				if (said[owner][i].is_there) say(t, owner, i);
			}
		}
		for (unsigned k = 0; k < count; k++) {
			unsigned i = draw() % PREFIXES;

			said[owner][i] = (struct said){draw() % 3 != 0, draw() % GROUPS, (unsigned)(draw() % 3)};
			say(t, owner, i);
		}
		finish(t, commit);
		if (!commit) memcpy(said, before_abort, sizeof(said));
		compare();
	}
	t = begin(1, true);
	finish(t, true);
	memset(said[1], 0, sizeof(said[1]));
	compare();
}

// ---------------------------------------------------------------- queries

static void queries_tell(void **unused)
{
	Sluice__Api__Query what = SLUICE__API__QUERY__INIT;
	Sluice__Api__RouteQuery wanted = SLUICE__API__ROUTE_QUERY__INIT;
	struct api_error error = {0};
	Sluice__Api__QueryReply part;
	struct arena arena = {0};
	uint8_t address[4] = {20, 1, 1, 1};
	char vrf[] = "v";

	applied(router_apply(op_next_hop_group("g", "v", "10.0.1.2@a"), op_route("v", "20.0.0.0/8", "g"), NULL));
	what.what_case = SLUICE__API__QUERY__WHAT_ROUTES;
	what.routes = &wanted;
	wanted.vrf = vrf;
	wanted.own = true;
	struct query *query = query_new(store_owner("test"), &what, &error);
	assert_non_null(query);
	assert_int_equal(query_part(query, &arena, &part), 0);
	assert_true(part.last);
	assert_int_equal(part.n_routes, 1);
	assert_string_equal(part.routes[0]->next_hop_group, "g");
	assert_true(part.routes[0]->active);
	query_free(query);
	wanted.own = false;
	query = query_new(store_owner("test"), &what, &error);
	assert_int_equal(query_part(query, &arena, &part), 0);
	// Three for each IPv4 address, two for the IPv6 one, and the owner's.
	assert_int_equal(part.n_routes, 9);
	query_free(query);
	wanted.lookup = (ProtobufCBinaryData){4, address};
	query = query_new(store_owner("test"), &what, &error);
	assert_int_equal(query_part(query, &arena, &part), 0);
	assert_int_equal(part.n_routes, 1);
	assert_int_equal(part.routes[0]->prefix->length, 8);
	query_free(query);
	arena_free(&arena);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, scene, clear)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(interfaces_make_routes),
		IN_SCENE(neighbours_have_host_routes),
		IN_SCENE(gateways_are_found_by_routes),
		IN_SCENE(loops_lead_nowhere),
		IN_SCENE(an_interface_that_is_off_loses_its_ways),
		IN_SCENE(what_routes_use_stays),
		IN_SCENE(as_said),
		IN_SCENE(queries_tell),
	};

	return cmocka_run_group_tests(tests, router_group_start, router_group_stop);
}
