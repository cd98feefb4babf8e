#include "worker.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_rcu_qsbr.h>
#include <rte_ring.h>

#include "buffers.h"
#include "log.h"
#include "priority.h"
#include "waker.h"

// Empty walks before a worker sleeps: a few microseconds, so that a burst's tail does not cost a wake-up each.
#define EMPTY_WALKS 32
// While a port has no descriptor. Costs about a tenth of a core (architecture.md).
#define NAP_US 300
// Frames from the control thread that wait for a worker.
#define INJECT_SIZE 8192
// Packets that other workers received and this one handles.
#define HANDOFF_SIZE 4096

// What only worker.c knows of a worker, beside the shared struct.
struct sleeper {
	int epoll_fd;
	int wake_fd;
	bool asleep; // set by the worker before its last look, read by who may have to wake it
	int naps;
	struct rte_ring *ring_memory, *handoff_memory;
} __rte_cache_aligned;

struct worker workers[MAX_WORKERS];
unsigned worker_count;
__thread struct worker *worker_current;
int packet_meta_offset = -1;

static struct sleeper sleepers[MAX_WORKERS];
static struct rte_rcu_qsbr *quiescence;
static bool running, stopping, fixed;
static struct waker control_waker = {.fd = -1};

int workers_start(unsigned count)
{
	size_t size = rte_rcu_qsbr_get_memsize(count);
	int rc;

	worker_count = count;
	for (unsigned i = 0; i < count; i++)
		sleepers[i] = (struct sleeper){.epoll_fd = -1, .wake_fd = -1};
	rc = waker_start(&control_waker);
	if (rc < 0) return rc;
	rc = -ENOMEM;
	quiescence = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(size, RTE_CACHE_LINE_SIZE));
	if (quiescence == NULL || rte_rcu_qsbr_init(quiescence, count) != 0) goto fail;
	for (unsigned i = 0; i < count; i++) {
		struct sleeper *s = &sleepers[i];
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

		workers[i] = (struct worker){.index = i, .dataplane = dataplane_current()};
		s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (s->epoll_fd < 0 || s->wake_fd < 0 ||
		    epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->wake_fd, &event) < 0) {
			rc = -errno;
			goto fail;
		}
		size = RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(INJECT_SIZE), RTE_CACHE_LINE_SIZE);
		s->ring_memory = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
		// Relaxed: a thread of fixed priority must not spin until one that it interrupted has finished.
		if (s->ring_memory == NULL ||
		    rte_ring_init(s->ring_memory, "inject", INJECT_SIZE, RING_F_MP_RTS_ENQ | RING_F_SC_DEQ) != 0)
			goto fail;
		workers[i].inject = s->ring_memory;
		if (count == 1) continue;
		size = RTE_ALIGN_CEIL((size_t)rte_ring_get_memsize(HANDOFF_SIZE), RTE_CACHE_LINE_SIZE);
		s->handoff_memory = aligned_alloc(RTE_CACHE_LINE_SIZE, size);
		if (s->handoff_memory == NULL ||
		    rte_ring_init(s->handoff_memory, "handoff", HANDOFF_SIZE, RING_F_SC_DEQ) != 0)
			goto fail;
		workers[i].handoff = s->handoff_memory;
	}
	return 0;
fail:
	workers_stop();
	return rc;
}

// ---------------------------------------------------------------- sleeping

int worker_watch(unsigned index, struct worker_wait *wait)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = wait};

	return epoll_ctl(sleepers[index].epoll_fd, EPOLL_CTL_ADD, wait->fd, &event) < 0 ? -errno : 0;
}

void worker_unwatch(unsigned index, struct worker_wait *wait)
{
	// The worker may hold the pointer in a list of ready events until it is quiescent.
	epoll_ctl(sleepers[index].epoll_fd, EPOLL_CTL_DEL, wait->fd, NULL);
}

