// After a change the first packet obeys it, although its flow was cached before, and nobody else's flows notice.
//
// Three tenants, each a VRF with the same addresses and the same router's MAC: one and two in VLANs 10 and 20 of ports
// a and b, three in VLAN 10 of ports c and d, so that its packets are those of one, byte by byte.
//
//   10.0.1.2 ── a (c) ─ VRF ─ b (d) ── 10.0.2.2, 10.0.2.3, and behind them 20.0.0.0/8
#include <arpa/inet.h>
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../main/stage.h"
#include "../../testing/random.h"
#include "../../testing/udp.h"
#include "testing.h"

#define LENGTH     98
#define L3         18
#define KIND(name) SLUICE__API__OBJECT_KIND__KIND_##name

struct tenant {
	const char *vrf, *in, *out, *in_port, *out_port;
	unsigned vid;
};

static const struct tenant one = {"one", "a1", "b1", "a", "b", 10}, two = {"two", "a2", "b2", "a", "b", 20},
			   three = {"three", "c3", "d3", "c", "d", 10};
static const struct tenant *const tenants[] = {&one, &two, &three};

static const char *group_of(const struct tenant *t, const char *what)
{
	static char name[4][32];
	static unsigned next;
	char *at = name[next++ % 4];

	snprintf(at, sizeof(name[0]), "%s-%s", t->vrf, what);
	return at;
}

// ---------------------------------------------------------------- packets

// UDP from 10.0.1.2 to 20.0.0.5.
static void frame_of(const struct tenant *t, uint8_t frame[LENGTH])
{
	uint8_t *ip = frame + L3;

	memset(frame, 0, LENGTH);
	memcpy(frame,
	       (uint8_t[]){2, 0, 0, 0, 1, 7, 2, 0, 0, 0, 0, 2, 0x81, 0, (uint8_t)(t->vid >> 8), (uint8_t)t->vid, 8, 0},
	       L3);
	memcpy(ip, (uint8_t[]){0x45, 0, 0, LENGTH - L3, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 1, 2, 20, 0, 0, 5}, 20);
	memcpy(ip + 20, (uint8_t[]){4, 1, 0, 53, 0, LENGTH - L3 - 20, 0, 0}, 8);
	test_ip4_checksum(ip);
}

static void send_packet(const struct tenant *t)
{
	uint8_t frame[LENGTH];

	frame_of(t, frame);
	router_receive(t->in_port, frame, LENGTH);
}

// The packet left to the neighbour whose MAC ends so, in the tenant's VLAN, and nothing else did.
static void assert_sent_to(const struct tenant *t, uint8_t mac)
{
	const uint8_t *frame;

	assert_int_equal(router_frames(t->out_port), 1);
	frame = router_frame(t->out_port, 0)->bytes;
	assert_int_equal(frame[5], mac);
	assert_int_equal(frame[15], t->vid);
	assert_int_equal(frame[L3 + 8], 63);
}

static void assert_not_forwarded(const struct tenant *t)
{
	for (unsigned i = 0; i < router_frames(t->out_port); i++)
		assert_int_not_equal(router_frame(t->out_port, i)->bytes[L3 + 9], 17);
}

// ---------------------------------------------------------------- the network

static Sluice__Api__Operation *interface(const struct tenant *t, bool out)
{
	const char *name = out ? t->out : t->in;

	return op_with_mac(
		op_l3_interface(name, t->vrf, name, "", out ? "10.0.2.1/24 2001:db8:2::1/64" : "10.0.1.1/24"),
		out ? 8 : 7);
}

