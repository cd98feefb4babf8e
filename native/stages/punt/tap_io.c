#include "tap_io.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_ring.h>

#include "../../main/buffers.h"
#include "../../main/id.h"
#include "../../main/log.h"
#include "../../main/waker.h"

#define MOST_TAPS  4095
#define ASKS       256  // questions of the kernel that wait for the control thread
#define BATCH      64   // packets of a ring, and frames of a TAP, at a time: all get their turn
#define LONGEST    9234 // bytes of a frame: an MTU of 9,216 and its header
#define SEGMENTS   128  // of a packet that is written in one piece; more are not
#define WAKER_SLOT 0
#define LOOK_US    50
#define LOOKS      20

enum { RING_PUNT, RING_COPY, RINGS };

static struct rte_ring *rings[MAX_WORKERS][RINGS], *asks;
static struct waker waker = {.fd = -1};
static pthread_t thread;
static bool running;
static _Atomic bool stopping;
static int epoll_fd = -1, in_edge = -1;

// Guards the table against the thread, which holds it for a batch at most.
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct tap_port *table[MOST_TAPS + 1];
static struct id_pool slots = {.limit = MOST_TAPS};

static void count(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

// ---------------------------------------------------------------- to the kernel

static void write_one(struct rte_mbuf *m)
{
	struct tap_port *port = table[packet_meta(m)->adjacency];
	struct iovec part[SEGMENTS];
	int parts = 0;
	ssize_t written = -1;

	if (port == NULL) return;
	for (struct rte_mbuf *segment = m; segment != NULL && parts < SEGMENTS; segment = segment->next)
		part[parts++] = (struct iovec){rte_pktmbuf_mtod(segment, void *), segment->data_len};
	if (m->nb_segs <= SEGMENTS) written = writev(port->fd, part, parts);
	count(written < 0 ? &port->to_kernel_dropped : &port->to_kernel);
}

static bool empty_ring(struct rte_ring *ring)
{
	struct rte_mbuf *packets[BATCH];
	unsigned got = rte_ring_sc_dequeue_burst(ring, (void **)packets, BATCH, NULL);

	if (got == 0) return false;
	pthread_mutex_lock(&table_lock);
	for (unsigned i = 0; i < got; i++)
		write_one(packets[i]);
	pthread_mutex_unlock(&table_lock);
	rte_pktmbuf_free_bulk(packets, got);
	return true;
}

// ---------------------------------------------------------------- from the kernel

// ARP, and Neighbor Solicitations: the kernel wants to know a neighbour.
static bool is_question(const uint8_t *frame, uint32_t length)
{
	uint16_t type = (uint16_t)(frame[12] << 8 | frame[13]);

	if (type == RTE_ETHER_TYPE_ARP) return true;
	return type == RTE_ETHER_TYPE_IPV6 && length > 54 && frame[20] == 58 && (frame[54] == 135 || frame[54] == 136);
}

static bool pass_on(const struct tap_port *port, const uint8_t *frame, uint32_t length)
{
	struct rte_mbuf *m = buffers_packet(buffers_pool(), frame, length);

	if (m == NULL) return false;
	*packet_meta(m) = (struct packet_meta){
		.flags = PACKET_ROUTER, .egress_interface = (uint16_t)port->interface, .l3_offset = 14};
	if (!is_question(frame, length)) return packet_inject_from_thread(m, in_edge, port->interface) == 0;
	if (rte_ring_sp_enqueue(asks, m) != 0) {
		rte_pktmbuf_free(m);
		return false;
	}
	control_wake();
	return true;
}

// Somebody deleted the device: its descriptor would be ready for ever.
static void lose(struct tap_port *port)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, port->fd, NULL);
	atomic_store(&port->lost, true);
	control_wake();
}

static void read_some(uint32_t slot)
{
	static uint8_t frame[LONGEST];
	struct tap_port *port;

	pthread_mutex_lock(&table_lock);
	port = table[slot];
	for (unsigned i = 0; port != NULL && i < BATCH; i++) {
		ssize_t got = read(port->fd, frame, sizeof(frame));

		if (got < 0 && errno != EAGAIN && errno != EINTR) lose(port);
		if (got < 0) break;
		// One way: what is said there is heard by nobody.
		if (port->interface == 0) continue;
		count(got > RTE_ETHER_HDR_LEN && pass_on(port, frame, (uint32_t)got) ? &port->from_kernel
										     : &port->from_kernel_dropped);
	}
	pthread_mutex_unlock(&table_lock);
}

// ---------------------------------------------------------------- the thread

static bool rings_round(void)
{
	bool any = false;

	for (unsigned w = 0; w < worker_count; w++)
		any |= empty_ring(rings[w][RING_PUNT]);
	for (unsigned w = 0; w < worker_count; w++)
		any |= empty_ring(rings[w][RING_COPY]);
	return any;
}

// A worker that hands over a packet in every walk would pay a wake-up each: after work the thread looks by itself, and
// only then sleeps until it is woken.
static int wait_for_work(struct epoll_event *events, int most, unsigned idle)
{
	struct timespec look = {.tv_nsec = idle == 0 ? 0 : LOOK_US * 1000};

	if (idle <= LOOKS) return epoll_pwait2(epoll_fd, events, most, &look, NULL);
	waker_drain(&waker);
	// What came before that was not told.
	if (rings_round()) return 0;
	return epoll_wait(epoll_fd, events, most, -1);
}

