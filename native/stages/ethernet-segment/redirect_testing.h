// Both ends of a redirection on the whole engine: the CE is behind port "ce", the customer's other sites behind "core",
// the peer behind "way". Stations of the customer's: `customer` behind the CE, `remote` behind "core".
#ifndef SLUICE_ETHERNET_SEGMENT_REDIRECT_TESTING_H
#define SLUICE_ETHERNET_SEGMENT_REDIRECT_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../testing/udp.h"
#include "testing.h"
#include "vxlan.h"

static const uint8_t customer[6] = {2, 0, 0, 0, 0, 1}, remote[6] = {2, 0, 0, 0, 0, 2}, nobody[6] = {2, 0, 0, 0, 0, 3};
static const uint8_t our_mac[6] = {2, 0, 0, 0, 1, 'w'}, peer_mac[6] = {2, 0, 0, 0, 0, 'p'};
static bool v6;

#define INNER 64

// Of the next frames: what makes them another.
static uint32_t number;

// A UDP packet, tagged.
static inline void inner_frame(uint8_t frame[INNER], const uint8_t *to, const uint8_t *from, uint16_t vid)
{
	uint8_t *ip = frame + 18;

	memset(frame, 0, INNER);
	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	memcpy(frame + 12, (uint8_t[]){0x81, 0, (uint8_t)(vid >> 8), (uint8_t)vid, 8, 0}, 6);
	memcpy(ip, (uint8_t[]){0x45, 0, 0, INNER - 18, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2}, 20);
	test_ip4_checksum(ip);
	memcpy(ip + 20, (uint8_t[]){0x80, 1, 0x80, 2, 0, INNER - 38}, 6);
	memcpy(ip + 28, &number, sizeof(number));
}

static inline void receive(const char *port, const uint8_t *to, const uint8_t *from, uint16_t vid)
{
	uint8_t frame[INNER];

	inner_frame(frame, to, from, vid);
	router_receive(port, frame, sizeof(frame));
}

static inline const char *local(void)
{
	return v6 ? "2001:db8::1" : "192.0.2.1";
}

static inline const char *peer(void)
{
	return v6 ? "2001:db8::2" : "192.0.2.2";
}

static inline Sluice__Api__Operation *segment(uint32_t hold_limit, uint32_t hold_ms)
{
	return op_segment((struct segment_wish){.name = "es",
						.port = "ce",
						.first = 10,
						.last = 11,
						.local = local(),
						.peer = peer(),
						.vrf = "main",
						.vni = 0x123456,
						.hold_limit = hold_limit,
						.hold_ms = hold_ms});
}

static inline void network(void)
{
	apply(router_port("ce"));
	apply(router_port("core"));
	apply(router_port("way"));
	for (uint16_t vid = 10; vid <= 11; vid++)
		segment_vlan(vid);
	apply(op_vrf("main"));
	apply(op_logical_port("way", "way", 0, ""));
	apply(op_with_mac(op_l3_interface("way", "main", "way", "", "192.0.2.1/24 2001:db8::1/64"), 'w'));
	apply(op_static_neighbour("way", "192.0.2.2", 'p'));
	apply(op_static_neighbour("way", "2001:db8::2", 'p'));
	apply(segment(0, 0));
	router_advance(3000);
	router_forget();
}

static inline int set_up(void **state)
{
	v6 = false;
	network();
	return 0;
}

static inline int set_up6(void **state)
{
	v6 = true;
	network();
	return 0;
}

static inline int tear_down(void **state)
{
	assert_null(router_apply_list(NULL, 0, true));
	router_run();
	assert_int_equal(router_packets_in_use(), 0);
	return 0;
}

static inline Sluice__Api__EthernetSegmentState counted(void)
{
	const struct segment *it = segment_at("ce")->segment;
	Sluice__Api__EthernetSegmentState sum = SLUICE__API__ETHERNET_SEGMENT_STATE__INIT;

	sum.redirected_from_ce = it->counters[0].redirected_from_ce;
	sum.redirected_to_ce = it->counters[0].redirected_to_ce;
	sum.redirects_dropped = it->counters[0].redirects_dropped;
	sum.redirects_received = it->counters[0].redirects_received;
	sum.redirects_held = it->counters[0].redirects_held;
	sum.redirects_refused = it->counters[0].redirects_refused + it->held_dropped;
	sum.copies_dropped = it->gate.counters[0].copies;
	return sum;
}

struct outer {
	const char *from;
	uint32_t vni;
	uint8_t direction;
};

static inline void peer_sends(struct outer outer, const uint8_t *to, const uint8_t *from, uint16_t vid)
{
	const struct test_udp headers = {.to_mac = our_mac,
					 .from_mac = peer_mac,
					 .from = outer.from != NULL ? outer.from : peer(),
					 .to = local(),
					 .ttl = 64,
					 .length = 16 + INNER};
	uint8_t frame[TEST_UDP_HEADERS + 16 + INNER] = {0}, *udp = test_udp_headers(frame, &headers);

	memcpy(udp, (uint8_t[]){0xc0, 1, VXLAN_PORT >> 8, VXLAN_PORT & 0xff, 0, 16 + INNER, 0, 0}, 8);
	memcpy(udp + 8,
	       (uint8_t[]){8, 0, 0, 0, (uint8_t)(outer.vni >> 16), (uint8_t)(outer.vni >> 8), (uint8_t)outer.vni,
			   outer.direction},
	       8);
	inner_frame(udp + 16, to, from, vid);
	router_receive("way", frame, (uint16_t)(udp - frame + 16 + INNER));
}

static const struct outer from_ce = {.vni = 0x123456}, to_ce = {.vni = 0x123456, .direction = VXLAN_TO_CE};

#define REDIRECT_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
