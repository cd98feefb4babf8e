// Packets for the tests of IP, and a router of two networks:
//
//   port a: 10.0.1.1/24, 2001:db8:1::1/64     neighbours .2 (02-00-00-00-00-02)
//   port b: 10.0.2.1/24, 2001:db8:2::1/64     neighbours .2 (02-00-00-00-00-03)
#ifndef SLUICE_STAGES_IP_TESTING_H
#define SLUICE_STAGES_IP_TESTING_H

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../main/stage.h"
#include "../../testing/applied.h"
#include "../../testing/udp.h"
#include "ip4_input.h"

struct test_packet {
	uint8_t bytes[ROUTER_FRAME];
	uint16_t length;
	uint8_t l3;
};

static const uint8_t test_mac_a[6] = {2, 0, 0, 0, 0, 2}, test_mac_b[6] = {2, 0, 0, 0, 0, 3};

// Detection of duplicates and announcements are over: what leaves from now on is what the test makes leave.
static inline void test_settle(void)
{
	router_advance(5000);
	router_forget();
}

static inline void test_router(void)
{
	router_forget();
	apply(op_vrf("main"));
	apply(router_port("a"));
	apply(router_port("b"));
	apply(op_logical_port("a", "a", 0, ""));
	apply(op_logical_port("b", "b", 0, ""));
	apply(op_l3_interface("a", "main", "a", "", "10.0.1.1/24 2001:db8:1::1/64"));
	apply(op_l3_interface("b", "main", "b", "", "10.0.2.1/24 2001:db8:2::1/64"));
	apply(op_static_neighbour("a", "10.0.1.2", 2));
	apply(op_static_neighbour("a", "2001:db8:1::2", 2));
	apply(op_static_neighbour("b", "10.0.2.2", 3));
	apply(op_static_neighbour("b", "2001:db8:2::2", 3));
	test_settle();
}

static inline void test_mac_of(const char *interface, uint8_t *mac)
{
	memcpy(mac, &router_interface(interface)->live->mac, 6);
}

static inline void test_checksum4(struct test_packet *p)
{
	test_ip4_checksum(p->bytes + p->l3);
}

static inline void test_frame(struct test_packet *p, const char *interface, const uint8_t *source, unsigned type)
{
	memset(p, 0, sizeof(*p));
	test_mac_of(interface, p->bytes);
	memcpy(p->bytes + 6, source, 6);
	test_put16(p->bytes + 12, type);
	p->l3 = 14;
}

// UDP 1000 → 2000 with `payload` bytes, to the router's interface a from its neighbour.
static inline struct test_packet test_udp4(const char *from, const char *to, unsigned payload)
{
	static struct test_packet p;
	uint8_t *ip;

	test_frame(&p, "a", test_mac_a, 0x0800);
	ip = p.bytes + p.l3;
	ip[0] = 0x45;
	test_put16(ip + 2, 28 + payload);
	test_put16(ip + 4, 0x1234);
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	assert_int_equal(inet_pton(AF_INET, from, ip + 12), 1);
	assert_int_equal(inet_pton(AF_INET, to, ip + 16), 1);
	test_put16(ip + 20, 1000);
	test_put16(ip + 22, 2000);
	test_put16(ip + 24, 8 + payload);
	for (unsigned i = 0; i < payload; i++)
		ip[28 + i] = (uint8_t)(i * 7);
	p.length = (uint16_t)(p.l3 + 28 + payload);
	test_checksum4(&p);
	return p;
}

static inline struct test_packet test_udp6(const char *from, const char *to, unsigned payload)
{
	static struct test_packet p;
	uint8_t *ip;

	test_frame(&p, "a", test_mac_a, 0x86dd);
	ip = p.bytes + p.l3;
	ip[0] = 0x60;
	test_put16(ip + 4, 8 + payload);
	ip[6] = IPPROTO_UDP;
	ip[7] = 64;
	assert_int_equal(inet_pton(AF_INET6, from, ip + 8), 1);
	assert_int_equal(inet_pton(AF_INET6, to, ip + 24), 1);
	test_put16(ip + 40, 1000);
	test_put16(ip + 42, 2000);
	test_put16(ip + 44, 8 + payload);
	for (unsigned i = 0; i < payload; i++)
		ip[48 + i] = (uint8_t)(i * 7);
	p.length = (uint16_t)(p.l3 + 48 + payload);
	return p;
}

static inline void test_receive(const char *port, const struct test_packet *p)
{
	router_forget();
	router_receive(port, p->bytes, p->length);
}

// The L3 packet of the only frame that left by the port.
static inline const uint8_t *test_only(const char *port, uint16_t *length)
{
	assert_int_equal(router_frames(port), 1);
	const struct router_frame *frame = router_frame(port, 0);

	if (length != NULL) *length = (uint16_t)(frame->length - 14);
	return frame->bytes + 14;
}

// One more drop of this reason by what the packet at hand does, and nothing that leaves.
#define TEST_DROPPED(packet, reason)                                                                                   \
	do {                                                                                                           \
		uint64_t test_before = router_drops(reason);                                                           \
		test_receive("a", &(packet));                                                                          \
		assert_int_equal(router_drops(reason), test_before + 1);                                               \
		assert_int_equal(router_frames("b"), 0);                                                               \
	} while (0)

static inline int test_set_up(void **state)
{
	router_start();
	test_router();
	return 0;
}

static inline int test_tear_down(void **state)
{
	router_stop();
	return 0;
}

#endif
