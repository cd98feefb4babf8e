// Access lists and policers on packets that are routed.
#include <string.h>

#include "../ip/testing.h"
#include "../policer/policer.h"
#include "acl.h"

#define MOST_TEST_RULES 8

// A rule that every packet matches.
static Sluice__Api__AccessRule *rule(const char *name, Sluice__Api__AccessAction action)
{
	Sluice__Api__AccessRule *r = malloc(sizeof(*r));

	sluice__api__access_rule__init(r);
	r->name = strdup(name);
	r->action = action;
	r->protocol = r->dscp = r->icmp_type = r->icmp_code = -1;
	return r;
}

static Sluice__Api__AccessRule *accepting(const char *name)
{
	return rule(name, SLUICE__API__ACCESS_ACTION__ACCEPT);
}

static Sluice__Api__PortRange *range(uint32_t lower, uint32_t upper)
{
	Sluice__Api__PortRange *r = malloc(sizeof(*r));

	sluice__api__port_range__init(r);
	r->lower = lower;
	r->upper = upper;
	return r;
}

static Sluice__Api__RoutePrefix *prefix(const char *address, uint32_t length)
{
	Sluice__Api__RoutePrefix *p = malloc(sizeof(*p));
	bool v6 = strchr(address, ':') != NULL;

	sluice__api__route_prefix__init(p);
	p->address.len = v6 ? 16 : 4;
	p->address.data = malloc(p->address.len);
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, address, p->address.data), 1);
	p->length = length;
	return p;
}

// Takes the rules; the last argument is NULL.
static Sluice__Api__Operation *op_access_list(const char *name, enum ip_version version, ...)
{
	Sluice__Api__Operation *operation = malloc(sizeof(*operation));
	Sluice__Api__AccessList *list = malloc(sizeof(*list));
	Sluice__Api__AccessRule *r;
	va_list arguments;

	sluice__api__operation__init(operation);
	sluice__api__access_list__init(list);
	operation->op_case = SLUICE__API__OPERATION__OP_SET_ACCESS_LIST;
	operation->set_access_list = list;
	list->name = strdup(name);
	list->family_case =
		version == IP_V4 ? SLUICE__API__ACCESS_LIST__FAMILY_IPV4 : SLUICE__API__ACCESS_LIST__FAMILY_IPV6;
	list->ipv4 = true;
	list->rules = malloc(MOST_TEST_RULES * sizeof(Sluice__Api__AccessRule *));
	va_start(arguments, version);
	while ((r = va_arg(arguments, Sluice__Api__AccessRule *)) != NULL)
		list->rules[list->n_rules++] = r;
	va_end(arguments);
	return operation;
}

static Sluice__Api__Operation *op_policer(const char *name, uint64_t rate, uint64_t burst, int yellow_dscp)
{
	Sluice__Api__Operation *operation = malloc(sizeof(*operation));
	Sluice__Api__Policer *policer = malloc(sizeof(*policer));

	sluice__api__operation__init(operation);
	sluice__api__policer__init(policer);
	operation->op_case = SLUICE__API__OPERATION__OP_SET_POLICER;
	operation->set_policer = policer;
	policer->name = strdup(name);
	policer->committed_rate = rate;
	policer->committed_burst = policer->peak_burst = burst;
	policer->yellow = malloc(sizeof(*policer->yellow));
	policer->red = malloc(sizeof(*policer->red));
	sluice__api__policer_action__init(policer->yellow);
	sluice__api__policer_action__init(policer->red);
	policer->yellow->dscp = yellow_dscp;
	policer->red->drop = true;
	policer->red->dscp = -1;
	return operation;
}

static void set(char **place, const char *name)
{
	// What it points to so far is protobuf-c's empty string.
	*place = strdup(name);
}

// Interface `name` with lists and policers; empty: none.
static Sluice__Api__Operation *op_filtered(const char *name, const char *in4, const char *in6, const char *out4,
					   const char *policer_in, const char *policer_out)
{
	const char *addresses = name[0] == 'a' ? "10.0.1.1/24 2001:db8:1::1/64" : "10.0.2.1/24 2001:db8:2::1/64";
	Sluice__Api__Operation *operation = op_l3_interface(name, "main", name, "", addresses);
	Sluice__Api__L3Interface *it = operation->set_l3_interface;

	set(&it->acl_in_ipv4, in4);
	set(&it->acl_in_ipv6, in6);
	set(&it->acl_out_ipv4, out4);
	set(&it->policer_in, policer_in);
	set(&it->policer_out, policer_out);
	return operation;
}

