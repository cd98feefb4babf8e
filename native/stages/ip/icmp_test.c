// What the router answers: echoes, and errors where a packet does not go on.
#include "testing.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "rate.h"

static struct test_packet echo4(const char *to, unsigned payload)
{
	struct test_packet p = test_udp4("10.0.1.2", to, payload);
	uint8_t *ip = p.bytes + p.l3;

	ip[9] = IPPROTO_ICMP;
	ip[20] = ICMP_ECHO;
	ip[21] = 0;
	test_put16(ip + 22, 0);
	test_put16(ip + 24, 77);
	test_put16(ip + 26, 1);
	test_put16(ip + 22, test_sum(ip + 20, 8 + payload, 0));
	test_checksum4(&p);
	return p;
}

static uint32_t pseudo6(const uint8_t *ip, uint32_t length)
{
	uint32_t sum = (uint16_t)~test_sum(ip + 8, 32, 0);

	return sum + IPPROTO_ICMPV6 + length;
}

static struct test_packet echo6(const char *from, const char *to, unsigned payload)
{
	struct test_packet p = test_udp6(from, to, payload);
	uint8_t *ip = p.bytes + p.l3;

	ip[6] = IPPROTO_ICMPV6;
	ip[40] = ICMP6_ECHO_REQUEST;
	ip[41] = 0;
	test_put16(ip + 42, 0);
	test_put16(ip + 42, test_sum(ip + 40, 8 + payload, pseudo6(ip, 8 + payload)));
	return p;
}

static void echoes_are_answered(void **state)
{
	struct test_packet p = echo4("10.0.1.1", 56);
	const uint8_t *out;
	uint16_t length;

	test_receive("a", &p);
	out = test_only("a", &length);
	assert_int_equal(length, 84);
	assert_memory_equal(out - 14, test_mac_a, 6);
	assert_memory_equal(out + 12, p.bytes + 14 + 16, 4);
	assert_memory_equal(out + 16, p.bytes + 14 + 12, 4);
	assert_int_equal(test_sum(out, 20, 0), 0);
	assert_int_equal(test_sum(out + 20, 64, 0), 0);
	assert_int_equal(out[20], ICMP_ECHOREPLY);
	assert_memory_equal(out + 24, p.bytes + 14 + 24, 60);
	// The address of another interface.
	p = echo4("10.0.2.1", 0);
	test_receive("a", &p);
	test_only("a", NULL);
	p = echo6("2001:db8:1::2", "2001:db8:1::1", 57);
	test_receive("a", &p);
	out = test_only("a", &length);
	assert_int_equal(length, 105);
	assert_int_equal(out[40], ICMP6_ECHO_REPLY);
	assert_int_equal(test_sum(out + 40, 65, pseudo6(out, 65)), 0);
	assert_memory_equal(out + 8, p.bytes + 14 + 24, 16);
	// All nodes of the link: from the address of the interface.
	p = echo6("2001:db8:1::2", "ff02::1", 0);
	memcpy(p.bytes, (uint8_t[]){0x33, 0x33, 0, 0, 0, 1}, 6);
	test_receive("a", &p);
	out = test_only("a", &length);
	assert_memory_equal(out + 8, router_interface("a")->addresses[1].address.bytes, 16);
}

static void echoes_that_are_damaged_or_to_a_broadcast_are_not(void **state)
{
	struct test_packet p = echo4("10.0.1.1", 56);

	p.bytes[60] ^= 1;
	TEST_DROPPED(p, "icmp-malformed");
	assert_int_equal(router_frames("a"), 0);
	p = echo4("10.0.1.255", 0);
	memset(p.bytes, 0xff, 6);
	TEST_DROPPED(p, "icmp-unhandled");
	assert_int_equal(router_frames("a"), 0);
}

