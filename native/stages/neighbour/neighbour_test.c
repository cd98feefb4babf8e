// Neighbours of the whole router: hosts on two ports and in a bridge domain, and a clock that the test moves.
// One file, although long: all cases speak as the same hosts to the same router.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include <arpa/inet.h>

#include "../../main/worker.h"
#include "../../testing/applied.h"
#include "address.h"
#include "arp.h"
#include "control.h"
#include "nd.h"

#define HOST4(last)                                                                                                    \
	{                                                                                                              \
		10, 0, 2, (last)                                                                                       \
	}

static const uint8_t source4[4] = {10, 0, 1, 2}, router_a4[4] = {10, 0, 1, 1}, router_b4[4] = {10, 0, 2, 1};
static const struct rte_ether_addr source_mac = {{2, 0, 0, 0, 0, 9}}, host_mac = {{2, 0, 0, 0, 0, 0x22}},
				   moved_mac = {{2, 0, 0, 0, 0, 0x33}},
				   broadcast = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

static struct ip_address ip_of(const char *text)
{
	struct ip_address address = {{0}};

	assert_int_equal(inet_pton(strchr(text, ':') != NULL ? AF_INET6 : AF_INET, text, address.bytes), 1);
	return address;
}

static struct neighbour *neighbour_of(const char *name, const char *text)
{
	struct ip_address address = ip_of(text);

	return neighbour_find(router_interface(name)->id, strchr(text, ':') != NULL ? IP_V6 : IP_V4, &address);
}

static int setup(void **state)
{
	router_start();
	apply(op_vrf("red"));
	apply(router_port("a"));
	apply(router_port("b"));
	apply(op_logical_port("a", "a", 0, ""));
	apply(op_logical_port("b", "b", 0, ""));
	apply(op_with_mac(op_l3_interface("a", "red", "a", "", "10.0.1.1/24 2001:db8:1::1/64"), 'a'));
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b'));
	apply(op_static_neighbour("a", "10.0.1.2", 9));
	apply(op_static_neighbour("a", "2001:db8:1::2", 9));
	router_run();
	return 0;
}

static int teardown(void **state)
{
	router_stop();
	return 0;
}

// What others know of before a test: nothing.
static int forget(void **state)
{
	struct neighbour *n;

	for (unsigned class = NEIGHBOUR_LEARNED; class < NEIGHBOUR_CLASSES; class ++)
		while ((n = TAILQ_FIRST(&neighbour_all[class])) != NULL)
			neighbour_forget(n);
	router_run();
	// Announcements of earlier tests.
	router_advance(5000);
	router_forget();
	return 0;
}

// ---------------------------------------------------------------- frames

static uint16_t ethernet(uint8_t *frame, const struct rte_ether_addr *to, const struct rte_ether_addr *from,
			 uint16_t type)
{
	memcpy(frame, to, 6);
	memcpy(frame + 6, from, 6);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	return RTE_ETHER_HDR_LEN;
}

// A UDP packet that comes in by port a.
static void send4(const uint8_t destination[4], uint8_t number)
{
	uint8_t frame[60] = {0}, *ip = frame + 14;
	uint32_t sum = 0;

	ethernet(frame, &router_interface("a")->live->mac, &source_mac, RTE_ETHER_TYPE_IPV4);
	memcpy(ip, (uint8_t[]){0x45, 0, 0, 46, 0, number, 0, 0, 64, 17}, 10);
	memcpy(ip + 12, source4, 4);
	memcpy(ip + 16, destination, 4);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
	router_receive("a", frame, sizeof(frame));
}

static void send6(const char *destination)
{
	struct ip_address from = ip_of("2001:db8:1::2"), to = ip_of(destination);
	uint8_t frame[14 + 40 + 8] = {0}, *ip = frame + 14;

	ethernet(frame, &router_interface("a")->live->mac, &source_mac, RTE_ETHER_TYPE_IPV6);
	memcpy(ip, (uint8_t[]){0x60, 0, 0, 0, 0, 8, 17, 64}, 8);
	memcpy(ip + 8, from.bytes, 16);
	memcpy(ip + 24, to.bytes, 16);
	router_receive("a", frame, sizeof(frame));
}