static void set_up_tenant(const struct tenant *t)
{
	char hop[40];

	apply(op_vrf(t->vrf));
	apply(op_logical_port(t->in, t->in_port, t->vid, ""));
	apply(op_logical_port(t->out, t->out_port, t->vid, ""));
	apply(interface(t, false));
	apply(interface(t, true));
	apply(op_static_neighbour(t->out, "10.0.2.2", 0x22));
	snprintf(hop, sizeof(hop), "10.0.2.2@%s", t->out);
	apply(op_next_hop_group(group_of(t, "usual"), t->vrf, hop));
	snprintf(hop, sizeof(hop), "10.0.2.3@%s", t->out);
	apply(op_next_hop_group(group_of(t, "other"), t->vrf, hop));
	apply(op_next_hop_group(group_of(t, "nowhere"), t->vrf, "blackhole"));
	apply(op_route(t->vrf, "20.0.0.0/8", group_of(t, "usual")));
}

// 10.0.2.3 says by ARP where it is (RFC 826; a request that is not for us, which changes what is known).
static void hear(const struct tenant *t, uint8_t mac)
{
	uint8_t frame[64] = {0};
	const uint8_t head[] = {
		255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, mac, 0x81, 0, (uint8_t)(t->vid >> 8), (uint8_t)t->vid,
		8,   6};
	const uint8_t arp[] = {0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, mac, 10, 0, 2, 3, 0, 0, 0, 0, 0, 0, 10, 0, 2, 1};

	memcpy(frame, head, sizeof(head));
	memcpy(frame + sizeof(head), arp, sizeof(arp));
	router_receive(t->out_port, frame, sizeof(frame));
}

static int set_up(void **state)
{
	flow_cache_every_port = true;
	for (const char *port = "abcd"; *port != '\0'; port++)
		apply(router_port((char[]){*port, '\0'}));
	for (unsigned i = 0; i < RTE_DIM(tenants); i++)
		set_up_tenant(tenants[i]);
	router_advance(5000);
	for (unsigned i = 0; i < RTE_DIM(tenants); i++)
		hear(tenants[i], 0x33);
	return 0;
}

static int tear_down(void **state)
{
	router_advance(5000);
	assert_int_equal(router_packets_in_use(), 0);
	assert_null(router_apply_list(NULL, 0, true));
	return 0;
}

// Everybody's flow is cached.
static void warm(void)
{
	for (unsigned i = 0; i < RTE_DIM(tenants); i++) {
		for (unsigned n = 0; n < 3; n++)
			send_packet(tenants[i]);
		flow_mark();
		send_packet(tenants[i]);
		// What goes nowhere without a feature's being the reason takes the stages.
		if (router_frames(tenants[i]->out_port) == 0) continue;
		assert_int_equal(FLOW_SINCE(exact_hits) + FLOW_SINCE(aggregate_hits), 1);
		assert_int_equal(FLOW_SINCE(misses), 0);
	}
	flow_mark();
}

// Nobody but one has lost anything.
static void assert_others_hit(void)
{
	for (unsigned i = 1; i < RTE_DIM(tenants); i++) {
		flow_mark();
		send_packet(tenants[i]);
		assert_sent_to(tenants[i], 0x22);
		assert_int_equal(FLOW_SINCE(exact_hits) + FLOW_SINCE(aggregate_hits), 1);
		assert_int_equal(FLOW_SINCE(misses) + FLOW_SINCE(invalid), 0);
	}
}

// After the operation, the first packet of one goes to that neighbour; 0: nowhere.
static void assert_obeyed(Sluice__Api__Operation *operation, uint8_t mac)
{
	warm();
	apply(operation);
	flow_mark();
	send_packet(&one);
	if (mac != 0)
		assert_sent_to(&one, mac);
	else
		assert_not_forwarded(&one);
	assert_others_hit();
}

// ---------------------------------------------------------------- tests

