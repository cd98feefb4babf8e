#include "router.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_mempool.h>

#include "../api/transaction.h"
#include "../main/buffers.h"
#include "../main/loop.h"
#include "../main/stages.h"
#include "../main/worker.h"
#include "../port/device.h"

// The far end of a port.
struct far_end {
	char name[NAME_SIZE];
	struct device *device; // NULL until the port is there
	struct router_frame *frames;
	unsigned count;
};

static struct far_end ends[MAX_PORTS];
static unsigned end_count;
static struct owner *owner;

static struct far_end *end_of(const char *name)
{
	for (unsigned i = 0; i < end_count; i++)
		if (strcmp(ends[i].name, name) == 0) return &ends[i];
	assert(end_count < MAX_PORTS);
	struct far_end *end = &ends[end_count++];
	snprintf(end->name, sizeof(end->name), "%s", name);
	end->frames = calloc(ROUTER_FRAMES, sizeof(*end->frames));
	assert(end->frames != NULL);
	return end;
}

void router_start(void)
{
	control_start();
	int rc = worker_graph_create(0);
	assert(rc == 0);
	owner = store_owner("test");
	assert(owner != NULL);
	worker_current = NULL;
}

void router_stop(void)
{
	router_run();
	for (unsigned i = 0; i < end_count; i++) {
		device_ring.close(ends[i].device);
		free(ends[i].frames);
	}
	end_count = 0;
	owner = NULL;
	control_stop();
}

// The engine's port took the first end of the ring, the test takes the second.
static struct device *device_of(struct far_end *end)
{
	struct device_spec spec = {.type = DEVICE_RING, .mtu = 1500};
	struct device_error error;

	if (end->device != NULL) return end->device;
	snprintf(spec.name, sizeof(spec.name), "%s", end->name);
	int rc = device_ring.open(&spec, &end->device, &error);
	assert(rc == 0);
	return end->device;
}

// ---------------------------------------------------------------- transactions

const struct api_error *router_apply_list(Sluice__Api__Operation **operations, unsigned count, bool replay)
{
	static struct api_error error;
	Sluice__Api__Operations message = SLUICE__API__OPERATIONS__INIT;
	Sluice__Api__CommitReply reply = SLUICE__API__COMMIT_REPLY__INIT;
	struct transaction *t;

	error = (struct api_error){0};
	t = transaction_begin(owner, replay, &error);
	if (t == NULL) return &error;
	message.n_operations = count;
	message.operations = operations;
	if (transaction_add(t, &message, 0, &error) < 0) {
		transaction_abort(t);
		return &error;
	}
	if (transaction_prepare(t, &error) < 0) return &error;
	transaction_commit(t, &reply);
	// What leaves before somebody holds the far end is lost.
	for (unsigned i = 0; i < end_count; i++)
		device_of(&ends[i]);
	return NULL;
}

const struct api_error *router_apply(Sluice__Api__Operation *first, ...)
{
	Sluice__Api__Operation *list[256];
	unsigned count = 0;
	va_list args;

	va_start(args, first);
	for (Sluice__Api__Operation *one = first; one != NULL; one = va_arg(args, Sluice__Api__Operation *)) {
		assert(count < RTE_DIM(list));
		list[count++] = one;
	}
	va_end(args);
	return router_apply_list(list, count, false);
}

Sluice__Api__Operation *router_port(const char *name)
{
	end_of(name);
	return op_port(name, name);
}

// ---------------------------------------------------------------- frames

void router_send(const char *port, const void *frame, uint16_t length)
{
	struct device *device = device_of(end_of(port));
	struct rte_mbuf *m = NULL, *last = NULL;

	// A frame longer than a buffer comes in several segments.
	for (uint16_t done = 0; done < length || m == NULL;) {
		struct rte_mbuf *part = rte_pktmbuf_alloc(buffers_pool());
		uint16_t size;

		assert(part != NULL);
		size = RTE_MIN((uint16_t)(length - done), rte_pktmbuf_tailroom(part));
		memcpy(rte_pktmbuf_append(part, size), (const uint8_t *)frame + done, size);
		done = (uint16_t)(done + size);
		if (m == NULL) {
			m = part;
		} else {
			last->next = part;
			m->nb_segs++;
			m->pkt_len += size;
		}
		last = part;
	}
	uint16_t sent = device_ring.transmit(device, 0, &workers[0], &m, 1);
	assert(sent == 1);
	(void)sent;
}