static void say_arp_in(const char *port, const char *it, uint16_t operation, const struct rte_ether_addr *mac,
		       const uint8_t sender[4], const uint8_t target[4])
{
	struct arp arp = {.operation = operation, .sender_mac = *mac};
	uint8_t frame[60] = {0};

	memcpy(arp.sender, sender, 4);
	memcpy(arp.target, target, 4);
	ethernet(frame, operation == ARP_REPLY ? &router_interface(it)->live->mac : &broadcast, mac,
		 RTE_ETHER_TYPE_ARP);
	arp_write(&arp, frame + 14);
	router_receive(port, frame, sizeof(frame));
}

static void say_arp(const char *port, uint16_t operation, const struct rte_ether_addr *mac, const uint8_t sender[4],
		    const uint8_t target[4])
{
	say_arp_in(port, port, operation, mac, sender, target);
}

static void say_nd(const char *port, const struct nd *nd, const struct rte_ether_addr *from)
{
	uint8_t frame[14 + ND_SIZE];
	struct rte_ether_addr to = router_interface(port)->live->mac;

	if (nd->destination[0] == 0xff) nd_group_mac(nd->destination, &to);
	ethernet(frame, &to, from, RTE_ETHER_TYPE_IPV6);
	router_receive(port, frame, (uint16_t)(14 + nd_write(nd, frame + 14)));
}

static void advertise(const char *port, const char *target, const struct rte_ether_addr *mac, uint8_t flags)
{
	struct nd nd = {.type = ND_TYPE_NEIGHBOUR_ADVERTISEMENT, .flags = flags, .mac = *mac, .has_mac = true};
	struct ip_address address = ip_of(target), to = ip_of("2001:db8:2::1");

	memcpy(nd.target, address.bytes, 16);
	memcpy(nd.source, address.bytes, 16);
	memcpy(nd.destination, to.bytes, 16);
	say_nd(port, &nd, mac);
}

// The i-th frame of the port is ARP, or Neighbor Discovery.
static bool frame_arp(const char *port, unsigned i, struct arp *arp)
{
	const struct router_frame *frame = router_frame(port, i);

	return frame->bytes[12] == 0x08 && frame->bytes[13] == 0x06 &&
	       arp_parse(frame->bytes + 14, frame->length - 14u, arp);
}

static bool frame_nd(const char *port, unsigned i, struct nd *nd)
{
	const struct router_frame *frame = router_frame(port, i);

	return frame->bytes[12] == 0x86 && frame->bytes[13] == 0xdd && frame->bytes[14 + 6] == 58 &&
	       nd_parse(frame->bytes + 14, frame->length - 14u, 40, nd);
}

static void assert_to(const struct router_frame *frame, const struct rte_ether_addr *mac)
{
	assert_memory_equal(frame->bytes, mac, 6);
}

// ---------------------------------------------------------------- resolution

static void first_packets_wait_and_go_on_in_order(void **state)
{
	const uint8_t host[] = HOST4(2);
	struct arp arp;

	for (uint8_t i = 1; i <= 3; i++)
		send4(host, i);
	assert_int_equal(router_frames("b"), 1);
	assert_true(frame_arp("b", 0, &arp));
	assert_to(router_frame("b", 0), &broadcast);
	assert_memory_equal(arp.sender, router_b4, 4);
	assert_memory_equal(arp.target, host, 4);
	say_arp("b", ARP_REPLY, &host_mac, host, router_b4);
	assert_int_equal(router_frames("b"), 4);
	for (uint8_t i = 1; i <= 3; i++) {
		assert_to(router_frame("b", i), &host_mac);
		assert_int_equal(router_frame("b", i)->bytes[14 + 5], i);
		assert_int_equal(router_frame("b", i)->bytes[14 + 8], 63);
	}
	send4(host, 4);
	assert_int_equal(router_frames("b"), 5);
	assert_true(neighbour_of("b", "10.0.2.2")->has_route);
}

