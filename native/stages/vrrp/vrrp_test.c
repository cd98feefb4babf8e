// A virtual router in the whole router: another one speaks to it from the port, and the test moves the clock.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include <arpa/inet.h>

#include "../../main/stages.h"
#include "../../testing/applied.h"
#include "../neighbour/arp.h"
#include "vrrp.h"

static const struct rte_ether_addr host_mac = {{2, 0, 0, 0, 0, 9}}, virtual4 = {{0, 0, 0x5e, 0, 1, 7}};
static const uint8_t virtual_address[4] = {10, 0, 1, 254}, other[4] = {10, 0, 1, 3}, group[4] = {224, 0, 0, 18};

static Sluice__Api__Operation *vrrp_op(uint32_t priority, const char *address, bool tracks)
{
	Sluice__Api__Vrrp it = SLUICE__API__VRRP__INIT;
	Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;
	Sluice__Api__VrrpTrack track = SLUICE__API__VRRP_TRACK__INIT, *list[] = {&track};
	uint8_t bytes[16];
	ProtobufCBinaryData addresses[] = {{strchr(address, ':') != NULL ? 16 : 4, bytes}};

	assert_int_equal(inet_pton(addresses[0].len == 16 ? AF_INET6 : AF_INET, address, bytes), 1);
	it.name = (char *)(uintptr_t)(addresses[0].len == 4 ? "four" : "six");
	it.interface = (char *)(uintptr_t) "a";
	it.vrid = 7;
	it.priority = priority;
	it.n_addresses = 1;
	it.addresses = addresses;
	track.interface = (char *)(uintptr_t) "b";
	track.priority_decrement = 60;
	it.n_tracks = tracks;
	it.tracks = list;
	operation.op_case = SLUICE__API__OPERATION__OP_SET_VRRP;
	operation.set_vrrp = &it;
	return op_fresh(&operation);
}

static int setup(void **state)
{
	router_start();
	apply(op_vrf("red"));
	apply(router_port("a"));
	apply(router_port("b"));
	apply(op_logical_port("a", "a", 0, ""));
	apply(op_logical_port("b", "b", 0, ""));
	apply(op_with_mac(op_l3_interface("a", "red", "a", "", "10.0.1.2/24 2001:db8:1::2/64"), 'a'));
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24"), 'b'));
	router_advance(5000);
	return 0;
}

static int teardown(void **state)
{
	router_stop();
	return 0;
}

static struct vrrp_router *router_named(const char *name)
{
	struct vrrp_router *router = vrrp_routers;

	while (router != NULL && strcmp(router->name, name) != 0)
		router = router->next;
	assert_non_null(router);
	return router;
}

// Advertisements that left by port a since router_forget(); the last one's priority.
static unsigned advertisements(uint8_t *priority)
{
	unsigned count = 0;

	for (unsigned i = 0; i < router_frames("a"); i++) {
		const uint8_t *frame = router_frame("a", i)->bytes;
		struct vrrp_packet packet;

		if (frame[12] != 0x08 || frame[13] != 0 || frame[14 + 9] != VRRP_PROTOCOL) continue;
		assert_memory_equal(frame + 6, &virtual4, 6);
		assert_int_equal(frame[14 + 8], 255);
		assert_memory_equal(frame + 14 + 16, group, 4);
		assert_int_equal(vrrp_parse(frame + 34, router_frame("a", i)->length - 34u, IP_V4, frame + 14 + 12,
					    frame + 14 + 16, &packet),
				 VRRP_FINE);
		assert_int_equal(packet.vrid, 7);
		assert_memory_equal(packet.addresses, virtual_address, 4);
		*priority = packet.priority;
		count++;
	}
	return count;
}