void worker_nap_for(unsigned index, int change)
{
	__atomic_add_fetch(&sleepers[index].naps, change, __ATOMIC_SEQ_CST);
	// One that sleeps without limit would not see that it is to nap now.
	if (change > 0 && worker_current == NULL) worker_wake(index);
}

void worker_wake(unsigned index)
{
	uint64_t one = 1;

	// Pairs with the fence in sleep_until_work: either the worker sees the work, or it is seen asleep here.
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&sleepers[index].asleep, __ATOMIC_RELAXED)) return;
	ssize_t written = write(sleepers[index].wake_fd, &one, sizeof(one));
	(void)written;
}

// Blocks until a port or another thread has something. The worker is offline to RCU meanwhile; the events are
// looked at online, because what they point to is freed after quiescence.
static void sleep_until_work(struct worker *worker)
{
	struct sleeper *s = &sleepers[worker->index];
	struct epoll_event events[16];
	struct timespec no_time = {0}, nap = {.tv_nsec = NAP_US * 1000};
	struct timespec *limit = NULL;
	uint64_t count;

	__atomic_store_n(&s->asleep, true, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&s->naps, __ATOMIC_RELAXED) > 0) limit = &nap;
	if (!rte_ring_empty(worker->inject) || (worker->handoff != NULL && !rte_ring_empty(worker->handoff)) ||
	    __atomic_load_n(&stopping, __ATOMIC_RELAXED))
		limit = &no_time;
	// Two steps: the first only waits, the second fetches pointers while online.
	rte_rcu_qsbr_thread_offline(quiescence, worker->index);
	epoll_pwait2(s->epoll_fd, events, 1, limit, NULL);
	rte_rcu_qsbr_thread_online(quiescence, worker->index);
	__atomic_store_n(&s->asleep, false, __ATOMIC_RELAXED);
	int ready = epoll_wait(s->epoll_fd, events, RTE_DIM(events), 0);
	for (int i = 0; i < ready; i++) {
		struct worker_wait *wait = events[i].data.ptr;

		if (wait == NULL) {
			ssize_t got = read(s->wake_fd, &count, sizeof(count));
			(void)got;
		} else if (events[i].events & (EPOLLERR | EPOLLHUP)) {
			wait->error(wait);
		}
	}
}

// ---------------------------------------------------------------- the threads

static int worker_main(void *arg)
{
	struct worker *worker = arg;
	const struct dataplane *const *root = dataplane_root();
	unsigned empty = 0;

	worker_current = worker;
	if (!fixed)
		priority_before_others("worker");
	else if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 1}) < 0)
		log_error("priority-not-fixed", "worker=%u errno=%d", worker->index, errno);
	rte_rcu_qsbr_thread_online(quiescence, worker->index);
	while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
		worker->dataplane = __atomic_load_n(root, __ATOMIC_ACQUIRE);
		worker->busy = false;
		rte_graph_walk(worker->graph);
		rte_rcu_qsbr_quiescent(quiescence, worker->index);
		worker_wake_others(worker);
		if (worker->busy) {
			empty = 0;
		} else if (++empty >= EMPTY_WALKS) {
			sleep_until_work(worker);
			empty = 0;
		}
	}
	rte_rcu_qsbr_thread_offline(quiescence, worker->index);
	worker_current = NULL;
	return 0;
}

int worker_graph_create(unsigned index)
{
	static const char *patterns[] = {"rx", "inject", "flow-credit"};
	struct rte_graph_param param = {
		.socket_id = SOCKET_ID_ANY,
		.nb_node_patterns = RTE_DIM(patterns),
		.node_patterns = patterns,
	};
	char name[RTE_GRAPH_NAMESIZE];

	snprintf(name, sizeof(name), "worker-%u", index);
	if (rte_graph_create(name, &param) == RTE_GRAPH_ID_INVALID) {
		log_error("graph-not-created", "worker=%u errno=%d", index, rte_errno);
		return -(rte_errno ? rte_errno : EINVAL);
	}
	workers[index].graph = rte_graph_lookup(name);
	workers[index].packets = buffers_pool();
	workers[index].headers = buffers_header_pool();
	return 0;
}