static void first_packets_wait_and_go_on_in_order_ipv6(void **state)
{
	struct nd nd;
	struct ip_address host = ip_of("2001:db8:2::2");

	send6("2001:db8:2::2");
	assert_int_equal(router_frames("b"), 1);
	assert_true(frame_nd("b", 0, &nd));
	assert_int_equal(nd.type, ND_TYPE_NEIGHBOUR_SOLICITATION);
	assert_memory_equal(nd.target, host.bytes, 16);
	assert_true(nd.has_mac);
	assert_to(router_frame("b", 0), &(struct rte_ether_addr){{0x33, 0x33, 0xff, 0, 0, 2}});
	advertise("b", "2001:db8:2::2", &host_mac, ND_SOLICITED | ND_OVERRIDE);
	assert_int_equal(router_frames("b"), 2);
	assert_to(router_frame("b", 1), &host_mac);
	assert_int_equal(neighbour_of("b", "2001:db8:2::2")->nud.state, NUD_REACHABLE);
}

static void silence_is_told_to_the_sender(void **state)
{
	const uint8_t host[] = HOST4(77);

	send4(host, 1);
	send6("2001:db8:2::77");
	router_advance(2500);
	assert_int_equal(router_frames("b"), 6);
	assert_int_equal(router_frames("a"), 0);
	router_advance(1000);
	assert_int_equal(router_frames("a"), 2);
	assert_null(neighbour_of("b", "10.0.2.77"));
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *ip = router_frame("a", i)->bytes + 14;

		if (ip[0] == 0x45)
			assert_memory_equal(ip + 20, ((uint8_t[]){3, 1}), 2); // host unreachable
		else
			assert_memory_equal(ip + 40, ((uint8_t[]){1, 3}), 2); // address unreachable
	}
}

static void too_many_packets_for_one_keep_the_latest(void **state)
{
	const uint8_t host[] = HOST4(3);
	uint64_t before = router_drops("neighbour-queue-full");

	for (uint8_t i = 1; i <= HELD_EACH + 4; i++)
		send4(host, i);
	assert_int_equal(router_drops("neighbour-queue-full") - before, 4);
	say_arp("b", ARP_REPLY, &host_mac, host, router_b4);
	assert_int_equal(router_frames("b"), 1 + HELD_EACH);
	assert_int_equal(router_frame("b", 1)->bytes[14 + 5], 5);
}

// ---------------------------------------------------------------- answers

static void own_addresses_are_answered(void **state)
{
	struct ip_address target = ip_of("2001:db8:2::1"), host = ip_of("2001:db8:2::5");
	struct nd asks = {.type = ND_TYPE_NEIGHBOUR_SOLICITATION, .mac = host_mac, .has_mac = true}, nd;
	const uint8_t sender[] = HOST4(5), other[] = HOST4(99);
	struct arp arp;

	say_arp("b", ARP_REQUEST, &host_mac, sender, other);
	assert_int_equal(router_frames("b"), 0);
	say_arp("b", ARP_REQUEST, &host_mac, sender, router_b4);
	assert_int_equal(router_frames("b"), 1);
	assert_true(frame_arp("b", 0, &arp));
	assert_int_equal(arp.operation, ARP_REPLY);
	assert_true(rte_is_same_ether_addr(&arp.sender_mac, &router_interface("b")->live->mac));
	assert_to(router_frame("b", 0), &host_mac);
	// Who asked is known now: its first packet does not wait.
	send4(sender, 1);
	assert_int_equal(router_frames("b"), 2);
	assert_to(router_frame("b", 1), &host_mac);

	memcpy(asks.source, host.bytes, 16);
	memcpy(asks.target, target.bytes, 16);
	nd_solicited_group(asks.target, asks.destination);
	router_forget();
	say_nd("b", &asks, &host_mac);
	assert_int_equal(router_frames("b"), 1);
	assert_true(frame_nd("b", 0, &nd));
	assert_int_equal(nd.flags, ND_ROUTER | ND_SOLICITED | ND_OVERRIDE);
	assert_memory_equal(nd.destination, host.bytes, 16);
	send6("2001:db8:2::5");
	assert_int_equal(router_frames("b"), 2);
}

static void addresses_of_others_are_not_answered_for(void **state)
{
	const uint8_t sender[] = HOST4(5);

	// One of another interface, and one of a subnet that is not on the link: answered, but nothing is learned.
	say_arp("b", ARP_REQUEST, &host_mac, sender, router_a4);
	assert_int_equal(router_frames("b"), 0);
	say_arp("b", ARP_REQUEST, &host_mac, source4, router_b4);
	assert_int_equal(router_frames("b"), 1);
	assert_null(neighbour_of("b", "10.0.1.2"));
}