// The error about `p` that left by port a: its type and code; what it quotes is the packet as it came.
static void assert_error(const struct test_packet *p, uint8_t type, uint8_t code, const char *source)
{
	bool v6 = p->bytes[14] >> 4 == 6;
	unsigned header = v6 ? 40 : 20;
	uint8_t from[16];
	uint16_t length;
	const uint8_t *out;

	test_receive("a", p);
	out = test_only("a", &length);
	assert_int_equal(out[0] >> 4, v6 ? 6 : 4);
	assert_int_equal(out[v6 ? 6 : 9], v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	assert_int_equal(out[header], type);
	assert_int_equal(out[header + 1], code);
	assert_int_equal(inet_pton(v6 ? AF_INET6 : AF_INET, source, from), 1);
	assert_memory_equal(out + (v6 ? 8 : 12), from, v6 ? 16 : 4);
	assert_memory_equal(out + (v6 ? 24 : 16), p->bytes + 14 + (v6 ? 8 : 12), v6 ? 16 : 4);
	assert_memory_equal(out + header + 8, p->bytes + 14, length - header - 8);
	if (!v6) assert_int_equal(test_sum(out, 20, 0), 0);
	assert_int_equal(test_sum(out + header, length - header, v6 ? pseudo6(out, length - header) : 0), 0);
}

static void errors_say_why(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20);

	p.bytes[14 + 8] = 1;
	test_checksum4(&p);
	assert_error(&p, ICMP_TIME_EXCEEDED, 0, "10.0.1.1");
	p = test_udp4("10.0.1.2", "10.9.9.9", 20);
	assert_error(&p, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, "10.0.1.1");
	p = test_udp4("10.0.1.2", "10.0.1.1", 20);
	assert_error(&p, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, "10.0.1.1");
	p = test_udp4("10.0.1.2", "10.0.2.1", 20);
	p.bytes[14 + 9] = 99;
	test_checksum4(&p);
	assert_error(&p, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, "10.0.1.1");
	p = test_udp4("10.0.1.2", "10.0.2.2", 2000);
	p.bytes[14 + 6] = 0x40;
	test_checksum4(&p);
}

static void errors_say_why_in_ipv6(void **state)
{
	struct test_packet p = test_udp6("2001:db8:1::2", "2001:db8:2::2", 20);

	p.bytes[14 + 7] = 1;
	assert_error(&p, ICMP6_TIME_EXCEEDED, 0, "2001:db8:1::1");
	p = test_udp6("2001:db8:1::2", "2001:db8:9::9", 20);
	assert_error(&p, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, "2001:db8:1::1");
	p = test_udp6("2001:db8:1::2", "2001:db8:1::1", 20);
	assert_error(&p, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, "2001:db8:1::1");
	p = test_udp6("2001:db8:1::2", "2001:db8:1::1", 20);
	p.bytes[14 + 6] = 99;
	assert_error(&p, ICMP6_PARAM_PROB, ICMP6_PARAMPROB_NEXTHEADER, "2001:db8:1::1");
	assert_int_equal(router_frame("a", 0)->bytes[14 + 47], 6);
}

// MTU of b: 1400, less than of a.
static void too_big_says_the_mtu(void **state)
{
	Sluice__Api__Operation *small = op_l3_interface("b", "main", "b", "", "10.0.2.1/24 2001:db8:2::1/64");
	struct test_packet p;

	small->set_l3_interface->mtu = 1400;
	apply(small);
	p = test_udp4("10.0.1.2", "10.0.2.2", 1373);
	p.bytes[14 + 6] = 0x40;
	test_checksum4(&p);
	assert_error(&p, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, "10.0.1.1");
	assert_int_equal(read_be16(router_frame("a", 0)->bytes + 14 + 26), 1400);
	assert_int_equal(router_frame("a", 0)->length, 14 + 576);
	p = test_udp6("2001:db8:1::2", "2001:db8:2::2", 1353);
	assert_error(&p, ICMP6_PACKET_TOO_BIG, 0, "2001:db8:1::1");
	assert_int_equal(read_be16(router_frame("a", 0)->bytes + 14 + 46), 1400);
	assert_int_equal(router_frame("a", 0)->length, 14 + 1280);
	p = test_udp4("10.0.1.2", "10.0.2.2", 1372);
	test_receive("a", &p);
	assert_int_equal(router_frames("b"), 1);
	apply(op_l3_interface("b", "main", "b", "", "10.0.2.1/24 2001:db8:2::1/64"));
}

// RFC 1812, 4.3.2.7; RFC 4443, 2.4 (e).
static void there_are_no_errors_about_errors_groups_and_fragments(void **state)
{
	struct test_packet p = echo4("10.9.9.9", 20);

	p.bytes[14 + 20] = ICMP_TIME_EXCEEDED;
	TEST_DROPPED(p, "no-route");
	assert_int_equal(router_frames("a"), 0);
	p = test_udp4("10.0.1.2", "10.9.9.9", 20);
	test_put16(p.bytes + 14 + 6, 5);
	test_checksum4(&p);
	TEST_DROPPED(p, "no-route");
	assert_int_equal(router_frames("a"), 0);
	p = test_udp4("10.0.1.2", "10.0.1.255", 20);
	memset(p.bytes, 0xff, 6);
	test_receive("a", &p);
	assert_int_equal(router_frames("a"), 0);
	p = echo6("2001:db8:1::2", "2001:db8:9::9", 20);
	p.bytes[14 + 40] = ICMP6_TIME_EXCEEDED;
	TEST_DROPPED(p, "no-route");
	assert_int_equal(router_frames("a"), 0);
}

