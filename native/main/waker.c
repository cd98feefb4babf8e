#include "waker.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int waker_start(struct waker *waker)
{
	waker->woken = false;
	waker->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return waker->fd < 0 ? -errno : 0;
}

void waker_stop(struct waker *waker)
{
	if (waker->fd >= 0) close(waker->fd);
	waker->fd = -1;
}

void waker_signal(struct waker *waker)
{
	uint64_t one = 1;

	if (__atomic_exchange_n(&waker->woken, true, __ATOMIC_SEQ_CST)) return;
	ssize_t written = write(waker->fd, &one, sizeof(one));
	(void)written;
}

void waker_hold(struct waker *waker)
{
	uint64_t count;
	ssize_t got = read(waker->fd, &count, sizeof(count));

	(void)got;
}

void waker_drain(struct waker *waker)
{
	waker_hold(waker);
	__atomic_store_n(&waker->woken, false, __ATOMIC_SEQ_CST);
}