// ---------------------------------------------------------------- life

static void the_first_packet_after_a_move_goes_to_the_new_mac(void **state)
{
	const uint8_t host[] = HOST4(6);

	send4(host, 1);
	say_arp("b", ARP_REPLY, &host_mac, host, router_b4);
	say_arp("b", ARP_REQUEST, &moved_mac, host, host);
	router_forget();
	send4(host, 2);
	assert_to(router_frame("b", 0), &moved_mac);
	send6("2001:db8:2::6");
	advertise("b", "2001:db8:2::6", &host_mac, ND_SOLICITED | ND_OVERRIDE);
	advertise("b", "2001:db8:2::6", &moved_mac, ND_OVERRIDE);
	router_forget();
	send6("2001:db8:2::6");
	assert_to(router_frame("b", 0), &moved_mac);
}

static void what_is_used_is_asked_again_and_kept(void **state)
{
	const uint8_t host[] = HOST4(7);
	struct arp arp;
	unsigned asked = 0;

	send4(host, 1);
	say_arp("b", ARP_REPLY, &host_mac, host, router_b4);
	for (unsigned second = 0; second < 150; second++) {
		router_forget();
		send4(host, 2);
		assert_to(router_frame("b", 0), &host_mac);
		router_advance(1000);
		for (unsigned i = 0; i < router_frames("b"); i++)
			if (frame_arp("b", i, &arp)) {
				asked++;
				assert_to(router_frame("b", i), &host_mac);
				say_arp("b", ARP_REPLY, &host_mac, host, router_b4);
				break;
			}
	}
	// ReachableTime is 15 to 45 seconds, then 1 to notice its use and 5 of delay.
	assert_in_range(asked, 2, 8);
	// Gone away: its last packets wait until three probes and three requests were not answered.
	for (unsigned second = 0; second < 70; second++) {
		send4(host, 3);
		router_advance(1000);
	}
	router_forget();
	router_advance(5000);
	assert_null(neighbour_of("b", "10.0.2.7"));
}

static void what_is_not_used_is_forgotten_in_the_end(void **state)
{
	const uint8_t host[] = HOST4(8);

	say_arp("b", ARP_REQUEST, &host_mac, host, router_b4);
	assert_int_equal(neighbour_of("b", "10.0.2.8")->nud.state, NUD_STALE);
	router_forget();
	router_advance(NUD_STALE_MS - 2000);
	assert_non_null(neighbour_of("b", "10.0.2.8"));
	router_advance(3000);
	assert_null(neighbour_of("b", "10.0.2.8"));
	assert_int_equal(router_frames("b"), 0);
}

// ---------------------------------------------------------------- limits

static void a_scan_takes_bounded_memory_and_leaves_neighbours_alone(void **state)
{
	const uint8_t host[] = HOST4(9);
	Sluice__Api__Operation *wide =
		op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/16 2001:db8:2::1/64"), 'b');
	unsigned most = 0;

	apply(wide);
	say_arp("b", ARP_REQUEST, &host_mac, host, router_b4);
	for (unsigned i = 0; i < 3000; i++) {
		const uint8_t address[4] = {10, 0, (uint8_t)(16 + i / 250), (uint8_t)(1 + i % 250)};

		send4(address, 1);
		most = RTE_MAX(most, router_packets_in_use());
		assert_true(neighbour_count[NEIGHBOUR_ASKED] <= 512);
	}
	assert_true(most <= 1024 + 64);
	// Requests: a burst of 500, then 500 a second.
	assert_true(router_frames("b") <= 2100);
	assert_int_equal(neighbour_of("b", "10.0.2.9")->class, NEIGHBOUR_LEARNED);
	router_forget();
	send4(host, 1);
	assert_to(router_frame("b", 0), &host_mac);
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b'));
	router_advance(5000);
	assert_int_equal(neighbour_count[NEIGHBOUR_ASKED], 0);
}

