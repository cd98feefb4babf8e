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

// Within a transaction: *place (NULL: none) becomes the TAP that is wanted (NULL or without a name: none), the same
// where it has that name. `interface`: 0 for an observation point. The device comes and goes with the commit; one that
// cannot be made now is made when it can. 0 or -ENOMEM.
int tap_change(struct generation *g, struct tap **place, uint32_t interface, const Sluice__Api__Tap *wanted);

// Whether its names can be names; NULL is.
bool tap_name_is_valid(const Sluice__Api__Tap *tap);
#define TAP_NAME_INVALID                                                                                               \
	"the name of a TAP has 1 to 15 bytes without slash, colon and blank, that of its namespace at most 255 "       \
	"without "                                                                                                     \
	"slash"

// As the interface is now: link, MAC, MTU, addresses; and all of its neighbours.
void tap_sync(struct tap *tap, const struct l3_interface *interface);

static inline bool tap_is_active(const struct tap *tap)
{
	return atomic_load_explicit(&tap->slot, memory_order_relaxed) != 0;
}

#endif
