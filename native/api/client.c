#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_version.h>

#include "../main/log.h"
#include "../main/stages.h"
#include "../stages/ce-notify/announce.h"
#include "../stages/ethernet-segment/order.h"
#include "../stages/ethernet-segment/probe_send.h"
#include "later.h"
#include "memory.h"

#define READ_SIZE 65536
// Bytes of the longest frame that is looked at while a transaction goes on in parts.
#define URGENT_SIZE      4096
#define ERROR_CODE(name) SLUICE__API__ERROR_CODE__ERROR_##name

struct client *clients;

// ---------------------------------------------------------------- replies

static void reply(struct client *client, uint32_t id, Sluice__Api__Reply__BodyCase body, void *message)
{
	Sluice__Api__Reply it = SLUICE__API__REPLY__INIT;

	it.id = id;
	it.body_case = body;
	it.ok = message;
	// Without memory for a reply the client could wait forever: better to lose it.
	if (output_reply(&client->output, &it) < 0) client->closing = true;
}

static void reply_ok(struct client *client, uint32_t id)
{
	Sluice__Api__Ok ok = SLUICE__API__OK__INIT;

	reply(client, id, SLUICE__API__REPLY__BODY_OK, &ok);
}

static void reply_error(struct client *client, uint32_t id, struct api_error *error)
{
	Sluice__Api__Error it = SLUICE__API__ERROR__INIT;

	it.code = error->code;
	it.message = error->message;
	it.object = error->object;
	it.operation = error->operation;
	reply(client, id, SLUICE__API__REPLY__BODY_ERROR, &it);
}

static void reply_protocol(struct client *client, uint32_t id, const char *message)
{
	struct api_error error = {0};

	api_refuse(&error, ERROR_CODE(PROTOCOL), 0, "", "%s", message);
	reply_error(client, id, &error);
}

// ---------------------------------------------------------------- hello

static bool owner_name_ok(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return size >= 1 && size <= 31 && name[size] == '\0';
}

