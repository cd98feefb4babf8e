// Many routes in one transaction of a client: others are answered and timers run meanwhile, and it comes to an end
// whatever becomes of the client. ROUTES=1000000 prints what a full table takes.
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../api/client.h"
#include "../../main/clock.h"
#include "../../main/stage.h"
#include "../../testing/control.h"
#include "fib.h"
#include "rib.h"

#define A_MESSAGE  10000
#define MOST_FRAME (1u << 20)

struct peer {
	int fd;
	struct frame_buffer input;
	uint32_t id;
};

static uint32_t routes = 100000;
static uint64_t longest_ns; // round of the loop, processor time: others share the machine
static unsigned ticks;
static struct timer ticker;

static void tick(struct timer *timer)
{
	ticks++;
	timer_arm(timer, control_now_ms() + 5);
}

static void go_round(void)
{
	uint64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);

	loop_round(0);
	longest_ns = RTE_MAX(longest_ns, clock_ns(CLOCK_THREAD_CPUTIME_ID) - began);
}

// ---------------------------------------------------------------- a client

static struct peer connect_peer(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	assert_non_null(client_new(pair[1]));
	return (struct peer){.fd = pair[0]};
}

static void disconnect(struct peer *peer)
{
	close(peer->fd);
	frame_buffer_free(&peer->input);
	for (unsigned i = 0; i < 5; i++)
		go_round();
}

static uint32_t ask(struct peer *peer, Sluice__Api__Request *request)
{
	static uint8_t frame[MOST_FRAME + 4];
	size_t size, sent = 0;

	request->id = ++peer->id;
	assert_true(sluice__api__request__get_packed_size(request) <= MOST_FRAME);
	size = sluice__api__request__pack(request, frame + 4);
	frame_put_length(frame, size);
	while (sent < size + 4) {
		ssize_t rc = send(peer->fd, frame + sent, size + 4 - sent, MSG_NOSIGNAL);

		if (rc < 0 && errno != EAGAIN) fail_msg("not sent: %s", strerror(errno));
		if (rc > 0) sent += (size_t)rc;
		if (rc < 0) go_round();
	}
	return peer->id;
}

// The next reply if it has come; NULL: not yet.
static Sluice__Api__Reply *come(struct peer *peer)
{
	const uint8_t *frame;
	size_t size;
	uint8_t *room;
	ssize_t got;

	for (;;) {
		if (frame_next(&peer->input, &frame, &size) == 1) return sluice__api__reply__unpack(NULL, size, frame);
		room = frame_buffer_room(&peer->input, 65536);
		got = recv(peer->fd, room, 65536, 0);
		if (got <= 0) return NULL;
		peer->input.to += (size_t)got;
	}
}

static Sluice__Api__Reply *answer(struct peer *peer, uint32_t id)
{
	Sluice__Api__Reply *reply;

	while ((reply = come(peer)) == NULL)
		go_round();
	assert_int_equal(reply->id, id);
	if (reply->body_case == SLUICE__API__REPLY__BODY_ERROR) fail_msg("%s", reply->error->message);
	return reply;
}

static void done(struct peer *peer, uint32_t id)
{
	sluice__api__reply__free_unpacked(answer(peer, id), NULL);
}

#define REQUEST(body_name, field, value)                                                                               \
	(&(Sluice__Api__Request){.base = PROTOBUF_C_MESSAGE_INIT(&sluice__api__request__descriptor),                   \
				 .body_case = SLUICE__API__REQUEST__BODY_##body_name,                                  \
				 .field = (value)})

static struct peer hello(const char *owner)
{
	Sluice__Api__Hello it = SLUICE__API__HELLO__INIT;
	struct peer peer = connect_peer();

	it.major = SLUICE__API__API_VERSION__MAJOR;
	it.owner = (char *)(uintptr_t)owner;
	done(&peer, ask(&peer, REQUEST(HELLO, hello, &it)));
	return peer;
}

static void begin(struct peer *peer, bool replay)
{
	Sluice__Api__Begin it = SLUICE__API__BEGIN__INIT;

	it.replay = replay;
	done(peer, ask(peer, REQUEST(BEGIN, begin, &it)));
}

