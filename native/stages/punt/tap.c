#include "tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../../main/log.h"
#include "../neighbour/address.h"
#include "../neighbour/read.h"

// How often what is missing is tried again, and what is there is looked at.
#define LOOK_MS 500
#define ROWS    64

struct tap_address {
	struct ip_address address;
	uint8_t version, prefix_length;
	bool kept;
};

static struct tap *taps;
static struct timer look_timer;

bool tap_name_is_valid(const Sluice__Api__Tap *tap)
{
	if (tap == NULL) return true;
	return strnlen(tap->device, TAP_DEVICE) < TAP_DEVICE && strpbrk(tap->device, "/: \t\n") == NULL &&
	       strnlen(tap->network_namespace, TAP_NAMESPACE) < TAP_NAMESPACE &&
	       strchr(tap->network_namespace, '/') == NULL && tap->network_namespace[0] != '.';
}

static struct tap *tap_new(uint32_t interface, const char *device, const char *network_namespace)
{
	struct tap *tap = calloc(1, sizeof(*tap));

	if (tap == NULL) return NULL;
	tap->interface = interface;
	tap->kernel.fd = tap->kernel.netlink = -1;
	snprintf(tap->device, sizeof(tap->device), "%s", device);
	snprintf(tap->network_namespace, sizeof(tap->network_namespace), "%s", network_namespace);
	return tap;
}

// Once for the same reason.
static void complain(struct tap *tap, const char *what, int rc)
{
	if (rc >= 0 || tap->complained == rc) return;
	tap->complained = rc;
	log_error(what, "device=%s namespace=%s reason=\"%s\"", tap->device, tap->network_namespace, strerror(-rc));
}

// ---------------------------------------------------------------- the device

static void device_close(struct tap *tap)
{
	uint32_t slot = atomic_exchange(&tap->slot, 0);

	if (slot != 0) tap_io_remove(slot);
	tap_kernel_close(&tap->kernel);
	free(tap->addresses);
	tap->addresses = NULL;
	tap->address_count = 0;
	tap->up = false;
}

static void device_open(struct tap *tap)
{
	const struct l3_interface *interface = dataplane_interface(dataplane_current(), tap->interface);
	uint32_t slot = 0;
	int rc = tap_kernel_open(&tap->kernel, tap->network_namespace, tap->device, tap->interface == 0);

	if (rc == 0) {
		tap->port.fd = tap->kernel.fd;
		tap->port.interface = tap->interface;
		atomic_store(&tap->port.lost, false);
		rc = tap_io_add(&tap->port, &slot);
	}
	if (rc < 0) {
		complain(tap, "tap-not-made", rc);
		tap_kernel_close(&tap->kernel);
		return;
	}
	tap->complained = 0;
	atomic_store(&tap->slot, slot);
	log_info("tap-made", "device=%s namespace=%s", tap->device, tap->network_namespace);
	if (tap->interface == 0)
		complain(tap, "tap-not-up", tap_kernel_set_link(&tap->kernel, NULL, RTE_ETHER_MTU, true));
	else if (interface != NULL)
		tap_sync(tap, interface);
}

// The namespace whose name it has is another one, or none: the file of a namespace's name tells.
static bool namespace_is_another(const struct tap *tap)
{
	char path[300];
	struct stat now;

	if (tap->network_namespace[0] == '\0') return false;
	snprintf(path, sizeof(path), "/run/netns/%s", tap->network_namespace);
	return stat(path, &now) < 0 || now.st_ino != tap->kernel.namespace_inode;
}

// Of namespaces that came or went, of devices that somebody deleted.
static void taps_look(void)
{
	for (struct tap *tap = taps; tap != NULL; tap = tap->next) {
		bool active = tap_is_active(tap);

		if (active && !atomic_load(&tap->port.lost) && !namespace_is_another(tap)) continue;
		if (active) {
			log_info("tap-lost", "device=%s namespace=%s", tap->device, tap->network_namespace);
			device_close(tap);
		}
		device_open(tap);
	}
}

static void look(struct timer *timer)
{
	taps_look();
	if (taps != NULL) timer_arm(timer, control_now_ms() + LOOK_MS);
}

static void tap_begin(void *arg)
{
	struct tap *tap = arg;

	tap->next = taps;
	taps = tap;
	device_open(tap);
	look_timer.run = look;
	if (look_timer.place == 0) timer_arm(&look_timer, control_now_ms() + LOOK_MS);
}

// No worker knows it any more.
static void tap_end(void *arg)
{
	struct tap *tap = arg, **place = &taps;

	while (*place != NULL && *place != tap)
		place = &(*place)->next;
	if (*place != NULL) *place = tap->next;
	if (taps == NULL) timer_disarm(&look_timer);
	device_close(tap);
	free(tap);
}

