#include "loop.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "clock.h"
#include "timer.h"

// Where the clock stands that tests hold.
#define HELD_MS UINT64_C(1000000)

static int epoll_fd = -1;
static struct epoll_event ready[32];
static int ready_count;
static uint64_t now_ms, now_realtime_ns;
static uint64_t advanced_ms; // by tests
static bool held;

static uint64_t monotonic_ms(void)
{
	return (held ? HELD_MS : clock_monotonic_ms()) + advanced_ms;
}

static void tick(void)
{
	now_ms = monotonic_ms();
	now_realtime_ns = clock_realtime_ns();
}

int loop_start(void)
{
	tick();
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_fd < 0 ? -errno : 0;
}

void loop_stop(void)
{
	if (epoll_fd >= 0) close(epoll_fd);
	epoll_fd = -1;
	timers_free();
}

int loop_add(struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, watch->fd, &event) < 0 ? -errno : 0;
}

void loop_change(struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_remove(struct watch *watch)
{
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = 0; i < ready_count; i++)
		if (ready[i].data.ptr == watch) ready[i].data.ptr = NULL;
}

void loop_round(int limit_ms)
{
	int wait = timers_next_ms(monotonic_ms());

	if (wait < 0 || (limit_ms >= 0 && limit_ms < wait)) wait = limit_ms;
	ready_count = epoll_wait(epoll_fd, ready, sizeof(ready) / sizeof(ready[0]), wait);
	tick();
	for (int i = 0; i < ready_count; i++) {
		struct watch *watch = ready[i].data.ptr;

		if (watch != NULL) watch->ready(watch, ready[i].events);
	}
	ready_count = 0;
	timers_run(now_ms);
}

void loop_hold(void)
{
	held = true;
}

void loop_advance(uint64_t ms)
{
	advanced_ms += ms;
	tick();
}

uint64_t control_now_ms(void)
{
	return now_ms;
}

uint64_t control_realtime_ns(void)
{
	return now_realtime_ns;
}
