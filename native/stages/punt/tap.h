// The TAP of an L3 interface: the kernel's view of it. Made and kept by the control thread; a worker reads `slot`.
#ifndef SLUICE_PUNT_TAP_H
#define SLUICE_PUNT_TAP_H

#include "tap_io.h"
#include "tap_kernel.h"

#define TAP_DEVICE    16
#define TAP_NAMESPACE 256

struct tap {
	_Atomic uint32_t slot; // 0: there is no device now
	uint32_t interface;    // id; 0: an observation point's
	char device[TAP_DEVICE], network_namespace[TAP_NAMESPACE];
	struct tap_kernel kernel;
	struct tap_port port;
	bool up;
	struct tap_address *addresses; // that the kernel has
	unsigned address_count;
	int complained; // the error that was last told of
	struct tap *next;
};

// A TAP that is made from tap_begin() on, now or when that becomes possible. NULL: no memory.
struct tap *tap_new(uint32_t interface, const char *device, const char *network_namespace);
// After the transaction: makes the device; ends it (no worker may know it any more) and frees it.
void tap_begin(struct tap *tap);
void tap_end(struct tap *tap);

// As the interface is now: link, MAC, MTU, addresses; and all of its neighbours.
void tap_sync(struct tap *tap, const struct l3_interface *interface);

// Those that are there: of namespaces that came or went, of devices that somebody deleted. Called now and then.
void taps_look(void);

static inline bool tap_is_active(const struct tap *tap)
{
	return atomic_load_explicit(&tap->slot, memory_order_relaxed) != 0;
}

#endif