// Packets of a rule of the list on interface a's way in (or b's way out), -1: of none of them.
static uint64_t matched(const char *interface, enum ip_version version, bool out, int place)
{
	const struct l3_interface *it = router_interface(interface);
	const struct acl *acl = out ? it->acl_out[version] : it->acl_in[version];

	if (place < 0) return acl->counters->unmatched[0].count.packets;
	return acl_count_of(acl, acl->rules[place].counter, 0)->packets;
}

#define PASSES(packet)                                                                                                 \
	do {                                                                                                           \
		test_receive("a", &(packet));                                                                          \
		assert_int_equal(router_frames("b"), 1);                                                               \
	} while (0)

// `r` is all that the list accepts.
static void only(enum ip_version version, Sluice__Api__AccessRule *r)
{
	applied(router_apply(
		op_access_list("list", version, r, NULL),
		op_filtered("a", version == IP_V4 ? "list" : "", version == IP_V6 ? "list" : "", "", "", ""), NULL));
}

static void finish(void)
{
	applied(router_apply(op_filtered("a", "", "", "", "", ""), op_filtered("b", "", "", "", "", ""),
			     op_delete(SLUICE__API__OBJECT_KIND__KIND_ACCESS_LIST, "list"),
			     op_delete(SLUICE__API__OBJECT_KIND__KIND_POLICER, "slow"), NULL));
}

static void the_first_rule_that_matches_decides(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	Sluice__Api__AccessRule *one = rule("one", SLUICE__API__ACCESS_ACTION__DROP), *two = accepting("two");

	one->destination_port = range(53, 53);
	applied(router_apply(op_access_list("list", IP_V4, one, two, NULL), op_filtered("a", "list", "", "", "", ""),
			     NULL));
	PASSES(p);
	test_put16(p.bytes + 14 + 22, 53);
	TEST_DROPPED(p, "acl-denied-in");
	assert_int_equal(matched("a", IP_V4, false, 0), 1);
	assert_int_equal(matched("a", IP_V4, false, 1), 1);
	assert_int_equal(matched("a", IP_V4, false, -1), 0);
	// IPv6 has no list.
	p = test_udp6("2001:db8:1::2", "2001:db8:2::2", 20);
	PASSES(p);
	finish();
}

static void counters_follow_the_name_of_a_rule(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	Sluice__Api__AccessRule *other = rule("other", SLUICE__API__ACCESS_ACTION__DROP);

	only(IP_V4, accepting("one"));
	PASSES(p);
	other->protocol = 6;
	applied(router_apply(op_access_list("list", IP_V4, other, accepting("one"), NULL), NULL));
	PASSES(p);
	assert_int_equal(matched("a", IP_V4, false, 0), 0);
	assert_int_equal(matched("a", IP_V4, false, 1), 2);
	// A rule that goes takes its counters along.
	applied(router_apply(op_access_list("list", IP_V4, NULL), NULL));
	TEST_DROPPED(p, "acl-denied-in");
	assert_int_equal(matched("a", IP_V4, false, -1), 1);
	applied(router_apply(op_access_list("list", IP_V4, accepting("one"), NULL), NULL));
	assert_int_equal(matched("a", IP_V4, false, 0), 0);
	finish();
}

static void reject_is_told(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	const uint8_t *out;

	only(IP_V4, rule("no", SLUICE__API__ACCESS_ACTION__REJECT));
	test_receive("a", &p);
	assert_int_equal(router_frames("b"), 0);
	out = test_only("a", NULL);
	assert_int_equal(out[9], 1);
	// RFC 1812, 5.2.7.1: destination unreachable, communication administratively prohibited.
	assert_int_equal(out[20], 3);
	assert_int_equal(out[21], 13);
	finish();
}

static void fields_of_ipv4(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20), q;
	Sluice__Api__AccessRule *r = accepting("r");

	r->source = prefix("10.0.1.0", 24);
	r->destination = prefix("10.0.2.2", 32);
	r->protocol = 17;
	r->source_port = range(1000, 1000);
	r->destination_port = range(1999, 2001);
	r->dscp = 0;
	r->length = range(48, 48);
	r->ttl = range(64, 255);
	only(IP_V4, r);
	PASSES(p);
	for (unsigned what = 0; what < 8; what++) {
		q = p;
		if (what == 0) q = test_udp4("10.0.3.2", "10.0.2.2", 20);
		if (what == 1) q = test_udp4("10.0.1.2", "10.0.2.3", 20);
		if (what == 2) q.bytes[14 + 9] = 6;
		if (what == 3) test_put16(q.bytes + 14 + 20, 1001);
		if (what == 4) test_put16(q.bytes + 14 + 22, 2002);
		if (what == 5) q.bytes[14 + 1] = 1 << 2;
		if (what == 6) q = test_udp4("10.0.1.2", "10.0.2.2", 21);
		if (what == 7) q.bytes[14 + 8] = 63;
		test_checksum4(&q);
		TEST_DROPPED(q, "acl-denied-in");
	}
	finish();
}