// Whether the other end of a client's socket is closed: a client that was killed and its successor can be seen in
// one round of the loop, in either order.
static bool is_gone(const struct client *client)
{
	struct pollfd poll_fd = {.fd = client->watch.fd, .events = POLLRDHUP};

	return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

static void on_hello(struct client *client, uint32_t id, const Sluice__Api__Hello *hello)
{
	Sluice__Api__HelloReply it = SLUICE__API__HELLO_REPLY__INIT;
	struct api_error error = {0};
	struct owner *owner;

	if (client->owner != NULL) {
		reply_protocol(client, id, "hello was said");
		return;
	}
	client->closing = true;
	if (hello->major != SLUICE__API__API_VERSION__MAJOR) {
		api_refuse(&error, ERROR_CODE(VERSION), 0, "", "this engine speaks version %u",
			   SLUICE__API__API_VERSION__MAJOR);
		reply_error(client, id, &error);
		return;
	}
	if (!owner_name_ok(hello->owner)) {
		api_refuse(&error, ERROR_CODE(INVALID), 0, "", "an owner is 1 to 31 characters of a-z, 0-9 and -");
		reply_error(client, id, &error);
		return;
	}
	owner = store_owner(hello->owner);
	if (owner == NULL) {
		api_refuse(&error, ERROR_CODE(RESOURCE), 0, "", "too many owners");
		reply_error(client, id, &error);
		return;
	}
	if (owner->client != NULL && is_gone(owner->client)) client_close(owner->client);
	if (owner->client != NULL) {
		api_refuse(&error, ERROR_CODE(OWNER_BUSY), 0, "", "%s is connected", owner->name);
		reply_error(client, id, &error);
		return;
	}
	client->closing = false;
	client->owner = owner;
	owner->client = client;
	timer_disarm(&client->timeout);
	log_info("client-connected", "owner=%s objects=%u", owner->name, owner->object_count);
	it.major = SLUICE__API__API_VERSION__MAJOR;
	it.instance = engine_identity.instance;
	it.started_at_seconds = engine_identity.started_at_seconds;
	it.dpdk_version = (char *)(uintptr_t)rte_version();
	it.objects = owner->object_count;
	it.transactions = owner->transactions;
	reply(client, id, SLUICE__API__REPLY__BODY_HELLO, &it);
}

// ---------------------------------------------------------------- transactions

// A client that stops in the middle of a transaction would keep the others out. A prepared one stays: its client has
// been promised that Commit works.
static void transaction_seen(struct client *client)
{
	if (client->transaction != NULL && !transaction_is_prepared(client->transaction))
		timer_arm(&client->timeout, control_now_ms() + TRANSACTION_TIMEOUT_MS);
	else
		timer_disarm(&client->timeout);
}

// A part of Prepare or Commit, after which others have their turn: a million routes take seconds.
static void on_part(struct client *client)
{
	struct api_error error = {0};
	bool commits = client->busy == CLIENT_COMMITS;
	int rc = commits ? transaction_commit_part(client->transaction, &client->committed)
			 : transaction_prepare_part(client->transaction, &error);

	if (rc == TRANSACTION_MORE) {
		// Not for now: a round would run as many parts as there are timers.
		timer_arm(&client->part, control_now_ms() + 1);
		return;
	}
	client->busy = CLIENT_IDLE;
	if (commits || rc < 0) client->transaction = NULL;
	if (commits)
		reply(client, client->busy_id, SLUICE__API__REPLY__BODY_COMMIT, &client->committed);
	else if (rc < 0)
		reply_error(client, client->busy_id, &error);
	else
		reply_ok(client, client->busy_id);
	transaction_seen(client);
}

static void begin_parts(struct client *client, bool commits, uint32_t id)
{
	client->busy = commits ? CLIENT_COMMITS : CLIENT_PREPARES;
	client->busy_id = id;
	client->committed = (Sluice__Api__CommitReply)SLUICE__API__COMMIT_REPLY__INIT;
	timer_disarm(&client->timeout);
	on_part(client);
}

static void on_transaction(struct client *client, const Sluice__Api__Request *request, size_t size)
{
	struct api_error error = {0};
	bool prepared = client->transaction != NULL && transaction_is_prepared(client->transaction);
	uint32_t id = request->id;
	int rc = 0;

	if (request->body_case == SLUICE__API__REQUEST__BODY_BEGIN) {
		if (client->transaction != NULL) {
			reply_protocol(client, id, "a transaction is open");
			return;
		}
		client->transaction = transaction_begin(client->owner, request->begin->replay, &error);
		rc = client->transaction != NULL ? 0 : -1;
	} else if (request->body_case == SLUICE__API__REQUEST__BODY_ABORT) {
		transaction_abort(client->transaction);
		client->transaction = NULL;
	} else if (client->transaction == NULL) {
		reply_protocol(client, id, "no transaction is open");
		return;
	} else if (request->body_case == SLUICE__API__REQUEST__BODY_COMMIT) {
		if (!prepared) {
			reply_protocol(client, id, "the transaction is not prepared");
			return;
		}
		begin_parts(client, true, id);
		return;
	} else if (prepared) {
		reply_protocol(client, id, "the transaction is prepared");
		return;
	} else if (request->body_case == SLUICE__API__REQUEST__BODY_OPERATIONS) {
		rc = transaction_add(client->transaction, request->operations, size, &error);
		// It cannot go on without these: a Prepare of the rest must not succeed.
		if (rc < 0) {
			transaction_abort(client->transaction);
			client->transaction = NULL;
		}
	} else {
		begin_parts(client, false, id);
		return;
	}
	transaction_seen(client);
	if (rc < 0)
		reply_error(client, id, &error);
	else
		reply_ok(client, id);
}

// ---------------------------------------------------------------- the rest

static uint32_t runtime_id(const struct client *client, Sluice__Api__ObjectKind kind, const char *name)
{
	const struct object *object = store_find(kind, name);

	return object != NULL && object->version != NULL && object->owner == client->owner ? object->id : 0;
}

static void on_flush(struct client *client, uint32_t id, const Sluice__Api__Flush *flush)
{
	uint32_t bd = runtime_id(client, SLUICE__API__OBJECT_KIND__KIND_BRIDGE_DOMAIN, flush->bridge_domain);
	uint32_t lp = runtime_id(client, SLUICE__API__OBJECT_KIND__KIND_LOGICAL_PORT, flush->logical_port);
	struct api_error error = {0};

	if (flush->bridge_domain[0] == '\0' && flush->logical_port[0] == '\0') {
		api_refuse(&error, ERROR_CODE(INVALID), 0, "", "flush needs a bridge domain or a logical port");
		reply_error(client, id, &error);
		return;
	}
	if ((bd == 0 && flush->bridge_domain[0] != '\0') || (lp == 0 && flush->logical_port[0] != '\0')) {
		struct object_name name = {SLUICE__API__OBJECT_KIND__KIND_BRIDGE_DOMAIN, flush->bridge_domain};

		if (bd != 0 || flush->bridge_domain[0] == '\0')
			name = (struct object_name){SLUICE__API__OBJECT_KIND__KIND_LOGICAL_PORT, flush->logical_port};
		object_text(name, error.object, sizeof(error.object));
		api_refuse(&error, ERROR_CODE(NOT_FOUND), 0, error.object, "there is no such object");
		reply_error(client, id, &error);
		return;
	}
	STAGES_CALL(flush, bd, lp);
	reply_ok(client, id);
}

// Requests that a stage carries out and answers when it has.
static void on_stage_request(struct client *client, const Sluice__Api__Request *request)
{
	struct api_error error = {0};
	struct later *later = later_new(client, request->id, &error);
	int rc = later != NULL ? 1 : -1;

	for (const struct stage *stage = stages_first(); rc == 1 && stage != NULL; stage = stage->next)
		if (stage->request != NULL) rc = stage->request(request, client->owner, later, &error);
	if (rc == 0) return;
	later_forget(later);
	if (rc < 0)
		reply_error(client, request->id, &error);
	else
		reply_protocol(client, request->id, "a request that this engine does not know");
}

static void on_query(struct client *client, uint32_t id, const Sluice__Api__Query *what)
{
	struct api_error error = {0};

	client->query = query_new(client->owner, what, &error);
	client->query_id = id;
	if (client->query == NULL) reply_error(client, id, &error);
}

static void on_segment_order(struct client *client, uint32_t id, const Sluice__Api__SegmentOrder *order)
{
	Sluice__Api__SegmentOrderReply it = SLUICE__API__SEGMENT_ORDER_REPLY__INIT;
	struct api_error error = {0};

	if (segment_order(client->owner, order, &it.effective_at_ns, &error) < 0) {
		reply_error(client, id, &error);
		return;
	}
	reply(client, id, SLUICE__API__REPLY__BODY_SEGMENT_ORDER, &it);
	// Who waits for it goes on at once. An error of the socket shows when the loop comes to it.
	(void)output_write(&client->output, client->watch.fd);
	segment_order_told();
}

static void on_segment_probe(struct client *client, uint32_t id, const Sluice__Api__SegmentProbe *probe)
{
	struct api_error error = {0};

	if (segment_probe(client->owner, probe, &error) < 0)
		reply_error(client, id, &error);
	else
		reply_ok(client, id);
}

static void on_announce(struct client *client, uint32_t id, const Sluice__Api__AnnounceMacs *what)
{
	uint32_t lp = runtime_id(client, SLUICE__API__OBJECT_KIND__KIND_LOGICAL_PORT, what->logical_port);
	struct object_name name = {SLUICE__API__OBJECT_KIND__KIND_LOGICAL_PORT, what->logical_port};
	struct api_error error = {0};
	const char *why = NULL;
	int rc = 0;

	object_text(name, error.object, sizeof(error.object));
	if (lp == 0)
		api_refuse(&error, ERROR_CODE(NOT_FOUND), 0, error.object, "there is no such object");
	else if ((rc = announce(lp, what->macs.data, what->macs.len, (enum announce_to)what->to, &why)) < 0)
		api_refuse(&error, rc == -EINVAL ? ERROR_CODE(INVALID) : ERROR_CODE(RESOURCE), 0, error.object, "%s",
			   why);
	if (lp == 0 || rc < 0)
		reply_error(client, id, &error);
	else
		reply_ok(client, id);
}

static void on_request(struct client *client, const Sluice__Api__Request *request, size_t size)
{
	if (client->owner == NULL && request->body_case != SLUICE__API__REQUEST__BODY_HELLO) {
		reply_protocol(client, request->id, "hello comes first");
		client->closing = true;
		return;
	}
	switch (request->body_case) {
	case SLUICE__API__REQUEST__BODY_HELLO:
		on_hello(client, request->id, request->hello);
		break;
	case SLUICE__API__REQUEST__BODY_BEGIN:
	case SLUICE__API__REQUEST__BODY_OPERATIONS:
	case SLUICE__API__REQUEST__BODY_PREPARE:
	case SLUICE__API__REQUEST__BODY_COMMIT:
	case SLUICE__API__REQUEST__BODY_ABORT:
		on_transaction(client, request, size);
		break;
	case SLUICE__API__REQUEST__BODY_QUERY:
		on_query(client, request->id, request->query);
		break;
	case SLUICE__API__REQUEST__BODY_SUBSCRIBE:
		client->subscribed = true;
		reply_ok(client, request->id);
		break;
	case SLUICE__API__REQUEST__BODY_FLUSH:
		on_flush(client, request->id, request->flush);
		break;
	case SLUICE__API__REQUEST__BODY_SEGMENT_ORDER:
		on_segment_order(client, request->id, request->segment_order);
		break;
	case SLUICE__API__REQUEST__BODY_SEGMENT_PROBE:
		on_segment_probe(client, request->id, request->segment_probe);
		break;
	case SLUICE__API__REQUEST__BODY_ANNOUNCE_MACS:
		on_announce(client, request->id, request->announce_macs);
		break;
	default:
		on_stage_request(client, request);
	}
}

void later_reply(struct later *later, Sluice__Api__Reply__BodyCase body, void *message)
{
	struct client *client = later->client;

	if (client != NULL && !client->closing) {
		reply(client, later->id, body, message);
		// Written when the loop comes round: whoever replies may be in the middle of a change.
		loop_change(&client->watch, EPOLLOUT);
	}
	later_forget(later);
}

// ---------------------------------------------------------------- in and out

// The next part of an answer.
static void go_on(struct client *client)
{
	struct arena arena = {0};
	Sluice__Api__QueryReply part;
	struct api_error error = {0};

	if (query_part(client->query, &arena, &part) < 0) {
		api_refuse(&error, ERROR_CODE(RESOURCE), 0, "", "out of memory");
		reply_error(client, client->query_id, &error);
		part.last = true;
	} else {
		reply(client, client->query_id, SLUICE__API__REPLY__BODY_QUERY, &part);
	}
	arena_free(&arena);
	if (part.last) {
		query_free(client->query);
		client->query = NULL;
	}
}

static void lose(struct client *client, const char *why)
{
	log_warning("client-refused", "owner=%s reason=\"%s\"", client->owner != NULL ? client->owner->name : "", why);
	client->closing = true;
}

// One frame, if a whole one has come. Whether there was one.
static bool one_frame(struct client *client)
{
	struct memory_limit limit;
	const uint8_t *frame;
	size_t size;
	int rc = frame_next(&client->input, &frame, &size);

	if (rc < 0) lose(client, "a frame above the limit");
	if (rc <= 0) return false;
	memory_limit_init(&limit, MAX_MESSAGE_MEMORY);
	Sluice__Api__Request *request = sluice__api__request__unpack(&limit.allocator, size, frame);
	if (request == NULL || request->id == 0)
		lose(client, "a frame that is no request");
	else
		on_request(client, request, size);
	if (request != NULL) sluice__api__request__free_unpacked(request, NULL);
	return true;
}

static bool is_urgent(const Sluice__Api__Request *request)
{
	return request->body_case == SLUICE__API__REQUEST__BODY_SEGMENT_ORDER ||
	       request->body_case == SLUICE__API__REQUEST__BODY_SEGMENT_PROBE;
}

// While a transaction goes on in parts: the next frame is carried out if it is about a segment, which waits for
// nothing; any other waits, and so does what is behind it. 1: there was one; 0: not whole yet; -1: one that waits.
static int one_urgent(struct client *client)
{
	size_t from = client->input.from, size;
	Sluice__Api__Request *request;
	struct memory_limit limit;
	const uint8_t *frame;
	bool urgent;
	int rc = frame_next(&client->input, &frame, &size);

	if (rc == 0) return client->input.to - from < URGENT_SIZE ? 0 : -1;
	memory_limit_init(&limit, MAX_MESSAGE_MEMORY);
	request = rc > 0 && size <= URGENT_SIZE ? sluice__api__request__unpack(&limit.allocator, size, frame) : NULL;
	urgent = request != NULL && request->id != 0 && is_urgent(request);
	if (urgent)
		on_request(client, request, size);
	else
		client->input.from = from;
	if (request != NULL) sluice__api__request__free_unpacked(request, NULL);
	return urgent ? 1 : -1;
}

// Carries out what has come in as far as the output has room. False: the client is gone.
static bool work(struct client *client)
{
	bool idle = false, reads = true;
	int rc;

	do {
		while (!idle && !client->closing && !output_full(&client->output)) {
			if (client->busy != CLIENT_IDLE) {
				int urgent = one_urgent(client);

				idle = urgent <= 0;
				reads = urgent >= 0;
			} else if (client->query != NULL) {
				go_on(client);
			} else {
				idle = !one_frame(client);
			}
		}
		rc = output_write(&client->output, client->watch.fd);
	} while (rc == 0 && !idle && !client->closing);
	if (rc < 0 || (client->closing && rc == 0)) {
		client_close(client);
		return false;
	}
	loop_change(&client->watch,
		    (rc > 0 ? (uint32_t)EPOLLOUT : 0) | (idle && !client->closing && reads ? (uint32_t)EPOLLIN : 0));
	return true;
}

static void client_part(struct timer *timer)
{
	struct client *client = (struct client *)((char *)timer - offsetof(struct client, part));

	on_part(client);
	if (client->busy == CLIENT_IDLE) work(client);
}

static void client_ready(struct watch *watch, uint32_t events)
{
	struct client *client = (struct client *)watch;

	if (events & EPOLLIN) {
		uint8_t *room = frame_buffer_room(&client->input, READ_SIZE);
		ssize_t got = room != NULL ? recv(watch->fd, room, READ_SIZE, MSG_DONTWAIT) : 0;

		// It says nothing more, and waits for the answer to what it said.
		if (got == 0 && room != NULL && client->busy != CLIENT_IDLE && (events & (EPOLLHUP | EPOLLERR)) == 0) {
			loop_change(watch, 0);
			return;
		}
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
			client_close(client);
			return;
		}
		if (got > 0) client->input.to += (size_t)got;
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		client_close(client);
		return;
	}
	work(client);
}