static void tenants_with_the_same_packets_stay_apart_by_port(void **state)
{
	warm();
	send_packet(&one);
	assert_sent_to(&one, 0x22);
	assert_int_equal(router_frames("d"), 0);
	flow_mark();
	send_packet(&three);
	assert_sent_to(&three, 0x22);
	assert_int_equal(router_frames("b"), 0);
	assert_int_equal(FLOW_SINCE(misses), 0);
	// Also where one of them goes elsewhere.
	apply(op_route("three", "20.0.0.0/24", group_of(&three, "other")));
	for (unsigned i = 0; i < 3; i++) {
		flow_mark();
		send_packet(&three);
		assert_sent_to(&three, 0x33);
		flow_mark();
		send_packet(&one);
		assert_sent_to(&one, 0x22);
		assert_int_equal(FLOW_SINCE(misses), 0);
	}
}

static void route_is_obeyed_at_once(void **state)
{
	// One that is more specific than what the flow has met, of every kind of length, and its end.
	static const char *const longer[] = {"20.0.0.0/12", "20.0.0.0/16", "20.0.0.0/23", "20.0.0.5/32"};

	for (unsigned i = 0; i < RTE_DIM(longer); i++) {
		assert_obeyed(op_route("one", longer[i], group_of(&one, "other")), 0x33);
		assert_obeyed(op_delete_route("one", longer[i]), 0x22);
	}
	assert_obeyed(op_route("one", "20.0.0.0/8", group_of(&one, "other")), 0x33);
	assert_obeyed(op_route("one", "20.0.0.0/8", group_of(&one, "nowhere")), 0);
	assert_obeyed(op_route("one", "20.0.0.0/8", group_of(&one, "usual")), 0x22);
	assert_obeyed(op_delete_route("one", "20.0.0.0/8"), 0);
}

// An aggregate of 20.0.0.0/8 that a packet to elsewhere has made does not hide a route that comes later.
static void route_below_an_aggregate_is_obeyed(void **state)
{
	uint8_t frame[LENGTH];

	warm();
	apply(op_route("one", "20.9.0.0/24", group_of(&one, "other")));
	frame_of(&one, frame);
	frame[L3 + 17] = 9;
	test_ip4_checksum(frame + L3);
	flow_mark();
	router_receive("a", frame, LENGTH);
	assert_sent_to(&one, 0x33);
	assert_others_hit();
}

static void route_elsewhere_is_nobodys_business(void **state)
{
	warm();
	apply(op_route("one", "20.9.0.0/24", group_of(&one, "other")));
	apply(op_route("one", "30.0.0.0/8", group_of(&one, "other")));
	flow_mark();
	send_packet(&one);
	assert_sent_to(&one, 0x22);
	assert_int_equal(FLOW_SINCE(misses) + FLOW_SINCE(invalid), 0);
	assert_others_hit();
}

static void next_hops_are_obeyed_at_once(void **state)
{
	assert_obeyed(op_next_hop_group(group_of(&one, "usual"), "one", "10.0.2.3@b1"), 0x33);
	// One of two that goes.
	applied(router_apply(op_next_hop_group(group_of(&one, "usual"), "one", "10.0.2.2@b1 10.0.2.3@b1"), NULL));
	assert_obeyed(op_next_hop_group(group_of(&one, "usual"), "one", "10.0.2.2@b1"), 0x22);
	assert_obeyed(op_next_hop_group(group_of(&one, "usual"), "one", "blackhole"), 0);
}

static void neighbour_is_obeyed_at_once(void **state)
{
	assert_obeyed(op_static_neighbour("b1", "10.0.2.2", 0x44), 0x44);
	// Not known any more: the packet waits for the answer.
	assert_obeyed(op_delete(KIND(STATIC_NEIGHBOUR), "b1/10.0.2.2"), 0);
	flow_mark();
	applied(router_apply(op_static_neighbour("b1", "10.0.2.2", 0x45), NULL));
	router_run();
	assert_true(router_frames("b") >= 1);
}

static void mac_that_is_heard_is_obeyed_at_once(void **state)
{
	apply(op_route("one", "20.0.0.0/8", group_of(&one, "other")));
	warm();
	hear(&one, 0x55);
	flow_mark();
	send_packet(&one);
	assert_sent_to(&one, 0x55);
	assert_others_hit();
}