static void the_oldest_makes_room(void **state)
{
	Sluice__Api__Operation *limited =
		op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b');
	uint64_t before = neighbour_evictions;

	limited->set_l3_interface->neighbour_limit = 4;
	apply(limited);
	for (uint8_t i = 1; i <= 6; i++) {
		const uint8_t host[] = HOST4((uint8_t)(100 + i));

		say_arp("b", ARP_REQUEST, &host_mac, host, router_b4);
		if (i == 4) {
			// The oldest is used: the second oldest goes.
			send4((const uint8_t[])HOST4(101), 1);
			router_advance(1100);
		}
	}
	assert_int_equal(neighbour_evictions - before, 2);
	assert_non_null(neighbour_of("b", "10.0.2.101"));
	assert_null(neighbour_of("b", "10.0.2.102"));
	assert_null(neighbour_of("b", "10.0.2.103"));
	assert_non_null(neighbour_of("b", "10.0.2.106"));
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b'));
}

// ---------------------------------------------------------------- own addresses

static enum address_status status_of(const char *name, const char *text)
{
	struct ip_address address = ip_of(text);
	struct own_address *own =
		address_find(router_interface(name)->id, strchr(text, ':') != NULL ? IP_V6 : IP_V4, address.bytes);

	assert_non_null(own);
	return (enum address_status)own->status;
}

static void detection_finds_nobody(void **state)
{
	Sluice__Api__Operation *more = op_with_mac(
		op_l3_interface("b", "red", "b", "", "10.0.2.1/24 10.0.2.200/24 2001:db8:2::1/64 2001:db8:2::200/64"),
		'b');
	unsigned probes = 0, announcements = 0;
	static const uint8_t zero[16];

	more->set_l3_interface->dad_transmits = 1;
	apply(more);
	assert_int_equal(status_of("b", "10.0.2.200"), STATUS_TENTATIVE);
	assert_int_equal(status_of("b", "2001:db8:2::200"), STATUS_TENTATIVE);
	assert_int_equal(status_of("b", "10.0.2.1"), STATUS_PREFERRED);
	// Not answered for while it is tentative.
	say_arp("b", ARP_REQUEST, &host_mac, (const uint8_t[])HOST4(5), (const uint8_t[])HOST4(200));
	router_advance(8000);
	assert_int_equal(status_of("b", "10.0.2.200"), STATUS_PREFERRED);
	assert_int_equal(status_of("b", "2001:db8:2::200"), STATUS_PREFERRED);
	for (unsigned i = 0; i < router_frames("b"); i++) {
		struct arp arp;
		struct nd nd;

		if (frame_arp("b", i, &arp)) {
			probes += memcmp(arp.sender, zero, 4) == 0;
			announcements += memcmp(arp.sender, arp.target, 4) == 0;
			assert_int_equal(arp.operation, ARP_REQUEST);
		} else if (frame_nd("b", i, &nd)) {
			probes += memcmp(nd.source, zero, 16) == 0;
			announcements += nd.type == ND_TYPE_NEIGHBOUR_ADVERTISEMENT;
		}
	}
	assert_int_equal(probes, 2);
	assert_int_equal(announcements, 2 + 3);
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b'));
}

static void detection_finds_somebody(void **state)
{
	Sluice__Api__Operation *more = op_with_mac(
		op_l3_interface("b", "red", "b", "", "10.0.2.1/24 10.0.2.201/24 2001:db8:2::1/64 2001:db8:2::201/64"),
		'b');
	struct nd nd = {
		.type = ND_TYPE_NEIGHBOUR_ADVERTISEMENT, .flags = ND_OVERRIDE, .mac = host_mac, .has_mac = true};
	struct ip_address taken = ip_of("2001:db8:2::201");

	more->set_l3_interface->dad_transmits = 1;
	apply(more);
	say_arp("b", ARP_REPLY, &host_mac, (const uint8_t[])HOST4(201), (const uint8_t[]){0, 0, 0, 0});
	memcpy(nd.source, taken.bytes, 16);
	memcpy(nd.target, taken.bytes, 16);
	memcpy(nd.destination, (uint8_t[16]){0xff, 2, [15] = 1}, 16);
	say_nd("b", &nd, &host_mac);
	assert_int_equal(status_of("b", "10.0.2.201"), STATUS_DUPLICATE);
	assert_int_equal(status_of("b", "2001:db8:2::201"), STATUS_DUPLICATE);
	router_advance(10000);
	router_forget();
	say_arp("b", ARP_REQUEST, &host_mac, (const uint8_t[])HOST4(5), (const uint8_t[])HOST4(201));
	assert_int_equal(router_frames("b"), 0);
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b'));
}

