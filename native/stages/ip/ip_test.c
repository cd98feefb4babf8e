// Forwarding: from port to port, the checks of both headers, TTL, MTU.
#include "testing.h"

static void forwards(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 100);
	const uint8_t *ip = p.bytes + 14, *out;
	uint16_t length;
	uint8_t mac[6];

	uint64_t octets = router_interface("b")->counters[0].out_octets,
		 packets = router_interface("a")->counters[0].in_packets;

	test_receive("a", &p);
	out = test_only("b", &length);
	assert_int_equal(length, 128);
	test_mac_of("b", mac);
	assert_memory_equal(out - 14, test_mac_b, 6);
	assert_memory_equal(out - 8, mac, 6);
	assert_int_equal(out[8], 63);
	assert_int_equal(test_sum(out, 20, 0), 0);
	assert_memory_equal(out + 12, ip + 12, 116);
	assert_int_equal(router_interface("a")->counters[0].in_packets - packets, 1);
	assert_int_equal(router_interface("b")->counters[0].out_octets - octets, 142);
	assert_int_equal(router_interface("a")->ip_counters[IP_V4][0].in_receives, 1);
	assert_int_equal(router_interface("a")->ip_counters[IP_V4][0].forwarded, 1);
	assert_int_equal(dataplane_vrf(dataplane_current(), 1)->counters[IP_V4][0].forwarded, 1);
}

static void forwards_ipv6(void **state)
{
	struct test_packet p = test_udp6("2001:db8:1::2", "2001:db8:2::2", 9);
	const uint8_t *out;
	uint16_t length;

	test_receive("a", &p);
	out = test_only("b", &length);
	assert_int_equal(length, 57);
	assert_memory_equal(out - 14, test_mac_b, 6);
	assert_int_equal(out[7], 63);
	assert_memory_equal(out + 8, p.bytes + 14 + 8, 49);
}

// RFC 1141: the sum is never minus zero wrongly, whatever TTL and sum were.
static void the_checksum_is_right_for_every_ttl_and_identification(void **state)
{
	for (unsigned ttl = 2; ttl < 256; ttl++)
		for (unsigned id = 0; id < 65536; id += 4099) {
			struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 0);
			const uint8_t *out;

			p.bytes[14 + 8] = (uint8_t)ttl;
			test_put16(p.bytes + 14 + 4, id);
			test_checksum4(&p);
			test_receive("a", &p);
			out = test_only("b", NULL);
			assert_int_equal(test_sum(out, 20, 0), 0);
		}
}

static void set_mtu(uint16_t mtu)
{
	static const char *names[] = {"a", "b"};

	for (unsigned i = 0; i < 2; i++) {
		Sluice__Api__Operation *port = router_port(names[i]);
		Sluice__Api__Operation *it =
			op_l3_interface(names[i], "main", names[i], "",
					i == 0 ? "10.0.1.1/24 2001:db8:1::1/64" : "10.0.2.1/24 2001:db8:2::1/64");

		port->set_port->mtu = mtu;
		it->set_l3_interface->mtu = mtu;
		assert_null(router_apply(port, it, NULL));
	}
}

static void jumbo_frames_in_several_segments_pass(void **state)
{
	struct test_packet p;

	set_mtu(9000);
	p = test_udp4("10.0.1.2", "10.0.2.2", 9000 - 28);
	test_receive("a", &p);
	assert_int_equal(router_frame("b", 0)->length, 9014);
	assert_memory_equal(router_frame("b", 0)->bytes + 26, p.bytes + 26, 9014 - 26);
	p = test_udp6("2001:db8:1::2", "2001:db8:2::2", 9000 - 48);
	test_receive("a", &p);
	assert_int_equal(router_frame("b", 0)->length, 9014);
	set_mtu(1500);
}

static void bad_ipv4_headers_are_dropped_by_name(void **state)
{
	uint64_t errors = router_interface("a")->ip_counters[IP_V4][0].in_header_errors;
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20);

	p.bytes[14] = 0x55;
	test_checksum4(&p);
	TEST_DROPPED(p, "ip-header");
	p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	p.bytes[14] = 0x44;
	TEST_DROPPED(p, "ip-header");
	p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	p.bytes[14 + 10] ^= 1;
	TEST_DROPPED(p, "ip-checksum");
	p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	test_put16(p.bytes + 14 + 2, 49);
	test_checksum4(&p);
	TEST_DROPPED(p, "ip-length");
	p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	test_put16(p.bytes + 14 + 2, 19);
	test_checksum4(&p);
	TEST_DROPPED(p, "ip-length");
	p.length = 14 + 19;
	TEST_DROPPED(p, "ip-header");
	assert_int_equal(router_interface("a")->ip_counters[IP_V4][0].in_header_errors, errors + 6);
}