static bool collect(struct far_end *end)
{
	struct rte_mbuf *packets[MAX_BURST];
	uint16_t got = device_ring.receive(device_of(end), 0, &workers[0], packets, MAX_BURST);

	for (uint16_t i = 0; i < got; i++) {
		struct router_frame *frame = &end->frames[end->count % ROUTER_FRAMES];

		frame->length = (uint16_t)RTE_MIN(packets[i]->pkt_len, (uint32_t)ROUTER_FRAME);
		const void *bytes = rte_pktmbuf_read(packets[i], 0, frame->length, frame->bytes);
		if (bytes != frame->bytes) memcpy(frame->bytes, bytes, frame->length);
		end->count++;
		rte_pktmbuf_free(packets[i]);
	}
	return got != 0;
}

// One round of everything; whether something moved.
static bool round_moves(void)
{
	struct worker *worker = &workers[0];
	bool moved;

	worker->dataplane = dataplane_current();
	worker->busy = false;
	worker_current = worker;
	rte_graph_walk(worker->graph);
	worker_current = NULL;
	moved = worker_wake_others(worker) || worker->busy;
	stages_poll();
	loop_round(0);
	for (unsigned i = 0; i < end_count; i++)
		if (collect(&ends[i])) moved = true;
	return moved || !rte_ring_empty(worker->inject);
}

void router_run(void)
{
	while (round_moves())
		;
	// What the flow cache has counted shows where tests look.
	STAGES_CALL_NONE(counters_wanted);
}

void router_advance(uint64_t ms)
{
	for (uint64_t step; ms != 0; ms -= step) {
		step = RTE_MIN(ms, UINT64_C(100));
		loop_advance(step);
		router_run();
	}
}

void router_receive(const char *port, const void *frame, uint16_t length)
{
	router_send(port, frame, length);
	router_run();
}

unsigned router_frames(const char *port)
{
	return end_of(port)->count;
}

const struct router_frame *router_frame(const char *port, unsigned i)
{
	struct far_end *end = end_of(port);

	assert(i < end->count && i + ROUTER_FRAMES >= end->count);
	return &end->frames[i % ROUTER_FRAMES];
}

void router_forget(void)
{
	for (unsigned i = 0; i < end_count; i++)
		ends[i].count = 0;
}

// ---------------------------------------------------------------- counters

uint64_t router_drops(const char *reason)
{
	const struct dataplane *dp = dataplane_current();
	uint64_t sum = 0;

	for (unsigned r = 0; r < drop_reason_count(); r++) {
		if (strcmp(drop_reason_name(r), reason) != 0) continue;
		sum += workers[0].drops[r];
		for (uint16_t id = 1; id < MAX_PORTS; id++)
			if (dataplane_port(dp, id) != NULL) sum += dataplane_port(dp, id)->counters[0].drops[r];
		// Where only an interface is known (IRB, loopback) it is the one that counts.
		for (uint32_t id = 1; id <= MAX_ID; id++) {
			const struct l3_interface *it = dataplane_interface(dp, id);

			if (it != NULL && it->logical_port == 0) sum += it->counters[0].drops[r];
		}
	}
	return sum;
}

unsigned router_packets_in_use(void)
{
	return rte_mempool_in_use_count(buffers_pool()) + rte_mempool_in_use_count(buffers_header_pool()) +
	       rte_mempool_in_use_count(buffers_urgent_pool()) + rte_mempool_in_use_count(buffers_urgent_frames());
}

const struct l3_interface *router_interface(const char *name)
{
	for (uint32_t id = 1; id <= MAX_ID; id++) {
		const struct l3_interface *it = dataplane_interface(dataplane_current(), id);

		if (it != NULL && strcmp(it->name, name) == 0) return it;
	}
	return NULL;
}