int workers_run(bool fixed_priority)
{
	unsigned lcore = rte_get_next_lcore(-1, 1, 0);

	for (unsigned i = 0; i < worker_count; i++) {
		int rc = worker_graph_create(i);

		if (rc < 0) return rc;
		if (rte_rcu_qsbr_thread_register(quiescence, i) != 0) return -EINVAL;
	}
	running = true;
	fixed = fixed_priority;
	for (unsigned i = 0; i < worker_count; i++, lcore = rte_get_next_lcore(lcore, 1, 0)) {
		int rc = lcore < RTE_MAX_LCORE ? rte_eal_remote_launch(worker_main, &workers[i], lcore) : -EINVAL;

		if (rc < 0) return rc;
	}
	return 0;
}

bool workers_running(void)
{
	return running;
}

void workers_stop(void)
{
	__atomic_store_n(&stopping, true, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; running && i < worker_count; i++)
		worker_wake(i);
	if (running) rte_eal_mp_wait_lcore();
	running = false;
	for (unsigned i = 0; i < worker_count; i++) {
		struct sleeper *s = &sleepers[i];
		void *m;

		if (workers[i].graph != NULL) rte_graph_destroy(rte_graph_from_name(workers[i].graph->name));
		workers[i].graph = NULL;
		while (s->ring_memory != NULL && rte_ring_dequeue(s->ring_memory, &m) == 0)
			rte_pktmbuf_free(m);
		while (s->handoff_memory != NULL && rte_ring_dequeue(s->handoff_memory, &m) == 0)
			rte_pktmbuf_free(m);
		free(s->ring_memory);
		free(s->handoff_memory);
		s->ring_memory = s->handoff_memory = NULL;
		workers[i].handoff = NULL;
		workers[i].inject = NULL;
		if (s->epoll_fd >= 0) close(s->epoll_fd);
		if (s->wake_fd >= 0) close(s->wake_fd);
		s->epoll_fd = s->wake_fd = -1;
	}
	free(quiescence);
	quiescence = NULL;
	waker_stop(&control_waker);
	stopping = false;
}

void workers_synchronize(void)
{
	if (quiescence == NULL || !running) return;
	uint64_t token = rte_rcu_qsbr_start(quiescence);
	// With fewer cores than threads the worker may have to be scheduled first: give it the core.
	while (rte_rcu_qsbr_check(quiescence, token, false) == 0)
		usleep(20);
}

void workers_drain(void)
{
	workers_synchronize();
	if (!running || worker_count == 1) return;
	// A walk takes a burst: so many walks empty a ring that was full.
	for (unsigned walks = 0; walks <= HANDOFF_SIZE / MAX_BURST; walks++) {
		bool empty = true;

		for (unsigned i = 0; i < worker_count; i++)
			empty = empty && rte_ring_empty(workers[i].handoff);
		workers_synchronize();
		if (empty) return;
	}
}

// ---------------------------------------------------------------- waking other threads

bool worker_wake_others(struct worker *worker)
{
	bool any = worker->wake[0] != NULL;

	for (unsigned i = 0; i < WORKER_WAKES && worker->wake[i] != NULL; i++) {
		waker_signal(worker->wake[i]);
		worker->wake[i] = NULL;
	}
	return any;
}

void thread_wake(struct waker *waker)
{
	struct worker *worker = worker_current;

	if (worker == NULL) {
		waker_signal(waker);
		return;
	}
	for (unsigned i = 0; i < WORKER_WAKES; i++) {
		if (worker->wake[i] == NULL) worker->wake[i] = waker;
		if (worker->wake[i] == waker) return;
	}
}

void control_wake(void)
{
	thread_wake(&control_waker);
}

int control_wake_fd(void)
{
	return control_waker.fd;
}

void control_wake_drain(void)
{
	waker_drain(&control_waker);
}
