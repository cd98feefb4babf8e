// A descriptor by which others wake a thread that waits in epoll: at most one write until the thread has drained it.
#ifndef SLUICE_MAIN_WAKER_H
#define SLUICE_MAIN_WAKER_H

#include <stdbool.h>

struct waker {
	int fd; // readable: wake up; -1: not started
	bool woken;
};

int waker_start(struct waker *waker); // 0 or -errno
void waker_stop(struct waker *waker);

// Any thread.
void waker_signal(struct waker *waker);
// The thread that waits, before it looks for what there is to do. Without `drain` it counts as awake until then, and
// nobody signals.
void waker_hold(struct waker *waker);
void waker_drain(struct waker *waker);

#endif
