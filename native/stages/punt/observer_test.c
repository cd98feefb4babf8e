// Observation points with real TAPs in a network namespace of the test's own; a packet socket is the reader.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../ip/testing.h"
#include "observer.h"

#define PATIENCE_MS 5000
#define POINT(name) SLUICE__API__OBSERVATION__POINT__POINT_##name

static Sluice__Api__Operation *op_observation(const char *name, const char *kind, const char *of,
					      Sluice__Api__Observation__Point point)
{
	Sluice__Api__Operation *operation = malloc(sizeof(*operation));
	Sluice__Api__Observation *it = malloc(sizeof(*it));
	Sluice__Api__Tap *tap = malloc(sizeof(*tap));

	assert_true(operation != NULL && it != NULL && tap != NULL);
	sluice__api__operation__init(operation);
	sluice__api__observation__init(it);
	sluice__api__tap__init(tap);
	it->name = strdup(name);
	it->tap = tap;
	it->point = point;
	tap->device = strdup(name);
	it->element_case = strcmp(kind, "port") == 0           ? SLUICE__API__OBSERVATION__ELEMENT_PORT
			   : strcmp(kind, "logical-port") == 0 ? SLUICE__API__OBSERVATION__ELEMENT_LOGICAL_PORT
			   : strcmp(kind, "interface") == 0    ? SLUICE__API__OBSERVATION__ELEMENT_INTERFACE
							       : SLUICE__API__OBSERVATION__ELEMENT_STAGE;
	it->stage = strdup(of);
	operation->op_case = SLUICE__API__OPERATION__OP_SET_OBSERVATION;
	operation->set_observation = it;
	return operation;
}

static int reader(const char *device)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(0x0003)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(0x0003));

	to.sll_ifindex = (int)if_nametoindex(device);
	assert_true(fd >= 0 && to.sll_ifindex != 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

// Reads `expected` frames and sees that no more come; the last one is left in `frame`.
static unsigned copies(int fd, unsigned expected, uint8_t frame[2048], ssize_t *length)
{
	struct pollfd it = {.fd = fd, .events = POLLIN};
	unsigned count = 0;

	while (poll(&it, 1, count < expected ? PATIENCE_MS : 50) == 1) {
		*length = recv(fd, frame, 2048, 0);
		assert_true(*length > 0);
		count++;
	}
	return count;
}

static void assert_copies(int fd, unsigned expected, const uint8_t *bytes, uint32_t length)
{
	uint8_t frame[2048];
	ssize_t got = 0;

	assert_int_equal(copies(fd, expected, frame, &got), expected);
	if (expected == 0) return;
	assert_int_equal(got, length);
	assert_memory_equal(frame, bytes, length);
}

static void done(int fd, const char *name)
{
	close(fd);
	apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_OBSERVATION, name));
	assert_int_equal(if_nametoindex(name), 0);
}

// ---------------------------------------------------------------- tests

static void ports_show_what_comes_and_what_leaves(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 100);
	const struct router_frame *out;
	int in_fd, out_fd;

	(void)state;
	apply(op_observation("in", "port", "a", POINT(INGRESS)));
	apply(op_observation("out", "logical-port", "b", POINT(EGRESS)));
	in_fd = reader("in");
	out_fd = reader("out");
	test_receive("a", &p);
	assert_int_equal(router_frames("b"), 1);
	out = router_frame("b", 0);
	assert_copies(in_fd, 1, p.bytes, p.length);
	assert_copies(out_fd, 1, out->bytes, out->length);
	done(in_fd, "in");
	done(out_fd, "out");
	// Nobody looks any more, and nothing has changed for the packets.
	test_receive("a", &p);
	assert_int_equal(router_frames("b"), 1);
}