static void *run(void *arg)
{
	struct epoll_event events[32];
	unsigned idle = LOOKS + 1;

	RTE_SET_USED(arg);
	while (!atomic_load(&stopping)) {
		int ready = wait_for_work(events, RTE_DIM(events), idle);

		for (int i = 0; i < ready; i++) {
			if (events[i].data.u32 == WAKER_SLOT)
				waker_hold(&waker);
			else
				read_some(events[i].data.u32);
		}
		idle = rings_round() || ready > 0 ? 0 : idle + 1;
	}
	return NULL;
}

static struct rte_ring *ring_new(unsigned size)
{
	size_t bytes = RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(size), RTE_CACHE_LINE_SIZE);
	struct rte_ring *ring = aligned_alloc(RTE_CACHE_LINE_SIZE, bytes);

	if (ring == NULL || rte_ring_init(ring, "tap", size, RING_F_SP_ENQ | RING_F_SC_DEQ) == 0) return ring;
	free(ring);
	return NULL;
}

static void ring_free(struct rte_ring **ring)
{
	void *m;

	while (*ring != NULL && rte_ring_dequeue(*ring, &m) == 0)
		rte_pktmbuf_free(m);
	free(*ring);
	*ring = NULL;
}

static int thread_start(void)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = WAKER_SLOT};
	int rc;

	if (running) return 0;
	if (waker.fd < 0 && (rc = waker_start(&waker)) < 0) return rc;
	if (epoll_fd < 0) {
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, waker.fd, &event) < 0) return -errno;
	}
	atomic_store(&stopping, false);
	rc = pthread_create(&thread, NULL, run, NULL);
	if (rc != 0) return -rc;
	pthread_setname_np(thread, "sluice-tap");
	running = true;
	return 0;
}

int tap_io_start(void)
{
	in_edge = inject_edge("tap-in");
	if (in_edge < 0) return in_edge;
	asks = ring_new(ASKS);
	if (asks == NULL) return -ENOMEM;
	for (unsigned w = 0; w < worker_count; w++)
		for (unsigned r = 0; r < RINGS; r++)
			if ((rings[w][r] = ring_new(TAP_RING)) == NULL) return -ENOMEM;
	return 0;
}

void tap_io_stop(void)
{
	if (running) {
		atomic_store(&stopping, true);
		waker_signal(&waker);
		pthread_join(thread, NULL);
		running = false;
	}
	if (epoll_fd >= 0) close(epoll_fd);
	epoll_fd = -1;
	waker_stop(&waker);
	for (unsigned w = 0; w < MAX_WORKERS; w++)
		for (unsigned r = 0; r < RINGS; r++)
			ring_free(&rings[w][r]);
	ring_free(&asks);
	id_pool_free(&slots);
}

// ---------------------------------------------------------------- the control thread

int tap_io_add(struct tap_port *port, uint32_t *slot)
{
	struct epoll_event event = {.events = EPOLLIN};
	int rc = thread_start();

	if (rc < 0) {
		log_error("tap-thread-not-started", "errno=%d", -rc);
		return rc;
	}
	*slot = id_take(&slots);
	if (*slot == 0) return -ENOSPC;
	pthread_mutex_lock(&table_lock);
	table[*slot] = port;
	pthread_mutex_unlock(&table_lock);
	event.data.u32 = *slot;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, port->fd, &event) == 0) return 0;
	rc = -errno;
	tap_io_remove(*slot);
	return rc;
}

void tap_io_remove(uint32_t slot)
{
	struct tap_port *port = table[slot];

	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, port->fd, NULL);
	pthread_mutex_lock(&table_lock);
	table[slot] = NULL;
	pthread_mutex_unlock(&table_lock);
	id_give(&slots, slot);
}

void tap_io_asked(void (*take)(struct rte_mbuf *m))
{
	struct rte_mbuf *packets[BATCH];
	unsigned got = asks != NULL ? rte_ring_sc_dequeue_burst(asks, (void **)packets, BATCH, NULL) : 0;

	for (unsigned i = 0; i < got; i++)
		take(packets[i]);
	// The rest in the next round: the loop stays answering.
	if (got == BATCH) control_wake();
}

// ---------------------------------------------------------------- workers

static bool put(const struct worker *worker, uint32_t slot, struct rte_mbuf *m, unsigned ring)
{
	if (worker_traces(worker)) {
		rte_pktmbuf_free(m);
		return true;
	}
	packet_meta(m)->adjacency = slot;
	packet_meta(m)->record = 0;
	if (rte_ring_sp_enqueue(rings[worker->index][ring], m) != 0) return false;
	thread_wake(&waker);
	return true;
}

bool tap_io_punt(const struct worker *worker, uint32_t slot, struct rte_mbuf *m)
{
	return put(worker, slot, m, RING_PUNT);
}

bool tap_io_copy(const struct worker *worker, uint32_t slot, struct rte_mbuf *m)
{
	return put(worker, slot, m, RING_COPY);
}