int tap_change(struct generation *g, struct tap **place, uint32_t interface, const Sluice__Api__Tap *wanted)
{
	struct tap *old = *place, *new;
	bool wants = wanted != NULL && wanted->device[0] != '\0';
	int rc;

	if (wants && old != NULL && strcmp(old->device, wanted->device) == 0 &&
	    strcmp(old->network_namespace, wanted->network_namespace) == 0)
		return 0;
	*place = NULL;
	// First, in case the new one has the same name.
	if (old != NULL && (rc = generation_on_commit(g, tap_end, old)) < 0) return rc;
	if (!wants) return 0;
	new = tap_new(interface, wanted->device, wanted->network_namespace);
	if (new == NULL) return -ENOMEM;
	rc = generation_on_abort(g, free, new);
	if (rc < 0) {
		free(new);
		return rc;
	}
	*place = new;
	return generation_on_commit(g, tap_begin, new);
}

// ---------------------------------------------------------------- in step with the interface

static struct tap_address *address_of(const struct tap *tap, const struct own_address *own)
{
	for (unsigned i = 0; i < tap->address_count; i++)
		if (tap->addresses[i].version == own->version &&
		    tap->addresses[i].prefix_length == own->prefix_length &&
		    memcmp(&tap->addresses[i].address, &own->address, sizeof(own->address)) == 0)
			return &tap->addresses[i];
	return NULL;
}

static void add_address(struct tap *tap, const struct own_address *own)
{
	struct tap_address *more = realloc(tap->addresses, (tap->address_count + 1) * sizeof(*more));
	int rc;

	if (more == NULL) return;
	tap->addresses = more;
	rc = tap_kernel_set_address(&tap->kernel, own->version, &own->address, own->prefix_length, true);
	complain(tap, "tap-address-not-set", rc);
	if (rc < 0) return;
	more[tap->address_count++] = (struct tap_address){own->address, own->version, own->prefix_length, true};
}

// From the time on at which the router may use it. A link that goes down takes no address from the kernel, nor does the
// detection of duplicates when it comes back.
static bool belongs(const struct own_address *own, bool there)
{
	if (own->is_virtual) return false;
	return own->status == STATUS_PREFERRED || (there && own->status != STATUS_DUPLICATE);
}

// In the order of the interface, so that the first is the kernel's first too.
static void sync_addresses(struct tap *tap, const struct l3_interface *interface)
{
	const struct own_address *own = NULL;
	struct tap_address *has;
	unsigned left = 0;

	for (unsigned i = 0; i < tap->address_count; i++)
		tap->addresses[i].kept = false;
	while ((own = address_next(interface->id, own)) != NULL)
		if ((has = address_of(tap, own)) != NULL) has->kept = belongs(own, true);
	for (unsigned i = 0; i < tap->address_count; i++) {
		struct tap_address *a = &tap->addresses[i];

		if (a->kept)
			tap->addresses[left++] = *a;
		else
			tap_kernel_set_address(&tap->kernel, a->version, &a->address, a->prefix_length, false);
	}
	// The first address of an IPv4 subnet takes the others of it along (promote_secondaries).
	for (unsigned i = 0; i < left && left < tap->address_count; i++) {
		const struct tap_address *a = &tap->addresses[i];

		tap_kernel_set_address(&tap->kernel, a->version, &a->address, a->prefix_length, true);
	}
	tap->address_count = left;
	own = NULL;
	while ((own = address_next(interface->id, own)) != NULL)
		if (belongs(own, false) && address_of(tap, own) == NULL) add_address(tap, own);
}

static void sync_neighbours(struct tap *tap, const struct l3_interface *interface)
{
	struct neighbour_row rows[ROWS];
	uint64_t cursor = 0;
	unsigned got;

	while ((got = neighbours_read(interface->id, &cursor, rows, ROWS)) != 0)
		for (unsigned i = 0; i < got; i++)
			if (rows[i].has_mac)
				tap_kernel_set_neighbour(&tap->kernel, rows[i].version, &rows[i].address, &rows[i].mac);
}

void tap_sync(struct tap *tap, const struct l3_interface *interface)
{
	const struct interface_live *live = interface->live;
	bool down = live->link == PORT_LINK_DOWN || live->link == PORT_LINK_NOT_PRESENT;
	uint16_t mtu = interface->loopback ? RTE_ETHER_MTU : interface->mtu;

	if (!tap_is_active(tap)) return;
	// A device that goes down loses its IPv6 addresses and its neighbours.
	if (interface->enabled && !tap->up) tap->address_count = 0;
	tap->up = interface->enabled;
	complain(tap, "tap-link-not-set", tap_kernel_set_link(&tap->kernel, &live->mac, mtu, interface->enabled));
	complain(tap, "tap-carrier-not-set", tap_kernel_set_carrier(&tap->kernel, !down));
	sync_addresses(tap, interface);
	sync_neighbours(tap, interface);
}