static void filter_sample_snap_and_rate(void **state)
{
	Sluice__Api__Operation *op = op_observation("few", "interface", "a", POINT(INGRESS)), *wrong;
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 100), q;
	int fd;

	(void)state;
	op->set_observation->filter = strdup("udp and dst host 10.0.2.2");
	op->set_observation->snap_length = 60;
	op->set_observation->sampling = 5;
	apply(op);
	fd = reader("few");
	q = test_udp6("2001:db8:1::2", "2001:db8:2::2", 10);
	for (unsigned i = 0; i < 10; i++) {
		p = test_udp4("10.0.1.2", "10.0.2.2", 100);
		router_send("a", p.bytes, p.length);
		router_send("a", q.bytes, q.length);
	}
	router_run();
	assert_copies(fd, 2, p.bytes, 60);
	done(fd, "few");
	// Five a second, and of those a tenth (but one) at once.
	op = op_observation("few", "port", "a", POINT(INGRESS));
	op->set_observation->rate = 5;
	apply(op);
	fd = reader("few");
	for (unsigned i = 0; i < 10; i++)
		router_send("a", p.bytes, p.length);
	router_run();
	assert_copies(fd, 1, p.bytes, p.length);
	done(fd, "few");
	wrong = op_observation("few", "port", "a", POINT(INGRESS));
	wrong->set_observation->filter = strdup("udp and nonsense");
	assert_non_null(router_apply(wrong, NULL));
	assert_non_null(router_apply(op_observation("few", "stage", "no-such-stage", POINT(INGRESS)), NULL));
	assert_non_null(router_apply(op_observation("few", "stage", "rx", POINT(INGRESS)), NULL));
	assert_non_null(router_apply(op_observation("few", "port", "no-such-port", POINT(INGRESS)), NULL));
	assert_int_equal(if_nametoindex("few"), 0);
}

static void drops_are_shown_where_they_happen(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.9.9.9", 10), q;
	int a, b;

	(void)state;
	apply(op_observation("lost", "port", "a", POINT(DROP)));
	apply(op_observation("other", "port", "b", POINT(DROP)));
	a = reader("lost");
	b = reader("other");
	for (unsigned i = 0; i < 3; i++)
		test_receive("a", &p);
	assert_copies(a, 3, p.bytes, p.length);
	q = test_udp4("10.0.1.2", "10.0.2.2", 10);
	test_receive("a", &q);
	assert_copies(a, 0, NULL, 0);
	assert_copies(b, 0, NULL, 0);
	done(a, "lost");
	done(b, "other");
}

static void stages_show_what_comes_to_them(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.1.1", 10);
	int fd, again;

	(void)state;
	apply(op_observation("local", "stage", "ip-local", POINT(INGRESS)));
	apply(op_observation("local2", "stage", "ip-local", POINT(INGRESS)));
	fd = reader("local");
	again = reader("local2");
	test_receive("a", &p);
	assert_copies(fd, 1, p.bytes, p.length);
	assert_copies(again, 1, p.bytes, p.length);
	done(fd, "local");
	test_receive("a", &p);
	assert_copies(again, 1, p.bytes, p.length);
	done(again, "local2");
	test_receive("a", &p);
}

// With its counters: another configuration begins anew, and the device stays.
static void a_change_keeps_the_device(void **state)
{
	struct test_packet p = test_udp4("10.0.1.2", "10.0.2.2", 100);
	int fd;

	(void)state;
	apply(op_observation("same", "port", "b", POINT(INGRESS)));
	fd = reader("same");
	apply(op_observation("same", "port", "a", POINT(INGRESS)));
	test_receive("a", &p);
	assert_copies(fd, 1, p.bytes, p.length);
	// The port goes, and with it in one transaction who observes it.
	assert_non_null(router_apply(op_delete(SLUICE__API__OBJECT_KIND__KIND_PORT, "a"), NULL));
	done(fd, "same");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_show_what_comes_and_what_leaves),
		cmocka_unit_test(filter_sample_snap_and_rate),
		cmocka_unit_test(drops_are_shown_where_they_happen),
		cmocka_unit_test(stages_show_what_comes_to_them),
		cmocka_unit_test(a_change_keeps_the_device),
	};

	if (unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "skipped: a network namespace takes root\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, test_set_up, test_tear_down);
}
