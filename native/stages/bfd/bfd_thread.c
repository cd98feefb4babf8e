// The thread "sluice-bfd".
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>

#include "../../main/clock.h"
#include "../../main/log.h"
#include "../../main/waker.h"
#include "bfd.h"

// Before workers that are before everything else on their cores: it needs little. README.md says what it must not do.
#define PRIORITY 2

uint64_t bfd_by_hand;

static struct waker waker = {.fd = -1};
static pthread_t thread;
static _Atomic bool running;
static _Atomic bool stopping;

uint64_t bfd_now(void)
{
	return bfd_by_hand != 0 ? bfd_by_hand : clock_ns(CLOCK_MONOTONIC) / 1000;
}

static void *run(void *arg)
{
	RTE_SET_USED(arg);
	if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY}) < 0)
		log_warning("bfd-priority-refused", "errno=%d", errno);
	while (!atomic_load(&stopping)) {
		struct pollfd wait = {.fd = waker.fd, .events = POLLIN};
		struct timespec limit = {0};
		bool changed;
		uint64_t next = bfd_round(bfd_now(), &changed), now = bfd_now();

		if (changed) control_wake();
		if (next != BFD_NEVER && next > now) {
			limit.tv_sec = (time_t)((next - now) / 1000000);
			limit.tv_nsec = (long)((next - now) % 1000000 * 1000);
		}
		ppoll(&wait, 1, next != BFD_NEVER ? &limit : NULL, NULL);
		waker_drain(&waker);
	}
	return NULL;
}

int bfd_thread_start(void)
{
	int rc;

	if (running || bfd_by_hand != 0) return 0;
	if (waker.fd < 0 && (rc = waker_start(&waker)) < 0) return rc;
	atomic_store(&stopping, false);
	rc = pthread_create(&thread, NULL, run, NULL);
	if (rc != 0) return -rc;
	pthread_setname_np(thread, "sluice-bfd");
	running = true;
	return 0;
}

void bfd_thread_stop(void)
{
	if (running) {
		atomic_store(&stopping, true);
		waker_signal(&waker);
		pthread_join(thread, NULL);
		running = false;
	}
	waker_stop(&waker);
}

void bfd_thread_wake(void)
{
	if (running) thread_wake(&waker);
}
