#include "urgent.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "clock.h"
#include "log.h"
#include "stage.h"
#include "waker.h"

// Before workers that are before everything else on their cores: it needs little.
#define PRIORITY 2

uint64_t urgent_by_hand;

static struct urgent *first;
static pthread_mutex_t lock;
static struct waker waker = {.fd = -1};
static pthread_t thread;
static _Atomic bool running;
static _Atomic bool stopping;

RTE_INIT(urgent_lock_init)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

void urgent_register(struct urgent *urgent)
{
	urgent->next = first;
	first = urgent;
}

void urgent_lock(void)
{
	pthread_mutex_lock(&lock);
}

void urgent_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

uint64_t urgent_now(void)
{
	return urgent_by_hand != 0 ? urgent_by_hand : clock_ns(CLOCK_MONOTONIC) / 1000;
}

static uint64_t round_all(bool *changed)
{
	uint64_t next = URGENT_NEVER;

	*changed = false;
	for (struct urgent *urgent = first; urgent != NULL; urgent = urgent->next) {
		bool one = false;
		uint64_t at = urgent->round(urgent_now(), &one);

		next = RTE_MIN(next, at);
		*changed |= one;
	}
	return next;
}

static void *run(void *arg)
{
	RTE_SET_USED(arg);
	if (sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY}) < 0)
		log_warning("urgent-priority-refused", "errno=%d", errno);
	while (!atomic_load(&stopping)) {
		struct pollfd wait = {.fd = waker.fd, .events = POLLIN};
		struct timespec limit = {0};
		bool changed;
		uint64_t next = round_all(&changed), now = urgent_now();

		if (changed) control_wake();
		if (next != URGENT_NEVER && next > now) {
			limit.tv_sec = (time_t)((next - now) / 1000000);
			limit.tv_nsec = (long)((next - now) % 1000000 * 1000);
		}
		ppoll(&wait, 1, next != URGENT_NEVER ? &limit : NULL, NULL);
		waker_drain(&waker);
	}
	return NULL;
}

int urgent_start(void)
{
	int rc;

	if (running || urgent_by_hand != 0) return 0;
	if (waker.fd < 0 && (rc = waker_start(&waker)) < 0) return rc;
	atomic_store(&stopping, false);
	rc = pthread_create(&thread, NULL, run, NULL);
	if (rc != 0) return -rc;
	pthread_setname_np(thread, "sluice-urgent");
	running = true;
	return 0;
}

void urgent_stop(void)
{
	if (running) {
		atomic_store(&stopping, true);
		waker_signal(&waker);
		pthread_join(thread, NULL);
		running = false;
	}
	waker_stop(&waker);
}

void urgent_wake(void)
{
	if (running) thread_wake(&waker);
}
