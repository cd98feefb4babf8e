// The kernel behind L3 interfaces: real TAPs, in a network namespace of the test's own, with sockets as the daemons.
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../testing/random.h"
#include "../flow/control.h"
#include "../ip/testing.h"
#include "tap.h"

#define PATIENCE_MS 5000

// ---------------------------------------------------------------- the router

static Sluice__Api__Operation *op_with_tap(Sluice__Api__Operation *interface, const char *device, const char *space)
{
	Sluice__Api__Tap *tap = malloc(sizeof(*tap));

	assert_non_null(tap);
	sluice__api__tap__init(tap);
	tap->device = strdup(device);
	tap->network_namespace = strdup(space);
	interface->set_l3_interface->tap = tap;
	return interface;
}

static Sluice__Api__Operation *op_policer(const char *class, uint32_t rate, uint32_t burst)
{
	Sluice__Api__Operation *operation = malloc(sizeof(*operation));
	Sluice__Api__ControlPlanePolicer *it = malloc(sizeof(*it));

	assert_non_null(operation);
	assert_non_null(it);
	sluice__api__operation__init(operation);
	sluice__api__control_plane_policer__init(it);
	it->class_ = strdup(class);
	it->packets_per_second = rate;
	it->burst = burst;
	operation->op_case = SLUICE__API__OPERATION__OP_SET_CONTROL_PLANE_POLICER;
	operation->set_control_plane_policer = it;
	return operation;
}

static Sluice__Api__Operation *interface_a(const char *device, const char *space)
{
	return op_with_tap(op_l3_interface("a", "main", "a", "", "10.0.1.1/24 2001:db8:1::1/64"), device, space);
}

static int set_up(void **state)
{
	test_set_up(state);
	apply(op_logical_port("b.30", "b", 30, ""));
	return 0;
}

// As every test finds it.
static int begin(void **state)
{
	RTE_SET_USED(state);
	apply(op_with_tap(op_l3_interface("b.30", "main", "b.30", "", "10.0.3.1/24"), "tag0", ""));
	apply(op_static_neighbour("b.30", "10.0.3.2", 3));
	apply(interface_a("tap0", ""));
	test_settle();
	return 0;
}

// ---------------------------------------------------------------- the kernel

static struct sockaddr_in address4(const char *text, uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};

	assert_int_equal(inet_pton(AF_INET, text, &address.sin_addr), 1);
	return address;
}

static int udp_socket(const char *address, uint16_t port)
{
	struct sockaddr_in own = address4(address, port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	return fd;
}

// Whether the socket gets something in the time.
static bool gets(int fd, int ms)
{
	struct pollfd it = {.fd = fd, .events = POLLIN};

	return poll(&it, 1, ms) == 1;
}

static unsigned count_datagrams(int fd, unsigned expected)
{
	unsigned count = 0;
	char bytes[2048];

	// The last are waited for, and none more come.
	while (gets(fd, count < expected ? PATIENCE_MS : 50)) {
		assert_true(recv(fd, bytes, sizeof(bytes), 0) > 0);
		count++;
	}
	return count;
}

static void send4(int fd, const char *to, uint16_t port)
{
	struct sockaddr_in peer = address4(to, port);

	assert_int_equal(sendto(fd, "datagram", 8, 0, (struct sockaddr *)&peer, sizeof(peer)), 8);
}

// The next frame that leaves by the port with this EtherType at that place; what else leaves is passed over.
static const struct router_frame *await_frame(const char *port, unsigned type, unsigned place)
{
	for (unsigned waited = 0; waited < PATIENCE_MS * 10; waited++) {
		router_run();
		for (unsigned i = 0; i < router_frames(port); i++) {
			const struct router_frame *frame = router_frame(port, i);

			if (frame->length > place + 2 && read_be16(frame->bytes + place) == type) return frame;
		}
		usleep(100);
	}
	fail_msg("nothing left by port %s", port);
	return NULL;
}

static bool has_address(const char *device, const char *text)
{
	struct ifaddrs *all, *it;
	char found[INET6_ADDRSTRLEN];
	bool has = false;

	assert_int_equal(getifaddrs(&all), 0);
	for (it = all; it != NULL; it = it->ifa_next) {
		if (it->ifa_addr == NULL || strcmp(it->ifa_name, device) != 0) continue;
		if (it->ifa_addr->sa_family == AF_INET)
			inet_ntop(AF_INET, &((struct sockaddr_in *)(void *)it->ifa_addr)->sin_addr, found,
				  sizeof(found));
		else if (it->ifa_addr->sa_family == AF_INET6)
			inet_ntop(AF_INET6, &((struct sockaddr_in6 *)(void *)it->ifa_addr)->sin6_addr, found,
				  sizeof(found));
		else
			continue;
		has |= strcmp(found, text) == 0;
	}
	freeifaddrs(all);
	return has;
}

static struct ifreq ask_device(const char *device, unsigned long what)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	assert_int_equal(ioctl(fd, what, &request), 0);
	close(fd);
	return request;
}