static void flags_types_and_fragments(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	Sluice__Api__AccessRule *r = accepting("r");

	// SYN without ACK.
	r->tcp_flags = malloc(sizeof(*r->tcp_flags));
	sluice__api__tcp_flags__init(r->tcp_flags);
	r->tcp_flags->mask = 0x12;
	r->tcp_flags->value = 0x02;
	only(IP_V4, r);
	TEST_DROPPED(p, "acl-denied-in");
	p.bytes[14 + 9] = 6;
	p.bytes[14 + 20 + 13] = 0x02;
	test_checksum4(&p);
	PASSES(p);
	p.bytes[14 + 20 + 13] = 0x12;
	TEST_DROPPED(p, "acl-denied-in");

	r = accepting("r");
	r->icmp_type = 8;
	only(IP_V4, r);
	TEST_DROPPED(p, "acl-denied-in");
	p.bytes[14 + 9] = 1;
	p.bytes[14 + 20] = 8;
	test_checksum4(&p);
	PASSES(p);
	p.bytes[14 + 20] = 0;
	TEST_DROPPED(p, "acl-denied-in");

	r = accepting("r");
	r->fragment = true;
	only(IP_V4, r);
	TEST_DROPPED(p, "acl-denied-in");
	test_put16(p.bytes + 14 + 6, 3);
	test_checksum4(&p);
	PASSES(p);
	// A first fragment has its ports, and is not what the rule asks for.
	test_put16(p.bytes + 14 + 6, 0x2000);
	test_checksum4(&p);
	TEST_DROPPED(p, "acl-denied-in");
	finish();
}

static void ipv6_behind_extension_headers(void **state)
{
	struct test_packet p = test_udp6("2001:db8:1::2", "2001:db8:2::2", 20), q;
	Sluice__Api__AccessRule *r = accepting("r");

	r->source = prefix("2001:db8:1::", 64);
	r->destination = prefix("2001:db8:2::2", 128);
	r->protocol = 17;
	r->destination_port = range(2000, 2000);
	r->length = range(28, 36);
	only(IP_V6, r);
	PASSES(p);
	// Destination options: eight octets with PadN.
	q = p;
	memmove(q.bytes + 14 + 48, q.bytes + 14 + 40, 28);
	memcpy(q.bytes + 14 + 40, "\x11\x00\x01\x04\0\0\0\0", 8);
	q.bytes[14 + 6] = 60;
	test_put16(q.bytes + 14 + 4, 36);
	q.length = (uint16_t)(q.length + 8);
	PASSES(q);
	test_put16(q.bytes + 14 + 50, 2001);
	TEST_DROPPED(q, "acl-denied-in");
	q = test_udp6("2001:db8:3::2", "2001:db8:2::2", 20);
	TEST_DROPPED(q, "acl-denied-in");
	finish();
}

static void what_leaves_is_asked_after_the_route(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	Sluice__Api__AccessRule *r = accepting("r");

	// The TTL as it leaves.
	r->ttl = range(63, 63);
	applied(router_apply(op_access_list("list", IP_V4, r, NULL), op_filtered("b", "", "", "list", "", ""), NULL));
	PASSES(p);
	assert_int_equal(matched("b", IP_V4, true, 0), 1);
	p.bytes[14 + 8] = 63;
	test_checksum4(&p);
	TEST_DROPPED(p, "acl-denied-out");
	finish();
}

static void lists_and_policers_that_do_not_fit_are_refused(void **state)
{
	const struct api_error *error;
	Sluice__Api__AccessRule *r = accepting("r");

	applied(router_apply(op_access_list("list", IP_V6, accepting("one"), NULL), NULL));
	error = router_apply(op_filtered("a", "list", "", "", "", ""), NULL);
	assert_non_null(error);
	assert_int_equal(error->code, SLUICE__API__ERROR_CODE__ERROR_INVALID);
	applied(router_apply(op_filtered("a", "", "list", "", "", ""), NULL));
	// It is in use, as one for IPv6.
	assert_non_null(router_apply(op_access_list("list", IP_V4, accepting("one"), NULL), NULL));
	assert_non_null(router_apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_ACCESS_LIST, "list"), NULL));
	// Both at once are fine.
	applied(router_apply(op_access_list("list", IP_V4, accepting("one"), NULL),
			     op_filtered("a", "list", "", "", "", ""), NULL));
	assert_non_null(router_apply(op_access_list("list", IP_V4, accepting("x"), accepting("x"), NULL), NULL));
	r->destination = prefix("2001:db8::", 32);
	assert_non_null(router_apply(op_access_list("list", IP_V4, r, NULL), NULL));
	r = accepting("r");
	set(&r->policer, "nowhere");
	assert_non_null(router_apply(op_access_list("list", IP_V4, r, NULL), NULL));
	assert_non_null(router_apply(op_policer("slow", 999, 1000, -1), NULL));
	finish();
}