static uint32_t prepare(struct peer *peer)
{
	Sluice__Api__Prepare it = SLUICE__API__PREPARE__INIT;

	return ask(peer, REQUEST(PREPARE, prepare, &it));
}

static uint32_t commit(struct peer *peer)
{
	Sluice__Api__Commit it = SLUICE__API__COMMIT__INIT;

	return ask(peer, REQUEST(COMMIT, commit, &it));
}

static void send_operation(struct peer *peer, Sluice__Api__Operation *operation)
{
	Sluice__Api__Operations it = SLUICE__API__OPERATIONS__INIT;

	it.n_operations = 1;
	it.operations = &operation;
	done(peer, ask(peer, REQUEST(OPERATIONS, operations, &it)));
}

static void take_operation(struct peer *peer, Sluice__Api__Operation *operation)
{
	send_operation(peer, operation);
	sluice__api__operation__free_unpacked(operation, NULL);
}

// ---------------------------------------------------------------- routes

// All over the address space; one in eight is longer than 24 bits.
static uint32_t address_of(uint32_t i, unsigned *length)
{
	uint32_t high = i * UINT32_C(0x9e3779b1) & 0xffffff;

	*length = i % 8 == 0 ? 26 + i / 8 % 6 : 24;
	return high << 8;
}

static void send_routes(struct peer *peer, const char *group)
{
	static Sluice__Api__Route route[A_MESSAGE], *list[A_MESSAGE];
	static Sluice__Api__RoutePrefix prefix[A_MESSAGE];
	static uint8_t bytes[A_MESSAGE][4];

	for (uint32_t from = 0; from < routes; from += A_MESSAGE) {
		Sluice__Api__Routes it = SLUICE__API__ROUTES__INIT;
		Sluice__Api__Operation operation = SLUICE__API__OPERATION__INIT;

		for (uint32_t i = 0; i < A_MESSAGE && from + i < routes; i++) {
			unsigned length;
			uint32_t address = rte_cpu_to_be_32(address_of(from + i, &length));

			memcpy(bytes[i], &address, 4);
			prefix[i] = (Sluice__Api__RoutePrefix)SLUICE__API__ROUTE_PREFIX__INIT;
			prefix[i].address = (ProtobufCBinaryData){4, bytes[i]};
			prefix[i].length = length;
			route[i] = (Sluice__Api__Route)SLUICE__API__ROUTE__INIT;
			route[i].prefix = &prefix[i];
			route[i].next_hop_group = (char *)(uintptr_t)group;
			list[it.n_set++] = &route[i];
		}
		it.vrf = (char *)(uintptr_t) "v";
		it.set = list;
		operation.op_case = SLUICE__API__OPERATION__OP_SET_ROUTES;
		operation.set_routes = &it;
		send_operation(peer, &operation);
	}
}

static uint32_t set_of(uint32_t i)
{
	unsigned length;
	uint32_t address = rte_cpu_to_be_32(address_of(i, &length)), set = 0;

	fib4_lookup(rib_next(1)->table[IP_V4].fib, &address, &set, 1);
	return set;
}

static uint32_t active(void)
{
	return rib_next(1)->table[IP_V4].active;
}

static void scene(struct peer *peer)
{
	Sluice__Api__Operation *vrf = op_vrf("v");

	vrf->set_vrf->route_limit = 2000000;
	begin(peer, false);
	take_operation(peer, vrf);
	take_operation(peer, op_next_hop_group("one", "v", "blackhole"));
	take_operation(peer, op_next_hop_group("two", "v", "blackhole"));
	done(peer, prepare(peer));
	done(peer, commit(peer));
}