// ---------------------------------------------------------------- tests

static void the_device_follows_the_interface(void **state)
{
	Sluice__Api__Operation *changed = op_with_mac(interface_a("tap0", ""), 'x');
	const uint8_t mac[] = {2, 0, 0, 0, 1, 'x'};

	(void)state;
	assert_memory_equal(ask_device("tap0", SIOCGIFHWADDR).ifr_hwaddr.sa_data, &router_interface("a")->live->mac, 6);
	assert_int_equal(ask_device("tap0", SIOCGIFFLAGS).ifr_flags & (IFF_UP | IFF_RUNNING), IFF_UP | IFF_RUNNING);
	assert_true(has_address("tap0", "10.0.1.1"));
	assert_true(has_address("tap0", "2001:db8:1::1"));
	changed->set_l3_interface->mtu = 1400;
	apply(changed);
	router_advance(5000);
	assert_memory_equal(ask_device("tap0", SIOCGIFHWADDR).ifr_hwaddr.sa_data, mac, 6);
	assert_int_equal(ask_device("tap0", SIOCGIFMTU).ifr_mtu, 1400);
	apply(op_with_tap(op_l3_interface("a", "main", "a", "", "10.0.1.7/24"), "tap0", ""));
	router_advance(5000);
	assert_false(has_address("tap0", "10.0.1.1"));
	assert_false(has_address("tap0", "2001:db8:1::1"));
	assert_true(has_address("tap0", "10.0.1.7"));
	// Another name: one goes, one comes; and none at all.
	apply(interface_a("other0", ""));
	assert_int_equal(if_nametoindex("tap0"), 0);
	assert_int_not_equal(if_nametoindex("other0"), 0);
	apply(op_l3_interface("a", "main", "a", "", "10.0.1.1/24 2001:db8:1::1/64"));
	assert_int_equal(if_nametoindex("other0"), 0);
}

static void datagrams_go_both_ways(void **state)
{
	int fd = udp_socket("10.0.1.1", 2000);
	struct test_packet p = test_udp4("10.0.1.2", "10.0.1.1", 100);
	const struct router_frame *frame;

	(void)state;
	test_receive("a", &p);
	assert_int_equal(count_datagrams(fd, 1), 1);
	router_forget();
	send4(fd, "10.0.1.2", 1000);
	frame = await_frame("a", 0x0800, 12);
	assert_memory_equal(frame->bytes, test_mac_a, 6);
	assert_memory_equal(frame->bytes + 6, &router_interface("a")->live->mac, 6);
	assert_int_equal(frame->bytes[14 + 9], IPPROTO_UDP);
	assert_memory_equal(frame->bytes + 14 + 28, "datagram", 8);
	close(fd);
	// By a sub-interface: with its tag.
	fd = udp_socket("10.0.3.1", 2000);
	router_forget();
	send4(fd, "10.0.3.2", 1000);
	frame = await_frame("b", 0x0800, 16);
	assert_int_equal(read_be16(frame->bytes + 12), 0x8100);
	assert_int_equal(read_be16(frame->bytes + 14), 30);
	assert_memory_equal(frame->bytes + 18 + 28, "datagram", 8);
	close(fd);
}