static void policed(const char *interface, bool out)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 58);
	const char *reason = "policed";
	const uint8_t *frame;

	// 100 octets with the Ethernet header: one is green, one yellow, at a kilobit a second.
	applied(router_apply(op_policer("slow", 1000, 150, 10),
			     out ? op_filtered("b", "", "", "", "", "slow") : op_filtered("a", "", "", "", "slow", ""),
			     NULL));
	(void)interface;
	PASSES(p);
	assert_int_equal(test_only("b", NULL)[1], 0);
	PASSES(p);
	frame = test_only("b", NULL);
	assert_int_equal(frame[1], 10 << 2);
	assert_int_equal(test_sum(frame, 20, 0), 0);
	TEST_DROPPED(p, reason);
	// IPv6 shares the rate.
	p = test_udp6("2001:db8:1::2", "2001:db8:2::2", 38);
	TEST_DROPPED(p, reason);
	struct policer *policer = out ? router_interface("b")->policer_out : router_interface("a")->policer_in;

	assert_int_equal(policer->counters[0].packets[POLICER_GREEN], 1);
	assert_int_equal(policer->counters[0].octets[POLICER_YELLOW], 100);
	assert_int_equal(policer->counters[0].packets[POLICER_RED], 2);
	// Another rate, the same policer: its counters stay.
	applied(router_apply(op_policer("slow", 1000000000, 150000, 10), NULL));
	PASSES(p);
	assert_int_equal(policer->counters[0].packets[POLICER_GREEN], 2);
	finish();
}

static void policers_of_interfaces(void **state)
{
	policed("a", false);
	policed("b", true);
}

static void policers_of_rules(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 58), q = test_udp4("10.0.1.2", "10.0.2.2", 58);
	Sluice__Api__AccessRule *r = accepting("r");

	r->destination_port = range(2000, 2000);
	set(&r->policer, "slow");
	applied(router_apply(op_policer("slow", 1000, 150, 63),
			     op_access_list("list", IP_V4, r, accepting("all"), NULL),
			     op_filtered("a", "list", "", "", "", ""), NULL));
	// In use.
	assert_non_null(router_apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_POLICER, "slow"), NULL));
	PASSES(p);
	PASSES(p);
	assert_int_equal(test_only("b", NULL)[1], 63 << 2);
	TEST_DROPPED(p, "policed");
	test_put16(q.bytes + 14 + 22, 2001);
	for (unsigned i = 0; i < 10; i++)
		PASSES(q);
	assert_int_equal(matched("a", IP_V4, false, 0), 3);
	assert_int_equal(matched("a", IP_V4, false, 1), 10);
	finish();
}

// The hosts behind the interfaces are reached by routes of their own.
static int set_up(void **state)
{
	test_set_up(state);
	applied(router_apply(op_next_hop_group("a4", "main", "10.0.1.2@a"),
			     op_next_hop_group("b4", "main", "10.0.2.2@b"),
			     op_next_hop_group("b6", "main", "2001:db8:2::2@b"), op_route("main", "10.0.1.2/32", "a4"),
			     op_route("main", "10.0.2.2/32", "b4"), op_route("main", "2001:db8:2::2/128", "b6"), NULL));
	router_run();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_rule_that_matches_decides),
		cmocka_unit_test(counters_follow_the_name_of_a_rule),
		cmocka_unit_test(reject_is_told),
		cmocka_unit_test(fields_of_ipv4),
		cmocka_unit_test(flags_types_and_fragments),
		cmocka_unit_test(ipv6_behind_extension_headers),
		cmocka_unit_test(what_leaves_is_asked_after_the_route),
		cmocka_unit_test(lists_and_policers_that_do_not_fit_are_refused),
		cmocka_unit_test(policers_of_interfaces),
		cmocka_unit_test(policers_of_rules),
	};

	return cmocka_run_group_tests(tests, set_up, test_tear_down);
}