static Sluice__Api__Operation *with_other_mac(Sluice__Api__Operation *operation, uint8_t last_byte)
{
	operation->set_l3_interface->mac.data[5] = last_byte;
	return operation;
}

static void routers_mac_is_obeyed_at_once(void **state)
{
	warm();
	apply(with_other_mac(interface(&one, true), 0x19));
	flow_mark();
	send_packet(&one);
	assert_sent_to(&one, 0x22);
	assert_int_equal(router_frame("b", 0)->bytes[11], 0x19);
	assert_others_hit();
	// The packet is for a MAC that the router does not have any more.
	assert_obeyed(with_other_mac(interface(&one, false), 0x20), 0);
}

#define MOST_RULES 64

static Sluice__Api__AccessRule *add_rule(Sluice__Api__AccessList *list, Sluice__Api__AccessAction action)
{
	Sluice__Api__AccessRule *rule = malloc(sizeof(*rule));
	char name[16];

	sluice__api__access_rule__init(rule);
	snprintf(name, sizeof(name), "rule%zu", list->n_rules);
	rule->name = strdup(name);
	rule->action = action;
	rule->protocol = rule->dscp = rule->icmp_type = rule->icmp_code = -1;
	assert_true(list->n_rules < MOST_RULES);
	return list->rules[list->n_rules++] = rule;
}

static Sluice__Api__Operation *op_access_list(const char *name, Sluice__Api__AccessAction action)
{
	Sluice__Api__Operation *operation = malloc(sizeof(*operation));
	Sluice__Api__AccessList *list = malloc(sizeof(*list));

	sluice__api__operation__init(operation);
	sluice__api__access_list__init(list);
	operation->op_case = SLUICE__API__OPERATION__OP_SET_ACCESS_LIST;
	operation->set_access_list = list;
	list->name = strdup(name);
	list->family_case = SLUICE__API__ACCESS_LIST__FAMILY_IPV4;
	list->ipv4 = true;
	list->rules = malloc(MOST_RULES * sizeof(Sluice__Api__AccessRule *));
	if (action != SLUICE__API__ACCESS_ACTION__ACTION_UNSPECIFIED) add_rule(list, action);
	return operation;
}

static Sluice__Api__Operation *filtered(bool out, const char *list)
{
	Sluice__Api__Operation *operation = interface(&one, out);

	*(out ? &operation->set_l3_interface->acl_out_ipv4 : &operation->set_l3_interface->acl_in_ipv4) = strdup(list);
	return operation;
}

static void access_list_is_obeyed_at_once(void **state)
{
	for (int out = 0; out < 2; out++) {
		apply(op_access_list("list", SLUICE__API__ACCESS_ACTION__ACCEPT));
		assert_obeyed(filtered(out, "list"), 0x22);
		assert_obeyed(op_access_list("list", SLUICE__API__ACCESS_ACTION__DROP), 0);
		assert_obeyed(op_access_list("list", SLUICE__API__ACCESS_ACTION__ACCEPT), 0x22);
		assert_obeyed(op_access_list("list", SLUICE__API__ACCESS_ACTION__REJECT), 0);
		assert_obeyed(interface(&one, out), 0x22);
	}
}

static void reverse_path_check_is_obeyed_at_once(void **state)
{
	Sluice__Api__Operation *operation = interface(&one, false);

	operation->set_l3_interface->urpf_ipv4 = SLUICE__API__UNICAST_RPF__URPF_STRICT;
	assert_obeyed(operation, 0x22);
	// Where the source is now is not where it comes from.
	assert_obeyed(op_route("one", "10.0.1.2/32", group_of(&one, "other")), 0);
	assert_obeyed(op_delete_route("one", "10.0.1.2/32"), 0x22);
}