// Waits for a reply, and has another client ask again and again meanwhile. How often that was answered before.
static unsigned others_answered(struct peer *peer, uint32_t id, struct peer *other, const char *what)
{
	Sluice__Api__Query query = SLUICE__API__QUERY__INIT;
	Sluice__Api__Empty empty = SLUICE__API__EMPTY__INIT;
	uint64_t began = clock_ns(CLOCK_MONOTONIC), asked = 0, slowest = 0;
	Sluice__Api__Reply *reply = NULL, *its;
	unsigned answered = 0, ticked = ticks;
	bool asks = false;

	query.what_case = SLUICE__API__QUERY__WHAT_ENGINE;
	query.engine = &empty;
	longest_ns = 0;
	while ((reply = come(peer)) == NULL) {
		if (!asks) {
			ask(other, REQUEST(QUERY, query, &query));
			asked = clock_ns(CLOCK_MONOTONIC);
			asks = true;
		}
		go_round();
		while ((its = come(other)) != NULL) {
			slowest = RTE_MAX(slowest, clock_ns(CLOCK_MONOTONIC) - asked);
			sluice__api__reply__free_unpacked(its, NULL);
			asks = false;
			answered++;
		}
	}
	assert_int_equal(reply->id, id);
	assert_int_not_equal(reply->body_case, SLUICE__API__REPLY__BODY_ERROR);
	sluice__api__reply__free_unpacked(reply, NULL);
	if (asks) {
		done(other, other->id);
		answered++;
	}
	printf("%-8s %7.1f ms, longest round %.1f ms, another client's %u queries took %.1f ms at most, %u ticks\n",
	       what, (double)(clock_ns(CLOCK_MONOTONIC) - began) / 1e6, (double)longest_ns / 1e6, answered,
	       (double)slowest / 1e6, ticks - ticked);
	return answered;
}

static int set_up(void **state)
{
	control_start();
	ticker.run = tick;
	return timer_arm(&ticker, control_now_ms());
}

static int tear_down(void **state)
{
	timer_disarm(&ticker);
	while (clients != NULL)
		client_close(clients);
	control_stop();
	return 0;
}

// One scene after the other: EAL starts once a process.
static void others_have_their_turn(void **state)
{
	struct peer peer = hello("routes"), other = hello("other");
	uint64_t began;
	uint32_t one, two;

	scene(&peer);
	begin(&peer, false);
	began = clock_ns(CLOCK_MONOTONIC);
	longest_ns = 0;
	send_routes(&peer, "one");
	printf("%u routes\n%-8s %7.1f ms, longest round %.1f ms\n", routes, "send",
	       (double)(clock_ns(CLOCK_MONOTONIC) - began) / 1e6, (double)longest_ns / 1e6);
	assert_true(others_answered(&peer, prepare(&peer), &other, "prepare") >= 3);
	assert_int_equal(active(), 0);
	assert_true(others_answered(&peer, commit(&peer), &other, "commit") >= 3);
	assert_int_equal(active(), routes);
	one = set_of(0);
	for (uint32_t i = 0; i < routes; i += 7)
		assert_int_equal(set_of(i), one);

	// A client that goes while it prepares has said nothing.
	begin(&peer, false);
	send_routes(&peer, "two");
	prepare(&peer);
	go_round();
	go_round();
	disconnect(&peer);
	assert_int_equal(active(), routes);
	assert_int_equal(set_of(routes / 2), one);
	peer = hello("routes");

	// One that goes while it commits has said all.
	begin(&peer, false);
	send_routes(&peer, "two");
	others_answered(&peer, prepare(&peer), &other, "prepare");
	commit(&peer);
	go_round();
	go_round();
	two = set_of(0);
	assert_int_not_equal(two, one);
	assert_int_equal(set_of(routes - 1), one);
	disconnect(&peer);
	for (uint32_t i = 0; i < routes; i += 7)
		assert_int_equal(set_of(i), two);
	peer = hello("routes");

	// A replay that does not name them.
	begin(&peer, true);
	take_operation(&peer, op_vrf("v"));
	take_operation(&peer, op_next_hop_group("one", "v", "blackhole"));
	assert_true(others_answered(&peer, prepare(&peer), &other, "sweep") >= 3);
	assert_true(others_answered(&peer, commit(&peer), &other, "delete") >= 3);
	assert_int_equal(active(), 0);
	disconnect(&peer);
	disconnect(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_have_their_turn),
	};

	if (getenv("ROUTES") != NULL) routes = (uint32_t)atoi(getenv("ROUTES"));
	return cmocka_run_group_tests_name("install", tests, set_up, tear_down);
}