static void bad_ipv6_headers_are_dropped_by_name(void **state)
{
	struct test_packet p = test_udp6("2001:db8:1::2", "2001:db8:2::2", 20);

	p.bytes[14] = 0x45;
	TEST_DROPPED(p, "ip-header");
	p = test_udp6("2001:db8:1::2", "2001:db8:2::2", 20);
	test_put16(p.bytes + 14 + 4, 29);
	TEST_DROPPED(p, "ip-length");
	p.length = 14 + 39;
	TEST_DROPPED(p, "ip-header");
}

static void martians_are_dropped(void **state)
{
	static const char *sources[] = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"};
	static const char *destinations[] = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "240.0.0.1", "255.255.255.254"};
	static const char *sources6[] = {"::", "::1", "::ffff:10.0.0.1", "ff02::1"};
	static const char *destinations6[] = {"::", "::1", "::ffff:10.0.0.1", "ff01::1", "ff00::1"};
	struct test_packet p;

	for (unsigned i = 0; i < RTE_DIM(sources); i++) {
		p = test_udp4(sources[i], "10.0.2.2", 20);
		TEST_DROPPED(p, "ip-source-martian");
	}
	for (unsigned i = 0; i < RTE_DIM(destinations); i++) {
		p = test_udp4("10.0.1.2", destinations[i], 20);
		TEST_DROPPED(p, "ip-destination-martian");
	}
	for (unsigned i = 0; i < RTE_DIM(sources6); i++) {
		p = test_udp6(sources6[i], "2001:db8:2::2", 20);
		TEST_DROPPED(p, "ip-source-martian");
	}
	for (unsigned i = 0; i < RTE_DIM(destinations6); i++) {
		p = test_udp6("2001:db8:1::2", destinations6[i], 20);
		TEST_DROPPED(p, "ip-destination-martian");
	}
	p = test_udp4("169.254.1.1", "10.0.2.2", 20);
	TEST_DROPPED(p, "ip-link-local");
	p = test_udp4("10.0.1.2", "169.254.1.1", 20);
	TEST_DROPPED(p, "ip-link-local");
	p = test_udp6("2001:db8:1::2", "fe80::99", 20);
	TEST_DROPPED(p, "ip-link-local");
}

static void other_frames_are_dropped_by_name(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20);

	p.bytes[5] ^= 1;
	TEST_DROPPED(p, "mac-not-ours");
	p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	memset(p.bytes, 0xff, 6);
	TEST_DROPPED(p, "ip-unicast-in-group-frame");
	p = test_udp4("10.0.1.2", "10.0.2.2", 20);
	test_put16(p.bytes + 12, 0x88b5);
	TEST_DROPPED(p, "unknown-ethertype");
	p = test_udp4("10.0.1.2", "224.0.0.9", 20);
	TEST_DROPPED(p, "ip-multicast");
	p = test_udp6("2001:db8:1::2", "ff02::9", 20);
	TEST_DROPPED(p, "ip-multicast");
	// Broadcasts of a connected subnet are routes to nowhere (RFC 2644).
	p = test_udp4("10.0.1.2", "10.0.2.255", 20);
	TEST_DROPPED(p, "blackhole");
	p = test_udp4("10.0.1.2", "10.0.2.0", 20);
	TEST_DROPPED(p, "ip-directed-broadcast");
}

static void priority_tagged_packets_are_untagged_ones(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 20);

	memmove(p.bytes + 16, p.bytes + 12, p.length - 12u);
	test_put16(p.bytes + 12, 0x8100);
	test_put16(p.bytes + 14, 0xa000);
	p.length = (uint16_t)(p.length + 4);
	test_receive("a", &p);
	assert_int_equal(router_frame("b", 0)->length, 14 + 48);
}

static void padding_does_not_count_as_length(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 1472);
	const uint8_t *out;

	test_put16(p.bytes + 14 + 2, 30);
	test_checksum4(&p);
	test_receive("a", &p);
	out = test_only("b", NULL);
	assert_int_equal(read_be16(out + 2), 30);
}

