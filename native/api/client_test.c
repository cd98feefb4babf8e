// A connection: what a client sends, in any pieces and however wrong, and what it gets back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../testing/control.h"
#include "client.h"

#define CODE(name) SLUICE__API__ERROR_CODE__ERROR_##name

struct peer {
	int fd;
	struct frame_buffer input;
};

static struct peer connect_peer(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
	assert_non_null(client_new(pair[1]));
	return (struct peer){.fd = pair[0]};
}

static void rounds(void)
{
	for (int i = 0; i < 20; i++)
		loop_round(0);
}

static void disconnect(struct peer *peer)
{
	close(peer->fd);
	frame_buffer_free(&peer->input);
	rounds();
}

static size_t pack(Sluice__Api__Request *request, uint8_t *at)
{
	size_t size = sluice__api__request__pack(request, at + 4);

	frame_put_length(at, size);
	return size + 4;
}

static void send_request(struct peer *peer, Sluice__Api__Request *request)
{
	uint8_t frame[4096];
	size_t size = pack(request, frame);

	assert_int_equal(send(peer->fd, frame, size, MSG_NOSIGNAL), size);
}

// The next reply, or NULL: nothing came. *closed: the engine has closed.
static Sluice__Api__Reply *receive(struct peer *peer, bool *closed)
{
	const uint8_t *frame;
	size_t size;

	*closed = false;
	for (;;) {
		if (frame_next(&peer->input, &frame, &size) == 1) {
			Sluice__Api__Reply *reply = sluice__api__reply__unpack(NULL, size, frame);

			assert_non_null(reply);
			return reply;
		}
		rounds();
		uint8_t *room = frame_buffer_room(&peer->input, 65536);
		ssize_t got = recv(peer->fd, room, 65536, 0);
		if (got <= 0) {
			*closed = got == 0 || errno == ECONNRESET;
			return NULL;
		}
		peer->input.to += (size_t)got;
	}
}

static void expect(struct peer *peer, uint32_t id, Sluice__Api__Reply__BodyCase body)
{
	bool closed;
	Sluice__Api__Reply *reply = receive(peer, &closed);

	assert_non_null(reply);
	assert_int_equal(reply->id, id);
	assert_int_equal(reply->body_case, body);
	sluice__api__reply__free_unpacked(reply, NULL);
}

static void expect_error(struct peer *peer, uint32_t id, Sluice__Api__ErrorCode code)
{
	bool closed;
	Sluice__Api__Reply *reply = receive(peer, &closed);

	assert_non_null(reply);
	assert_int_equal(reply->id, id);
	assert_int_equal(reply->body_case, SLUICE__API__REPLY__BODY_ERROR);
	assert_int_equal(reply->error->code, code);
	sluice__api__reply__free_unpacked(reply, NULL);
}

static void expect_closed(struct peer *peer)
{
	bool closed;

	assert_null(receive(peer, &closed));
	assert_true(closed);
}

