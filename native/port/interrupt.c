#define ALLOW_INTERNAL_API
#include "interrupt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include <rte_interrupts.h>

#include "../main/loop.h"
#include "device.h"

struct handler {
	struct watch watch;
	struct rte_intr_handle *handle;
	rte_intr_callback_fn callback;
	void *arg;
	rte_intr_unregister_callback_fn unregistered; // called, and the handler freed, when it has returned
	bool active, ends;
	struct handler *next;
};

static struct handler *handlers;
static void (*before_handler)(void), (*after_handler)(void);

int __real_rte_intr_callback_register(const struct rte_intr_handle *handle, rte_intr_callback_fn callback, void *arg);
int __real_rte_intr_callback_unregister(const struct rte_intr_handle *handle, rte_intr_callback_fn callback, void *arg);
int __real_rte_intr_callback_unregister_pending(const struct rte_intr_handle *handle, rte_intr_callback_fn callback,
						void *arg, rte_intr_unregister_callback_fn unregistered);
int __wrap_rte_intr_callback_register(const struct rte_intr_handle *handle, rte_intr_callback_fn callback, void *arg);
int __wrap_rte_intr_callback_unregister(const struct rte_intr_handle *handle, rte_intr_callback_fn callback, void *arg);
int __wrap_rte_intr_callback_unregister_pending(const struct rte_intr_handle *handle, rte_intr_callback_fn callback,
						void *arg, rte_intr_unregister_callback_fn unregistered);

void interrupt_hooks(void (*before)(void), void (*after)(void))
{
	before_handler = before;
	after_handler = after;
}

static struct handler **find(const struct rte_intr_handle *handle, rte_intr_callback_fn callback, const void *arg)
{
	struct handler **at = &handlers;

	while (*at != NULL && ((*at)->ends || (*at)->handle != handle || (*at)->callback != callback ||
			       (arg != (void *)-1 && (*at)->arg != arg)))
		at = &(*at)->next;
	return at;
}

static void forget(struct handler **at)
{
	struct handler *it = *at;

	*at = it->next;
	free(it);
}

static void ready(struct watch *watch, uint32_t events)
{
	struct handler *it = (struct handler *)watch, **at = &handlers;

	if (before_handler != NULL) before_handler();
	it->active = true;
	it->callback(it->arg);
	it->active = false;
	if (it->ends) {
		if (it->unregistered != NULL) it->unregistered(it->handle, it->arg);
		while (*at != it)
			at = &(*at)->next;
		forget(at);
	}
	if (after_handler != NULL) after_handler();
	device_changed();
}

int __wrap_rte_intr_callback_register(const struct rte_intr_handle *handle, rte_intr_callback_fn callback, void *arg)
{
	struct handler *it;
	int rc;

	if (rte_intr_type_get(handle) != RTE_INTR_HANDLE_EXT)
		return __real_rte_intr_callback_register(handle, callback, arg);
	it = calloc(1, sizeof(*it));
	if (it == NULL) return -ENOMEM;
	it->watch = (struct watch){.fd = rte_intr_fd_get(handle), .ready = ready};
	it->handle = (struct rte_intr_handle *)(uintptr_t)handle;
	it->callback = callback;
	it->arg = arg;
	rc = loop_add(&it->watch, EPOLLIN);
	if (rc < 0) {
		free(it);
		return rc;
	}
	it->next = handlers;
	handlers = it;
	return 0;
}

// How many were taken off, or -EAGAIN where one is running.
int __wrap_rte_intr_callback_unregister(const struct rte_intr_handle *handle, rte_intr_callback_fn callback, void *arg)
{
	struct handler **at = find(handle, callback, arg);

	if (*at == NULL) return __real_rte_intr_callback_unregister(handle, callback, arg);
	if ((*at)->active) return -EAGAIN;
	loop_remove(&(*at)->watch);
	forget(at);
	return 1;
}

int __wrap_rte_intr_callback_unregister_pending(const struct rte_intr_handle *handle, rte_intr_callback_fn callback,
						void *arg, rte_intr_unregister_callback_fn unregistered)
{
	struct handler **at = find(handle, callback, arg), *it = *at;

	if (it == NULL) return __real_rte_intr_callback_unregister_pending(handle, callback, arg, unregistered);
	loop_remove(&it->watch);
	it->ends = true;
	it->unregistered = unregistered;
	if (!it->active) {
		if (unregistered != NULL) unregistered(it->handle, it->arg);
		forget(at);
	}
	return 1;
}