static void the_kernel_asks_the_engine_for_neighbours(void **state)
{
	int fd = udp_socket("10.0.1.1", 2000);
	const struct router_frame *frame;
	uint8_t reply[64] = {0};

	(void)state;
	router_forget();
	send4(fd, "10.0.1.99", 1000);
	frame = await_frame("a", 0x0806, 12);
	assert_memory_equal(frame->bytes + 38, ((uint8_t[]){10, 0, 1, 99}), 4);
	// The answer of 10.0.1.99.
	memcpy(reply, &router_interface("a")->live->mac, 6);
	memcpy(reply + 6, (uint8_t[]){2, 0, 0, 0, 0, 0x99, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 0x99}, 22);
	memcpy(reply + 28, (uint8_t[]){10, 0, 1, 99}, 4);
	memcpy(reply + 32, &router_interface("a")->live->mac, 6);
	memcpy(reply + 38, (uint8_t[]){10, 0, 1, 1}, 4);
	router_forget();
	router_receive("a", reply, sizeof(reply));
	frame = await_frame("a", 0x0800, 12);
	assert_memory_equal(frame->bytes, ((uint8_t[]){2, 0, 0, 0, 0, 0x99}), 6);
	close(fd);
}

static void classes_are_limited(void **state)
{
	int fd = udp_socket("10.0.1.1", 2000);
	struct test_packet p = test_udp4("10.0.1.2", "10.0.1.1", 10);
	uint64_t before = router_drops("control-plane-policed");
	Sluice__Api__Operation *none = op_policer("none", 1, 1);

	(void)state;
	apply(op_policer("other", 1, 3));
	for (unsigned i = 0; i < 10; i++)
		test_receive("a", &p);
	assert_int_equal(count_datagrams(fd, 3), 3);
	assert_int_equal(router_drops("control-plane-policed"), before + 7);
	apply(op_policer("other", 0, 0));
	test_receive("a", &p);
	assert_int_equal(router_drops("control-plane-policed"), before + 8);
	// The engine's own limit again.
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_CONTROL_PLANE_POLICER, "other"));
	for (unsigned i = 0; i < 10; i++)
		test_receive("a", &p);
	assert_int_equal(count_datagrams(fd, 10), 10);
	assert_non_null(router_apply(none, NULL));
	close(fd);
}

static void without_its_namespace_the_interface_works_alone(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.1.1", 10);
	struct test_packet through = test_udp4("10.0.1.2", "10.0.2.2", 10);

	(void)state;
	apply(interface_a("tap0", "there-is-no-such-namespace"));
	assert_int_equal(if_nametoindex("tap0"), 0);
	TEST_DROPPED(p, "punt-queue-full");
	through = test_udp4("10.0.1.2", "10.0.2.2", 10);
	test_receive("a", &through);
	assert_int_equal(router_frames("b"), 1);
	// Taken by somebody else: tried again until it is free.
	apply(interface_a("tag0", ""));
	TEST_DROPPED(p, "punt-queue-full");
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_STATIC_NEIGHBOUR, "b.30/10.0.3.2"));
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_L3_INTERFACE, "b.30"));
	router_advance(1000);
	assert_true(has_address("tag0", "10.0.1.1"));
}

static void a_refused_transaction_makes_no_device(void **state)
{
	(void)state;
	assert_non_null(router_apply(op_with_tap(op_l3_interface("b", "main", "b", "", "10.0.2.1/24"), "new0", ""),
				     op_policer("none", 1, 1), NULL));
	assert_int_equal(if_nametoindex("new0"), 0);
	assert_non_null(router_apply(interface_a("0123456789abcdef", ""), NULL));
	assert_non_null(router_apply(interface_a("tap0", "../x"), NULL));
}