#define REQUEST(number, body, field, message)                                                                          \
	(&(Sluice__Api__Request){PROTOBUF_C_MESSAGE_INIT(&sluice__api__request__descriptor), .id = number,             \
				 .body_case = SLUICE__API__REQUEST__BODY_##body, .field = message})

static void say_hello(struct peer *peer, const char *name)
{
	Sluice__Api__Hello hello = SLUICE__API__HELLO__INIT;

	hello.major = 1;
	hello.owner = (char *)(uintptr_t)name;
	send_request(peer, REQUEST(1, HELLO, hello, &hello));
}

static struct peer connected(const char *name)
{
	struct peer peer = connect_peer();

	say_hello(&peer, name);
	expect(&peer, 1, SLUICE__API__REPLY__BODY_HELLO);
	return peer;
}

static Sluice__Api__Begin begin = SLUICE__API__BEGIN__INIT;
static Sluice__Api__Prepare prepare = SLUICE__API__PREPARE__INIT;
static Sluice__Api__Commit commit = SLUICE__API__COMMIT__INIT;
static Sluice__Api__Abort abort_it = SLUICE__API__ABORT__INIT;

static void pipelined_transaction_is_answered_in_order(void **state)
{
	struct peer peer = connect_peer();
	Sluice__Api__Operations operations = SLUICE__API__OPERATIONS__INIT;
	Sluice__Api__Operation *list[] = {op_bridge_domain("b", 1)};
	Sluice__Api__Hello hello = SLUICE__API__HELLO__INIT;
	uint8_t stream[4096];
	size_t size = 0;

	hello.major = 1;
	hello.owner = "one";
	operations.n_operations = 1;
	operations.operations = list;
	size += pack(REQUEST(1, HELLO, hello, &hello), stream + size);
	size += pack(REQUEST(2, BEGIN, begin, &begin), stream + size);
	size += pack(REQUEST(3, OPERATIONS, operations, &operations), stream + size);
	size += pack(REQUEST(4, PREPARE, prepare, &prepare), stream + size);
	size += pack(REQUEST(5, COMMIT, commit, &commit), stream + size);
	sluice__api__operation__free_unpacked(list[0], NULL);
	// Byte by byte: frames are put together from any pieces.
	for (size_t i = 0; i < size; i++) {
		assert_int_equal(send(peer.fd, stream + i, 1, MSG_NOSIGNAL), 1);
		loop_round(0);
	}
	expect(&peer, 1, SLUICE__API__REPLY__BODY_HELLO);
	expect(&peer, 2, SLUICE__API__REPLY__BODY_OK);
	expect(&peer, 3, SLUICE__API__REPLY__BODY_OK);
	expect(&peer, 4, SLUICE__API__REPLY__BODY_OK);
	expect(&peer, 5, SLUICE__API__REPLY__BODY_COMMIT);
	disconnect(&peer);
}

static void requests_out_of_order_are_protocol_errors(void **state)
{
	struct peer peer = connected("one");

	send_request(&peer, REQUEST(2, COMMIT, commit, &commit));
	expect_error(&peer, 2, CODE(PROTOCOL));
	send_request(&peer, REQUEST(3, ABORT, abort, &abort_it));
	expect(&peer, 3, SLUICE__API__REPLY__BODY_OK);
	send_request(&peer, REQUEST(4, BEGIN, begin, &begin));
	expect(&peer, 4, SLUICE__API__REPLY__BODY_OK);
	send_request(&peer, REQUEST(5, COMMIT, commit, &commit));
	expect_error(&peer, 5, CODE(PROTOCOL));
	send_request(&peer, REQUEST(6, PREPARE, prepare, &prepare));
	expect(&peer, 6, SLUICE__API__REPLY__BODY_OK);
	send_request(&peer, REQUEST(7, PREPARE, prepare, &prepare));
	expect_error(&peer, 7, CODE(PROTOCOL));
	disconnect(&peer);
}

static void hello_refuses_versions_owners_and_strangers(void **state)
{
	Sluice__Api__Hello hello = SLUICE__API__HELLO__INIT;
	struct peer peer = connect_peer(), first, second;

	hello.major = 2;
	hello.owner = "one";
	send_request(&peer, REQUEST(1, HELLO, hello, &hello));
	expect_error(&peer, 1, CODE(VERSION));
	expect_closed(&peer);
	disconnect(&peer);

	peer = connect_peer();
	say_hello(&peer, "Not An Owner");
	expect_error(&peer, 1, CODE(INVALID));
	expect_closed(&peer);
	disconnect(&peer);

	peer = connect_peer();
	send_request(&peer, REQUEST(9, BEGIN, begin, &begin));
	expect_error(&peer, 9, CODE(PROTOCOL));
	expect_closed(&peer);
	disconnect(&peer);

	first = connected("one");
	second = connect_peer();
	say_hello(&second, "one");
	expect_error(&second, 1, CODE(OWNER_BUSY));
	expect_closed(&second);
	disconnect(&second);
	// The first one is not disturbed; and when it is gone, its owner is free at once, even if both are seen
	// together.
	send_request(&first, REQUEST(2, BEGIN, begin, &begin));
	expect(&first, 2, SLUICE__API__REPLY__BODY_OK);
	second = connect_peer();
	say_hello(&second, "one");
	close(first.fd);
	expect(&second, 1, SLUICE__API__REPLY__BODY_HELLO);
	send_request(&second, REQUEST(2, BEGIN, begin, &begin));
	expect(&second, 2, SLUICE__API__REPLY__BODY_OK);
	frame_buffer_free(&first.input);
	disconnect(&second);
}

static void garbage_closes_only_its_connection(void **state)
{
	static const uint8_t too_long[] = {0xff, 0xff, 0xff, 0xff, 0}, undecodable[] = {0, 0, 0, 2, 0xff, 0xff},
			     without_id[] = {0, 0, 0, 0};
	struct {
		const uint8_t *bytes;
		size_t size;
	} wrong[] = {
		{too_long, sizeof(too_long)}, {undecodable, sizeof(undecodable)}, {without_id, sizeof(without_id)}};
	struct peer good = connected("good");

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct peer peer = connected("bad");

		assert_int_equal(send(peer.fd, wrong[i].bytes, wrong[i].size, MSG_NOSIGNAL), wrong[i].size);
		expect_closed(&peer);
		disconnect(&peer);
	}
	send_request(&good, REQUEST(2, BEGIN, begin, &begin));
	expect(&good, 2, SLUICE__API__REPLY__BODY_OK);
	disconnect(&good);
}

static void connection_that_ends_aborts_its_transaction(void **state)
{
	struct peer peer = connected("one");

	send_request(&peer, REQUEST(2, BEGIN, begin, &begin));
	expect(&peer, 2, SLUICE__API__REPLY__BODY_OK);
	disconnect(&peer);
	peer = connected("two");
	send_request(&peer, REQUEST(2, BEGIN, begin, &begin));
	expect(&peer, 2, SLUICE__API__REPLY__BODY_OK);
	disconnect(&peer);
}

static void slow_subscriber_loses_the_newest_and_is_told(void **state)
{
	struct peer peer = connected("one");
	Sluice__Api__Subscribe subscribe = SLUICE__API__SUBSCRIBE__INIT;
	Sluice__Api__LinkEvent link = SLUICE__API__LINK_EVENT__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;
	const unsigned sent = 60000;
	unsigned got = 0;
	uint64_t lost = 0, last = 0;
	bool closed;

	send_request(&peer, REQUEST(2, SUBSCRIBE, subscribe, &subscribe));
	expect(&peer, 2, SLUICE__API__REPLY__BODY_OK);
	link.port = "port";
	event.what_case = SLUICE__API__EVENT__WHAT_LINK;
	event.link = &link;
	for (unsigned i = 1; i <= sent; i++) {
		event.at_ns = i;
		event_emit(&event);
		if (i % 100 == 0) loop_round(0);
	}
	while (got + lost < sent) {
		Sluice__Api__Reply *reply = receive(&peer, &closed);

		assert_non_null(reply);
		assert_int_equal(reply->id, 0);
		if (reply->event->what_case == SLUICE__API__EVENT__WHAT_LOST) {
			lost += reply->event->lost;
		} else {
			assert_int_equal(reply->event->at_ns, ++last);
			got++;
		}
		sluice__api__reply__free_unpacked(reply, NULL);
	}
	assert_true(got >= EVENT_QUEUE && lost > 0);
	assert_int_equal(got + lost, sent);
	disconnect(&peer);
}

static void query_comes_in_parts_of_1024(void **state)
{
	struct peer peer = connected("one");
	Sluice__Api__Operations operations = SLUICE__API__OPERATIONS__INIT;
	Sluice__Api__Operation *list[2500];
	Sluice__Api__CommitReply reply = SLUICE__API__COMMIT_REPLY__INIT;
	Sluice__Api__Query query = SLUICE__API__QUERY__INIT;
	Sluice__Api__Empty empty = SLUICE__API__EMPTY__INIT;
	struct api_error error;
	struct transaction *t = transaction_begin(store_owner("one"), true, &error);
	unsigned seen = 0, parts = 0;
	char name[16], previous[16] = "";
	bool last = false, closed;

	for (unsigned i = 0; i < 2500; i++) {
		snprintf(name, sizeof(name), "b%u", i);
		list[i] = op_bridge_domain(name, 1);
	}
	operations.n_operations = 2500;
	operations.operations = list;
	assert_int_equal(transaction_add(t, &operations, 1, &error), 0);
	assert_int_equal(transaction_prepare(t, &error), 0);
	transaction_commit(t, &reply);
	query.what_case = SLUICE__API__QUERY__WHAT_OBJECTS;
	query.objects = &empty;
	send_request(&peer, REQUEST(2, QUERY, query, &query));
	while (!last) {
		Sluice__Api__Reply *part = receive(&peer, &closed);

		assert_non_null(part);
		assert_int_equal(part->body_case, SLUICE__API__REPLY__BODY_QUERY);
		assert_true(part->query->n_objects <= 1024);
		for (size_t i = 0; i < part->query->n_objects; i++, seen++) {
			assert_true(strcmp(previous, part->query->objects[i]->set_bridge_domain->name) < 0);
			snprintf(previous, sizeof(previous), "%s", part->query->objects[i]->set_bridge_domain->name);
		}
		last = part->query->last;
		parts++;
		sluice__api__reply__free_unpacked(part, NULL);
	}
	assert_int_equal(seen, 2500);
	assert_int_equal(parts, 3);
	disconnect(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipelined_transaction_is_answered_in_order),
		cmocka_unit_test(requests_out_of_order_are_protocol_errors),
		cmocka_unit_test(hello_refuses_versions_owners_and_strangers),
		cmocka_unit_test(garbage_closes_only_its_connection),
		cmocka_unit_test(connection_that_ends_aborts_its_transaction),
		cmocka_unit_test(slow_subscriber_loses_the_newest_and_is_told),
		cmocka_unit_test(query_comes_in_parts_of_1024),
	};
	control_start();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	while (clients != NULL)
		client_close(clients);
	control_stop();
	return failed;
}