static void an_address_in_use_is_defended(void **state)
{
	struct arp arp;

	for (unsigned i = 0; i < 3; i++)
		say_arp("b", ARP_REQUEST, &host_mac, router_b4, router_b4);
	assert_int_equal(router_frames("b"), 1);
	assert_true(frame_arp("b", 0, &arp));
	assert_memory_equal(arp.sender, router_b4, 4);
	assert_int_equal(status_of("b", "10.0.2.1"), STATUS_PREFERRED);
	router_advance(11000);
	say_arp("b", ARP_REQUEST, &host_mac, router_b4, router_b4);
	assert_int_equal(router_frames("b"), 2);
}

static void another_mac_is_announced_and_used(void **state)
{
	Sluice__Api__Operation *other =
		op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b');
	const uint8_t host[] = HOST4(10);
	unsigned announced = 0;
	struct arp arp;

	say_arp("b", ARP_REQUEST, &host_mac, host, router_b4);
	other->set_l3_interface->mac.data[3] = 0x77;
	router_forget();
	apply(other);
	for (unsigned i = 0; i < router_frames("b"); i++)
		announced += frame_arp("b", i, &arp) && arp.sender_mac.addr_bytes[3] == 0x77;
	assert_int_equal(announced, 1);
	router_forget();
	send4(host, 1);
	assert_int_equal(router_frame("b", 0)->bytes[6 + 3], 0x77);
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b'));
}

static void link_local_addresses_are_made(void **state)
{
	const struct interface_live *live = router_interface("b")->live;
	struct ip_address made = ip_of("fe80::ff:fe00:162");

	assert_true(live->has_link_local);
	assert_memory_equal(live->link_local.bytes, made.bytes, 16);
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64 fe80::1/64"), 'b'));
	assert_false(live->has_link_local);
	apply(op_with_mac(op_l3_interface("b", "red", "b", "", "10.0.2.1/24 2001:db8:2::1/64"), 'b'));
	assert_true(live->has_link_local);
}

static void a_bridge_domain_is_asked_everywhere(void **state)
{
	Sluice__Api__Operation *irb;
	const uint8_t host[] = {10, 0, 3, 2}, router[] = {10, 0, 3, 1};
	struct neighbour *n;
	struct arp arp;

	apply(op_bridge_domain("bd", 300));
	apply(router_port("c"));
	apply(router_port("d"));
	apply(op_logical_port("c", "c", 0, "bd"));
	apply(op_logical_port("d", "d", 0, "bd"));
	irb = op_l3_interface("irb", "red", "", "bd", "10.0.3.1/24");
	apply(irb);
	router_advance(5000);
	router_forget();
	send4(host, 1);
	assert_int_equal(router_frames("c"), 1);
	assert_int_equal(router_frames("d"), 1);
	assert_true(frame_arp("c", 0, &arp));
	say_arp_in("d", "irb", ARP_REPLY, &host_mac, host, router);
	assert_int_equal(router_frames("c"), 1);
	assert_int_equal(router_frames("d"), 2);
	assert_to(router_frame("d", 1), &host_mac);
	n = neighbour_of("irb", "10.0.3.2");
	assert_int_equal(n->nud.state, NUD_REACHABLE);
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_L3_INTERFACE, "irb"));
	assert_int_equal(router_packets_in_use(), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_packets_wait_and_go_on_in_order),
		TEST(first_packets_wait_and_go_on_in_order_ipv6),
		TEST(silence_is_told_to_the_sender),
		TEST(too_many_packets_for_one_keep_the_latest),
		TEST(own_addresses_are_answered),
		TEST(addresses_of_others_are_not_answered_for),
		TEST(the_first_packet_after_a_move_goes_to_the_new_mac),
		TEST(what_is_used_is_asked_again_and_kept),
		TEST(what_is_not_used_is_forgotten_in_the_end),
		TEST(a_scan_takes_bounded_memory_and_leaves_neighbours_alone),
		TEST(the_oldest_makes_room),
		TEST(detection_finds_nobody),
		TEST(detection_finds_somebody),
		TEST(an_address_in_use_is_defended),
		TEST(another_mac_is_announced_and_used),
		TEST(link_local_addresses_are_made),
		TEST(a_bridge_domain_is_asked_everywhere),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