static void errors_are_limited_and_counted(void **state)
{
	struct ip_counters before = router_interface("a")->ip_counters[IP_V4][0], *now;
	struct test_packet p = test_udp4("10.0.1.2", "10.9.9.9", 20);

	router_forget();
	for (unsigned i = 0; i < 3 * ICMP_ERRORS_BURST; i++)
		router_send("a", p.bytes, p.length);
	router_run();
	now = &router_interface("a")->ip_counters[IP_V4][0];
	assert_int_equal(now->icmp_errors_sent - before.icmp_errors_sent, router_frames("a"));
	assert_true(router_frames("a") >= ICMP_ERRORS_BURST - 20 && router_frames("a") < 3 * ICMP_ERRORS_BURST);
	assert_int_equal(now->icmp_errors_limited - before.icmp_errors_limited,
			 3 * ICMP_ERRORS_BURST - router_frames("a"));
	assert_int_equal(now->in_no_routes - before.in_no_routes, 3 * ICMP_ERRORS_BURST);
	// The next test finds a full bucket: it fills by the processor's clock.
	rte_delay_us_block(2 * 1000000 * ICMP_ERRORS_BURST / ICMP_ERRORS_PER_SECOND);
}

static void options_are_looked_at(void **state)
{
	static const uint8_t record[12] = {7, 11, 4}, timestamp[12] = {68, 12, 5, 1}, source[12] = {131, 11, 4},
			     bad[12] = {7, 13, 4}, unknown[12] = {0x1e, 12};
	static const uint8_t *all[] = {record, timestamp, source, bad, unknown};
	struct test_packet p;
	const uint8_t *out;

	for (unsigned i = 0; i < RTE_DIM(all); i++) {
		uint8_t *ip;

		p = test_udp4("10.0.1.2", "10.0.2.2", 20);
		ip = p.bytes + 14;
		memmove(ip + 32, ip + 20, 28);
		memcpy(ip + 20, all[i], 12);
		ip[0] = 0x48;
		p.length = (uint16_t)(p.length + 12);
		test_put16(ip + 2, 60);
		test_checksum4(&p);
		if (all[i] == source) {
			assert_error(&p, ICMP_DEST_UNREACH, ICMP_SR_FAILED, "10.0.1.1");
			continue;
		}
		if (all[i] == bad) {
			assert_error(&p, ICMP_PARAMETERPROB, 0, "10.0.1.1");
			assert_int_equal(router_frame("a", 0)->bytes[14 + 24], 21);
			continue;
		}
		test_receive("a", &p);
		out = test_only("b", NULL);
		assert_int_equal(test_sum(out, 32, 0), 0);
		if (all[i] == unknown) assert_memory_equal(out + 20, unknown, 12);
		// The router's address towards the destination.
		if (all[i] == record) assert_memory_equal(out + 23, ((uint8_t[]){10, 0, 2, 1}), 4);
		if (all[i] == record) assert_int_equal(out[22], 8);
		if (all[i] == timestamp) assert_memory_equal(out + 24, ((uint8_t[]){10, 0, 2, 1}), 4);
		if (all[i] == timestamp) assert_int_equal(out[28] & 0x80, 0x80);
	}
}

// Another router on link a: the sender could ask it itself. The packet goes on all the same.
static void redirects_tell_of_a_better_way(void **state)
{
	struct test_packet p;

	apply(op_static_neighbour("a", "10.0.1.9", 9));
	apply(op_next_hop_group("better", "main", "10.0.1.9@a"));
	apply(op_route("main", "10.7.0.0/16", "better"));
	p = test_udp4("10.0.1.2", "10.7.1.1", 20);
	test_receive("a", &p);
	assert_int_equal(router_frames("a"), 2);
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *out = router_frame("a", i)->bytes;

		if (out[5] == 9) continue;
		assert_int_equal(out[14 + 20], ICMP_REDIRECT);
		assert_int_equal(out[14 + 21], ICMP_REDIR_HOST);
		assert_memory_equal(out + 14 + 24, ((uint8_t[]){10, 0, 1, 9}), 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(echoes_are_answered),
		cmocka_unit_test(echoes_that_are_damaged_or_to_a_broadcast_are_not),
		cmocka_unit_test(errors_say_why),
		cmocka_unit_test(errors_say_why_in_ipv6),
		cmocka_unit_test(too_big_says_the_mtu),
		cmocka_unit_test(there_are_no_errors_about_errors_groups_and_fragments),
		cmocka_unit_test(errors_are_limited_and_counted),
		cmocka_unit_test(options_are_looked_at),
		cmocka_unit_test(redirects_tell_of_a_better_way),
	};

	return cmocka_run_group_tests(tests, test_set_up, test_tear_down);
}