static void what_is_below_an_interface_is_obeyed_at_once(void **state)
{
	Sluice__Api__Operation *operation = op_logical_port("b1", "b", 10, "");

	operation->set_logical_port->enabled = false;
	assert_obeyed(operation, 0);
	// The drop was cached, too.
	send_packet(&one);
	assert_obeyed(op_logical_port("b1", "b", 10, ""), 0x22);
	operation = interface(&one, true);
	operation->set_l3_interface->enabled = false;
	assert_obeyed(operation, 0);
	assert_obeyed(interface(&one, true), 0x22);
	// The first block point of a port is a matter of all who are on it.
	apply(op_block_point("all", "b", 99));
	assert_obeyed(op_block_point("out", "b", 10), 0);
	assert_obeyed(op_delete(KIND(BLOCK_POINT), "out"), 0x22);
}

// 60 rules of ports here and there, then all may pass.
static Sluice__Api__Operation *op_port_list(uint64_t *random)
{
	Sluice__Api__Operation *operation = op_access_list("list", SLUICE__API__ACCESS_ACTION__ACTION_UNSPECIFIED);

	for (unsigned i = 0; i < 60; i++) {
		Sluice__Api__AccessRule *rule =
			add_rule(operation->set_access_list,
				 i % 2 == 0 ? SLUICE__API__ACCESS_ACTION__ACCEPT : SLUICE__API__ACCESS_ACTION__DROP);
		Sluice__Api__PortRange *range = malloc(sizeof(*range));

		sluice__api__port_range__init(range);
		rule->protocol = 17;
		range->lower = 1000 + (uint32_t)(random_bits(random) >> 48) % 60000;
		range->upper = range->lower + (uint32_t)(random_bits(random) >> 48) % 1000;
		rule->destination_port = range;
	}
	add_rule(operation->set_access_list, SLUICE__API__ACCESS_ACTION__ACCEPT);
	return operation;
}

// Packets with ports at random are hits of aggregates: they fill no table, and take nobody's entry.
static void scan_of_ports_takes_no_room(void **state)
{
	uint64_t random = random_seed();
	uint8_t frame[LENGTH];

	apply(op_port_list(&random));
	apply(filtered(false, "list"));
	warm();
	for (unsigned i = 0; i < 40000; i++) {
		if (i == 20000) flow_mark();
		frame_of(&one, frame);
		memcpy(frame + L3 + 20, (uint32_t[]){(uint32_t)(random_bits(&random) >> 32)}, 4);
		router_send("a", frame, LENGTH);
		if (i % 64 == 63) router_run();
		if (i % 2048 == 2047) router_forget();
	}
	router_run();
	assert_in_range(FLOW_SINCE(aggregate_hits), 19500, 20000);
	assert_in_range(FLOW_SINCE(inserted), 0, 500);
	assert_in_range(flow_now().entries, 1, 3000);
	assert_in_range(flow_now().aggregate_masks, 1, 16);
	assert_int_equal(FLOW_SINCE(evicted), 0);
	flow_mark();
	send_packet(&one);
	assert_sent_to(&one, 0x22);
	assert_int_equal(FLOW_SINCE(exact_hits) + FLOW_SINCE(aggregate_hits), 1);
	assert_others_hit();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tenants_with_the_same_packets_stay_apart_by_port, set_up, tear_down),
		cmocka_unit_test_setup_teardown(route_is_obeyed_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(route_below_an_aggregate_is_obeyed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(route_elsewhere_is_nobodys_business, set_up, tear_down),
		cmocka_unit_test_setup_teardown(next_hops_are_obeyed_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(neighbour_is_obeyed_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(mac_that_is_heard_is_obeyed_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(routers_mac_is_obeyed_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(access_list_is_obeyed_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(reverse_path_check_is_obeyed_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(scan_of_ports_takes_no_room, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_below_an_interface_is_obeyed_at_once, set_up, tear_down),
	};

	router_start();
	int failed = cmocka_run_group_tests_name("flow-change", tests, NULL, NULL);
	router_stop();
	return failed;
}