// What another router says; damaged at `at` by `by`.
static void hear(uint8_t priority, unsigned at, uint8_t by)
{
	struct vrrp_packet packet = {
		.vrid = 7, .priority = priority, .interval = 100, .count = 1, .addresses = virtual_address};
	uint8_t frame[14 + 20 + VRRP_MOST] = {0}, *ip = frame + 14;
	uint32_t length = vrrp_write(&packet, IP_V4, other, group, ip + 20), sum = 0;

	memcpy(frame, (uint8_t[]){1, 0, 0x5e, 0, 0, 0x12}, 6);
	memcpy(frame + 6, &virtual4, 6);
	frame[12] = 0x08;
	frame[14 + 0] = 0x45;
	ip[3] = (uint8_t)(20 + length);
	ip[8] = 255;
	ip[9] = VRRP_PROTOCOL;
	memcpy(ip + 12, other, 4);
	memcpy(ip + 16, group, 4);
	ip[at] ^= by;
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	router_receive("a", frame, (uint16_t)(34 + length));
}

static bool arp_answered(const struct rte_ether_addr *by)
{
	struct arp arp = {.operation = ARP_REQUEST, .sender_mac = host_mac, .sender = {10, 0, 1, 50}}, answer;
	uint8_t frame[60] = {0};
	bool answered = false;

	memcpy(arp.target, virtual_address, 4);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, &host_mac, 6);
	frame[12] = 0x08;
	frame[13] = 0x06;
	arp_write(&arp, frame + 14);
	router_forget();
	router_receive("a", frame, sizeof(frame));
	for (unsigned i = 0; i < router_frames("a"); i++) {
		const struct router_frame *out = router_frame("a", i);

		answered |= out->bytes[13] == 0x06 && arp_parse(out->bytes + 14, out->length - 14u, &answer) &&
			    rte_is_same_ether_addr(&answer.sender_mac, by);
	}
	return answered;
}

static void silence_makes_it_active_and_a_better_one_backs_it_up(void **state)
{
	struct vrrp_router *router;
	uint8_t priority = 0;
	unsigned gratuitous = 0;
	struct arp arp;

	apply(vrrp_op(100, "10.0.1.254", false));
	router = router_named("four");
	router_forget();
	router_advance(3500);
	assert_int_equal(router->machine.role, VRRP_ROLE_BACKUP);
	assert_int_equal(advertisements(&priority), 0);
	assert_false(arp_answered(&virtual4));
	router_forget();
	router_advance(200);
	assert_int_equal(router->machine.role, VRRP_ROLE_ACTIVE);
	assert_int_equal(advertisements(&priority), 1);
	assert_int_equal(priority, 100);
	for (unsigned i = 0; i < router_frames("a"); i++) {
		const struct router_frame *frame = router_frame("a", i);

		gratuitous += frame->bytes[13] == 0x06 && arp_parse(frame->bytes + 14, frame->length - 14u, &arp) &&
			      memcmp(arp.sender, virtual_address, 4) == 0 &&
			      memcmp(arp.target, virtual_address, 4) == 0 &&
			      rte_is_same_ether_addr(&arp.sender_mac, &virtual4);
	}
	assert_int_equal(gratuitous, 1);
	assert_true(arp_answered(&virtual4));
	router_forget();
	router_advance(5000);
	assert_in_range(advertisements(&priority), 4, 6);
	hear(50, 0, 0);
	assert_int_equal(router->machine.role, VRRP_ROLE_ACTIVE);
	hear(200, 0, 0);
	assert_int_equal(router->machine.role, VRRP_ROLE_BACKUP);
	assert_memory_equal(router->active.bytes, other, 4);
	assert_false(arp_answered(&virtual4));
	// It leaves: only the skew is waited for.
	hear(0, 0, 0);
	router_advance(700);
	assert_int_equal(router->machine.role, VRRP_ROLE_ACTIVE);
	assert_int_equal(router->counters.became_active, 2);
	assert_int_equal(router->counters.priority_zero_received, 1);
}