static void odd_frames_of_the_kernel_do_no_harm(void **state)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("tap0"), .sll_halen = 6};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), sent = 0;
	const struct tap *tap = router_interface("a")->tap;
	uint64_t before = atomic_load(&tap->port.from_kernel) + atomic_load(&tap->port.from_kernel_dropped), now = 0;
	uint64_t random = random_seed();

	(void)state;
	assert_true(fd >= 0);
	for (unsigned i = 0; i < 2000; i++) {
		static const uint16_t types[] = {0x0800, 0x86dd, 0x0806, 0x8100, 0x0027, 0x0800};
		uint8_t frame[1514];
		size_t length = 15 + (random_bits(&random) >> 32) % 600;

		for (size_t k = 0; k < length; k++)
			frame[k] = (uint8_t)(random_bits(&random) >> 40);
		test_put16(frame + 12, types[(random_bits(&random) >> 32) % RTE_DIM(types)]);
		// Often nearly right.
		if ((random_bits(&random) >> 32) % 2 == 0) frame[14] = frame[12] == 0x86 ? 0x60 : 0x45;
		if ((random_bits(&random) >> 32) % 2 == 0) memset(frame + 14, 0, 6);
		if (sendto(fd, frame, length, 0, (struct sockaddr *)&to, sizeof(to)) > 0) sent++;
		if (i % 100 == 0) router_run();
	}
	assert_true(sent > 1000);
	for (unsigned waited = 0; now < before + (uint64_t)sent && waited < PATIENCE_MS; waited++) {
		router_run();
		usleep(1000);
		now = atomic_load(&tap->port.from_kernel) + atomic_load(&tap->port.from_kernel_dropped);
	}
	// All that the device's own queue did not drop.
	assert_true(now > before);
	assert_true(router_drops("tap-malformed") > 0);
	close(fd);
}

static void trace(const struct test_packet *p)
{
	struct flow_trace result;
	const struct dataplane *dp = dataplane_current();

	for (unsigned i = 0; i < dp->port_count; i++)
		if (strcmp(dp->ports[dp->port_ids[i]]->name, "a") == 0)
			assert_int_equal(flow_trace_frame(dp->ports[dp->port_ids[i]], p->bytes, p->length, &result), 0);
}

// What ends in a ring to another thread: a trace must not.
static void a_trace_reaches_nobody(void **state)
{
	int fd = udp_socket("10.0.1.1", 2000);
	struct test_packet p = test_udp4("10.0.1.2", "10.0.1.1", 10);
	uint8_t mac[6];

	(void)state;
	router_forget();
	trace(&p);
	p = test_udp4("10.0.1.2", "10.0.2.77", 10); // a neighbour that is not known
	trace(&p);
	p = test_udp4("10.0.1.2", "224.0.0.18", 10);
	p.bytes[14 + 9] = 112; // VRRP
	test_checksum4(&p);
	trace(&p);
	test_mac_of("a", mac);
	test_frame(&p, "a", test_mac_a, 0x0806);
	memset(p.bytes, 0xff, 6);
	memcpy(p.bytes + 14,
	       (uint8_t[]){0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 1, 2, 0, 0, 0, 0, 0, 0, 10, 0, 1, 1}, 28);
	p.length = 60;
	trace(&p);
	test_frame(&p, "a", test_mac_a, 0x8809);
	memcpy(p.bytes, (uint8_t[]){1, 0x80, 0xc2, 0, 0, 2}, 6);
	p.bytes[14] = 1;
	p.length = 124;
	trace(&p);
	router_run();
	assert_int_equal(router_frames("a") + router_frames("b"), 0);
	assert_int_equal(count_datagrams(fd, 0), 0);
	close(fd);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_device_follows_the_interface),
		TEST(datagrams_go_both_ways),
		TEST(the_kernel_asks_the_engine_for_neighbours),
		TEST(classes_are_limited),
		TEST(without_its_namespace_the_interface_works_alone),
		TEST(a_refused_transaction_makes_no_device),
		TEST(odd_frames_of_the_kernel_do_no_harm),
		TEST(a_trace_reaches_nobody),
	};

	if (unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "skipped: a network namespace takes root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, test_tear_down);
}
