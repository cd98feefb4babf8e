#include "port_io.h"
#include "hold.h"
#include "netdev.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../main/clock.h"
#include "../main/local_mac.h"
#include "../main/log.h"
#include "../main/stages.h"
#include "netlink.h"

// How soon a device that could not be opened again is tried, and the most.
#define RETRY_MS      50
#define RETRY_MOST_MS 5000
// How often devices that are none of the kernel's are looked at; most of them tell of changes beside.
#define LOOK_MS 50

static struct port_io *all;

static void refresh(struct port_io *io);

bool device_spec_same(const struct device_spec *a, const struct device_spec *b)
{
	// The slots of an AF_PACKET ring are made for one size.
	return a->type == b->type && (a->type != DEVICE_AF_PACKET || a->mtu == b->mtu) &&
	       strcmp(a->name, b->name) == 0 && strcmp(a->rx_file, b->rx_file) == 0 &&
	       strcmp(a->tx_file, b->tx_file) == 0 && a->memif_client == b->memif_client &&
	       a->memif_id == b->memif_id && strcmp(a->secret, b->secret) == 0;
}

// ---------------------------------------------------------------- workers

// Every worker that has a queue of it looks at it again and again.
static void nap_for(const struct device *device, int change)
{
	for (unsigned q = 0; device->polled && q < device->rx_queues && q < worker_count; q++)
		worker_nap_for(device_worker(device, q), change);
}

static void watch_queues(struct device *device)
{
	for (unsigned q = 0; q < device->rx_queues; q++)
		if (device->queues[q].wait.fd >= 0 &&
		    worker_watch(device_worker(device, q), &device->queues[q].wait) < 0)
			device->polled = true;
	nap_for(device, 1);
	// Only now may a worker end the naps by itself.
	__atomic_store_n(&device->live, true, __ATOMIC_RELEASE);
}

// After this no worker has anything of the device.
static void unwatch_queues(struct device *device)
{
	for (unsigned q = 0; q < device->rx_queues; q++)
		if (device->queues[q].wait.fd >= 0) worker_unwatch(device_worker(device, q), &device->queues[q].wait);
	// Its packets may wait for other workers, in buffers that go with it.
	workers_drain();
	nap_for(device, -1);
}

// ---------------------------------------------------------------- link

static void set_link(struct port_io *io, enum port_link link)
{
	static const char *const names[] = {"unknown", "up", "down", "not-present"};
	const struct port *port;

	if (io->link == link) return;
	io->link = link;
	io->last_change_ns = clock_realtime_ns();
	if (link == PORT_LINK_UP && io->letting_go) hold_ended(io);
	log_info("link", "port=%s device=%s link=%s", io->port, io->spec.name, names[link]);
	port = dataplane_port(dataplane_current(), io->port_id);
	if (port != NULL && port->io == io) STAGES_CALL(link_changed, port, link);
	port_io_tell_link(io);
}

void port_io_tell_link(const struct port_io *io)
{
	Sluice__Api__LinkEvent change = SLUICE__API__LINK_EVENT__INIT;
	Sluice__Api__Event event = SLUICE__API__EVENT__INIT;

	change.port = (char *)(uintptr_t)io->port;
	change.link = (Sluice__Api__LinkState)io->link;
	change.held = io->held;
	event.at_ns = clock_realtime_ns();
	event.what_case = SLUICE__API__EVENT__WHAT_LINK;
	event.link = &change;
	event_emit(&event);
}

static void device_lost(struct port_io *io)
{
	struct device *device = io->device;

	log_warning("device-gone", "port=%s device=%s", io->port, io->spec.name);
	__atomic_store_n(&io->device, NULL, __ATOMIC_RELEASE);
	workers_synchronize();
	if (io->active) unwatch_queues(device);
	for (unsigned q = 0; q < MAX_WORKERS; q++) {
		io->past_discards += device->queues[q].rx_discards;
		io->past_in_errors += device->queues[q].rx_errors;
		io->past_out_errors += device->queues[q].tx_errors;
	}
	if (device->kind->losses != NULL) device->kind->losses(device, &io->past_discards, &io->past_in_errors);
	device->kind->close(device);
}