static void subinterfaces_strip_and_push_their_tags(void **state)
{
	struct test_packet p;
	const struct router_frame *frame;

	assert_null(router_apply(op_logical_port("a.5", "a", 5, ""), op_logical_port("b.6", "b", 6, ""),
				 op_l3_interface("a.5", "main", "a.5", "", "10.0.5.1/24"),
				 op_l3_interface("b.6", "main", "b.6", "", "10.0.6.1/24"),
				 op_static_neighbour("b.6", "10.0.6.2", 6), NULL));
	test_settle();
	p = test_udp4("10.0.5.2", "10.0.6.2", 20);
	memmove(p.bytes + 16, p.bytes + 12, p.length - 12u);
	test_put16(p.bytes + 12, 0x8100);
	test_put16(p.bytes + 14, 0xa005);
	p.length = (uint16_t)(p.length + 4);
	test_receive("a", &p);
	assert_int_equal(router_frames("b"), 1);
	frame = router_frame("b", 0);
	assert_int_equal(frame->length, p.length);
	assert_int_equal(read_be16(frame->bytes + 12), 0x8100);
	assert_int_equal(read_be16(frame->bytes + 14), 0xa006);
	assert_int_equal(read_be16(frame->bytes + 16), 0x0800);
	assert_int_equal(frame->bytes[5], 6);
	// A block point stops them both ways.
	assert_null(router_apply(op_block_point("b.6", "b", 6), NULL));
	TEST_DROPPED(p, "block-point");
	assert_null(router_apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BLOCK_POINT, "b.6"),
				 op_block_point("a.5", "a", 5), NULL));
	TEST_DROPPED(p, "block-point");
	assert_null(router_apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_BLOCK_POINT, "a.5"), NULL));
}

static void bridge_domains_are_routed_too(void **state)
{
	static const uint8_t host[6] = {2, 0, 0, 0, 0, 9};
	struct test_packet p;
	uint8_t mac[6];

	apply(router_port("c"));
	apply(router_port("d"));
	apply(op_bridge_domain("lan", 300));
	apply(op_logical_port("c", "c", 0, "lan"));
	apply(op_logical_port("d", "d", 0, "lan"));
	apply(op_l3_interface("irb", "main", "", "lan", "10.0.9.1/24"));
	apply(op_static_neighbour("irb", "10.0.9.9", 9));
	test_settle();
	test_mac_of("irb", mac);
	// In: unicast to the router's MAC is routed and bridged nowhere.
	p = test_udp4("10.0.9.9", "10.0.2.2", 20);
	memcpy(p.bytes, mac, 6);
	memcpy(p.bytes + 6, host, 6);
	test_receive("c", &p);
	assert_int_equal(router_frames("b"), 1);
	assert_int_equal(router_frames("d"), 0);
	// Out: the host was learned at c.
	p = test_udp4("10.0.1.2", "10.0.9.9", 20);
	test_receive("a", &p);
	assert_int_equal(router_frames("c"), 1);
	assert_int_equal(router_frames("d"), 0);
	assert_memory_equal(router_frame("c", 0)->bytes, host, 6);
	assert_memory_equal(router_frame("c", 0)->bytes + 6, mac, 6);
	// Unknown in the bridge domain: flooded.
	apply(op_static_neighbour("irb", "10.0.9.8", 8));
	p = test_udp4("10.0.1.2", "10.0.9.8", 20);
	test_receive("a", &p);
	assert_int_equal(router_frames("c"), 1);
	assert_int_equal(router_frames("d"), 1);
	// A group's frame: to the others, and a copy to the router.
	p = test_udp4("10.0.9.9", "224.0.0.9", 20);
	memcpy(p.bytes, (uint8_t[]){1, 0, 0x5e, 0, 0, 9}, 6);
	memcpy(p.bytes + 6, host, 6);
	uint64_t before = router_drops("ip-multicast");
	test_receive("c", &p);
	assert_int_equal(router_frames("d"), 1);
	// At the port that it came in by, and at the router's interface.
	assert_int_equal(router_drops("ip-multicast"), before + 2);
	// Between two hosts of the bridge domain: no business of the router's.
	p = test_udp4("10.0.9.8", "10.0.9.9", 20);
	memcpy(p.bytes, host, 6);
	memcpy(p.bytes + 6, (uint8_t[]){2, 0, 0, 0, 0, 8}, 6);
	test_receive("d", &p);
	assert_int_equal(router_frames("c"), 1);
}

static void nothing_is_left_of_what_was_dropped(void **state)
{
	router_run();
	assert_int_equal(router_packets_in_use(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forwards),
		cmocka_unit_test(forwards_ipv6),
		cmocka_unit_test(the_checksum_is_right_for_every_ttl_and_identification),
		cmocka_unit_test(bad_ipv4_headers_are_dropped_by_name),
		cmocka_unit_test(bad_ipv6_headers_are_dropped_by_name),
		cmocka_unit_test(martians_are_dropped),
		cmocka_unit_test(other_frames_are_dropped_by_name),
		cmocka_unit_test(priority_tagged_packets_are_untagged_ones),
		cmocka_unit_test(padding_does_not_count_as_length),
		cmocka_unit_test(subinterfaces_strip_and_push_their_tags),
		cmocka_unit_test(bridge_domains_are_routed_too),
		cmocka_unit_test(jumbo_frames_in_several_segments_pass),
		cmocka_unit_test(nothing_is_left_of_what_was_dropped),
	};

	return cmocka_run_group_tests(tests, test_set_up, test_tear_down);
}