static void client_late(struct timer *timer)
{
	struct client *client = (struct client *)((char *)timer - offsetof(struct client, timeout));

	if (client->transaction != NULL) {
		log_warning("transaction-timed-out", "owner=%s", client->owner->name);
		transaction_abort(client->transaction);
		client->transaction = NULL;
		return;
	}
	client_close(client);
}

struct client *client_new(int fd)
{
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL) {
		close(fd);
		return NULL;
	}
	client->watch = (struct watch){.fd = fd, .ready = client_ready};
	client->timeout.run = client_late;
	client->part.run = client_part;
	if (loop_add(&client->watch, EPOLLIN) < 0) {
		close(fd);
		free(client);
		return NULL;
	}
	timer_arm(&client->timeout, control_now_ms() + HELLO_TIMEOUT_MS);
	client->next = clients;
	clients = client;
	return client;
}

void client_close(struct client *client)
{
	struct client **at = &clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	transaction_abort(client->transaction);
	query_free(client->query);
	timer_disarm(&client->timeout);
	timer_disarm(&client->part);
	laters_forsake(client);
	loop_remove(&client->watch);
	close(client->watch.fd);
	if (client->owner != NULL) {
		log_info("client-disconnected", "owner=%s", client->owner->name);
		client->owner->client = NULL;
	}
	frame_buffer_free(&client->input);
	output_free(&client->output);
	free(client);
}

void event_emit(const Sluice__Api__Event *event)
{
	for (struct client *client = clients; client != NULL; client = client->next) {
		if (!client->subscribed || client->closing) continue;
		output_event(&client->output, event);
		// Written when the loop comes round: whoever emits may be in the middle of a change.
		loop_change(&client->watch, EPOLLOUT);
	}
}
