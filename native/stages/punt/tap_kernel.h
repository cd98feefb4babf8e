// A TAP device in a network namespace, and what the kernel is told of it (rtnetlink in that namespace). Control thread.
#ifndef SLUICE_PUNT_TAP_KERNEL_H
#define SLUICE_PUNT_TAP_KERNEL_H

#include "../../main/dataplane.h"

struct tap_kernel {
	int fd;      // of the TAP, non-blocking; -1: closed
	int netlink; // in its namespace
	unsigned ifindex;
	uint64_t namespace_inode; // of the namespace's file, by which another one of the same name is told apart; 0:
				  // the own
};

// Makes the device, which is down. `one_way`: nobody resolves addresses on it. Namespace "": the engine's own. 0;
// -ENOENT: there is no such namespace; -EBUSY: the name is taken; another -errno.
int tap_kernel_open(struct tap_kernel *tap, const char *network_namespace, const char *device, bool one_way);
// The device goes.
void tap_kernel_close(struct tap_kernel *tap);

// All: 0 or -errno. What is so already is no error.
int tap_kernel_set_link(const struct tap_kernel *tap, const struct rte_ether_addr *mac, uint16_t mtu, bool up);
int tap_kernel_set_carrier(const struct tap_kernel *tap, bool carrier);
int tap_kernel_set_address(const struct tap_kernel *tap, enum ip_version version, const struct ip_address *address,
			   uint8_t prefix_length, bool present);
// mac NULL: it goes.
int tap_kernel_set_neighbour(const struct tap_kernel *tap, enum ip_version version, const struct ip_address *address,
			     const struct rte_ether_addr *mac);

#endif