static void reopen(struct port_io *io)
{
	struct device_error error = {""};
	struct device *device = NULL;
	int rc = device_kind(io->spec.type)->open(&io->spec, &device, &error);

	if (rc < 0) {
		io->retry_ms = io->retry_ms ? RTE_MIN(io->retry_ms * 2, (uint32_t)RETRY_MOST_MS) : RETRY_MS;
		log_warning("device-not-opened", "port=%s device=%s retry_ms=%u reason=\"%s\"", io->port, io->spec.name,
			    io->retry_ms, error.text);
		timer_arm(&io->retry, control_now_ms() + io->retry_ms);
		return;
	}
	io->retry_ms = 0;
	__atomic_store_n(&io->device, device, __ATOMIC_RELEASE);
	watch_queues(device);
	if (device->kind->kernel) netdev_set_up(io->spec.name, io->enabled && !io->held_down);
	log_info("device-back", "port=%s device=%s", io->port, io->spec.name);
}

// A device of the engine's own, or one that DPDK has.
static void refresh_own(struct port_io *io)
{
	const struct device_kind *kind = device_kind(io->spec.type);
	struct device_link link = {.up = true};

	if (io->device != NULL && kind->look != NULL && kind->look(io->device, &link) < 0) {
		device_lost(io);
		set_link(io, PORT_LINK_NOT_PRESENT);
	}
	if (io->device == NULL && io->retry.place == 0) {
		reopen(io);
		if (io->device != NULL && kind->look != NULL) kind->look(io->device, &link);
	}
	if (io->device == NULL) {
		set_link(io, PORT_LINK_NOT_PRESENT);
		return;
	}
	if (link.has_address) io->address = link.address;
	io->speed_mbps = link.speed_mbps;
	set_link(io, io->enabled && link.up ? PORT_LINK_UP : PORT_LINK_DOWN);
}

static void retry_run(struct timer *timer)
{
	refresh((struct port_io *)((char *)timer - offsetof(struct port_io, retry)));
}

// Reads what the kernel says now; closes a device that is gone and opens one that is back.
static void refresh(struct port_io *io)
{
	struct netdev_state state;

	// Before it is published nobody asks, and its first state is to be told.
	if (!io->active) return;
	if (!device_kind(io->spec.type)->kernel) {
		refresh_own(io);
		return;
	}
	netdev_read(io->spec.name, &state);
	if (io->device != NULL && io->device->ifindex != state.ifindex) device_lost(io);
	if (io->device == NULL && state.ifindex != 0) {
		reopen(io);
		netdev_read(io->spec.name, &state);
	}
	if (io->device == NULL) {
		set_link(io, PORT_LINK_NOT_PRESENT);
		return;
	}
	io->address = state.address;
	io->speed_mbps = state.speed_mbps;
	set_link(io, state.running ? PORT_LINK_UP : PORT_LINK_DOWN);
}

static void look_at_all(void)
{
	for (struct port_io *io = all; io != NULL; io = io->next)
		if (device_kind(io->spec.type)->look != NULL) refresh(io);
}

static struct timer look;

static void look_run(struct timer *timer)
{
	look_at_all();
	for (struct port_io *io = all; io != NULL; io = io->next)
		if (device_kind(io->spec.type)->look != NULL) {
			timer_arm(timer, control_now_ms() + LOOK_MS);
			return;
		}
}

static bool changed;

void device_changed(void)
{
	__atomic_store_n(&changed, true, __ATOMIC_RELEASE);
	control_wake();
}

void ports_poll(void)
{
	if (__atomic_exchange_n(&changed, false, __ATOMIC_ACQ_REL)) look_at_all();
}

static void netlink_changed(const char *device)
{
	for (struct port_io *io = all, *next; io != NULL; io = next) {
		next = io->next;
		if (device_kind(io->spec.type)->kernel && (device == NULL || strcmp(io->spec.name, device) == 0))
			refresh(io);
		// A device that was renamed or replaced tells only its new name.
		else if (io->device != NULL && io->device->kind->kernel)
			refresh(io);
	}
}

// ---------------------------------------------------------------- life

int ports_start(void)
{
	int rc = netdev_start();

	return rc < 0 ? rc : netlink_start(netlink_changed);
}

void ports_stop(void)
{
	timer_disarm(&look);
	netlink_stop();
	netdev_stop();
}