// A host that has the virtual MAC as its gateway's is routed.
static void frames_to_the_virtual_mac_are_routed(void **state)
{
	uint8_t frame[60] = {0}, *ip = frame + 14;
	uint32_t sum = 0;

	apply(op_static_neighbour("b", "10.0.2.2", 0x22));
	memcpy(frame, &virtual4, 6);
	memcpy(frame + 6, &host_mac, 6);
	frame[12] = 0x08;
	memcpy(ip, (uint8_t[]){0x45, 0, 0, 46, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 1, 50, 10, 0, 2, 2}, 20);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	router_forget();
	router_receive("a", frame, sizeof(frame));
	assert_int_equal(router_frames("b"), 1);
	assert_int_equal(router_frame("b", 0)->bytes[5], 0x22);
}

static void faults_are_counted(void **state)
{
	struct vrrp_counters before = router_named("four")->counters, *now = &router_named("four")->counters;

	hear(200, 8, 1); // TTL
	assert_int_equal(now->ttl_errors - before.ttl_errors, 1);
	hear(200, 20, 0x10); // version
	assert_int_equal(now->version_errors - before.version_errors, 1);
	hear(200, 20 + 2, 1); // checksum
	assert_int_equal(now->checksum_errors - before.checksum_errors, 1);
	hear(200, 3, 0x3c); // an IP packet that ends behind the header
	assert_int_equal(now->packet_length_errors - before.packet_length_errors, 1);
	assert_int_equal(now->advertisements_received, before.advertisements_received);
	assert_int_equal(router_named("four")->machine.role, VRRP_ROLE_ACTIVE);
}

static void a_lost_interface_lowers_the_priority(void **state)
{
	Sluice__Api__Operation *down = op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24"), 'b');
	uint8_t priority = 0;

	apply(vrrp_op(100, "10.0.1.254", true));
	router_forget();
	router_advance(1100);
	advertisements(&priority);
	assert_int_equal(priority, 100);
	down->set_l3_interface->enabled = false;
	apply(down);
	router_forget();
	router_advance(1100);
	advertisements(&priority);
	assert_int_equal(priority, 40);
	assert_int_equal(vrrp_priority(router_named("four")), 40);
}

static void what_is_deleted_says_so(void **state)
{
	uint8_t priority = 1;

	router_forget();
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_VRRP, "four"));
	assert_int_equal(advertisements(&priority), 1);
	assert_int_equal(priority, 0);
	assert_false(arp_answered(&virtual4));
}

static void the_same_for_ipv6(void **state)
{
	unsigned count = 0;

	apply(vrrp_op(100, "fe80::7", false));
	router_advance(4000);
	assert_int_equal(router_named("six")->machine.role, VRRP_ROLE_ACTIVE);
	router_forget();
	router_advance(1100);
	for (unsigned i = 0; i < router_frames("a"); i++) {
		const struct router_frame *frame = router_frame("a", i);
		struct vrrp_packet packet;

		if (frame->bytes[12] != 0x86 || frame->bytes[14 + 6] != VRRP_PROTOCOL) continue;
		assert_memory_equal(frame->bytes, ((uint8_t[]){0x33, 0x33, 0, 0, 0, 0x12, 0, 0, 0x5e, 0, 2, 7}), 12);
		assert_int_equal(vrrp_parse(frame->bytes + 54, frame->length - 54u, IP_V6, frame->bytes + 22,
					    frame->bytes + 38, &packet),
				 VRRP_FINE);
		count++;
	}
	assert_int_equal(count, 1);
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_VRRP, "six"));
	router_advance(100);
	assert_int_equal(router_packets_in_use(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silence_makes_it_active_and_a_better_one_backs_it_up),
		cmocka_unit_test(frames_to_the_virtual_mac_are_routed),
		cmocka_unit_test(faults_are_counted),
		cmocka_unit_test(a_lost_interface_lowers_the_priority),
		cmocka_unit_test(what_is_deleted_says_so),
		cmocka_unit_test(the_same_for_ipv6),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