int port_io_open(const char *port, const struct device_spec *spec, struct port_io **out, struct device_error *error)
{
	struct port_io *io = calloc(1, sizeof(*io));
	int rc;

	if (io == NULL) return -ENOMEM;
	io->spec = *spec;
	io->retry.run = retry_run;
	hold_init(io);
	snprintf(io->port, sizeof(io->port), "%s", port);
	rc = device_kind(spec->type)->open(spec, &io->device, error);
	if (rc < 0) {
		free(io);
		return rc;
	}
	// Files and rings have no address.
	if (!io->device->kind->kernel) local_mac(io->port, LOCAL_MAC_PORT, &io->address);
	io->next = all;
	all = io;
	*out = io;
	return 0;
}

void port_io_activate(struct port_io *io, uint16_t port_id, bool enabled, uint16_t mtu)
{
	bool first = !io->active;

	io->port_id = port_id;
	io->enabled = enabled;
	io->active = true;
	if (io->device != NULL) {
		if (first) watch_queues(io->device);
		if (io->device->kind->kernel && io->spec.mtu != mtu)
			netdev_prepare(io->spec.name, mtu, io->spec.type == DEVICE_AF_XDP);
		if (io->device->kind->kernel) netdev_set_up(io->spec.name, enabled && !io->held_down);
		if (io->device->kind->set_mtu != NULL && io->spec.mtu != mtu)
			io->device->kind->set_mtu(io->device, mtu);
	}
	io->spec.mtu = mtu;
	if (device_kind(io->spec.type)->look != NULL && look.place == 0) {
		look.run = look_run;
		timer_arm(&look, control_now_ms() + LOOK_MS);
	}
	if (first)
		log_info("port-opened", "port=%s kind=%s device=%s", io->port, device_kind(io->spec.type)->name,
			 io->spec.name);
	refresh(io);
}

int port_hold_down(uint16_t port, bool down)
{
	for (struct port_io *io = all; io != NULL; io = io->next) {
		if (!io->active || io->port_id != port) continue;
		if (!device_kind(io->spec.type)->kernel) return -ENOTSUP;
		io->held_down = down;
		if (io->device != NULL) netdev_set_up(io->spec.name, io->enabled && !down);
		return 0;
	}
	return -ENOTSUP;
}

void port_io_close(struct port_io *io)
{
	struct port_io **at = &all;

	if (io == NULL) return;
	while (*at != NULL && *at != io)
		at = &(*at)->next;
	if (*at == io) *at = io->next;
	timer_disarm(&io->retry);
	hold_ended(io);
	if (io->device != NULL) {
		if (io->active) unwatch_queues(io->device);
		io->device->kind->close(io->device);
	}
	if (io->active) log_info("port-closed", "port=%s device=%s", io->port, io->spec.name);
	free(io);
}

void port_io_losses(struct port_io *io, uint64_t *in_discards, uint64_t *in_errors, uint64_t *out_errors)
{
	*in_discards = io->past_discards;
	*in_errors = io->past_in_errors;
	*out_errors = io->past_out_errors;
	if (io->device == NULL) return;
	for (unsigned q = 0; q < MAX_WORKERS; q++) {
		*in_discards += io->device->queues[q].rx_discards;
		*in_errors += io->device->queues[q].rx_errors;
		*out_errors += io->device->queues[q].tx_errors;
	}
	if (io->device->kind->losses != NULL) io->device->kind->losses(io->device, in_discards, in_errors);
}

bool port_io_can_sleep(const struct port_io *io)
{
	return io->device == NULL || !io->device->polled;
}

// ---------------------------------------------------------------- what stages ask

static const struct port_io *io_of(uint16_t id)
{
	const struct port *port = dataplane_port(dataplane_current(), id);

	return port != NULL ? port->io : NULL;
}

void port_address(uint16_t port, struct rte_ether_addr *address)
{
	const struct port_io *io = io_of(port);

	*address = io != NULL ? io->address : (struct rte_ether_addr){{0}};
}

uint32_t port_speed_mbps(uint16_t port)
{
	const struct port_io *io = io_of(port);

	return io != NULL ? io->speed_mbps : 0;
}

enum port_link port_link(uint16_t port)
{
	const struct port_io *io = io_of(port);

	return io != NULL ? io->link : PORT_LINK_UNKNOWN;
}
