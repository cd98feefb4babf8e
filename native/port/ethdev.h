// Devices that are ports of DPDK (ethdev): what AF_XDP, memif, vhost-user, virtio-user and PCI devices have in common.
// A kind makes the DPDK device and says how it is to be configured; receiving, sending, link and closing are here.
#ifndef SLUICE_PORT_ETHDEV_H
#define SLUICE_PORT_ETHDEV_H

#include "device.h"

#include <rte_ethdev.h>

struct ethdev {
	struct device device; // first
	uint16_t id;          // RTE_MAX_ETHPORTS: none
	char name[64];        // of the DPDK device on its bus; empty: none
	bool one_buffer;      // takes only frames that lie in one buffer
	bool keeps;           // the driver keeps packets for some time after they were sent
	bool started;         // control thread
	bool ready;           // workers may call the driver
	struct ethdev *next;  // of those that are open
};

static inline struct ethdev *ethdev_of(struct device *device)
{
	return (struct ethdev *)device;
}

// Zeroed memory of `size` bytes (the kind's own struct, whose first member is the ethdev). NULL: no memory.
struct ethdev *ethdev_new(const struct device_kind *kind, size_t size);

// Makes the device `name` on the bus of virtual devices. 0 or -errno.
int ethdev_make(struct ethdev *it, const char *name, const char *args);

// Finds the ethdev of it->name and sets its queues up: as many as the device has, at most one a worker and at most
// `most`, buffers from `pool`; mtu 0: the driver takes any length. Queue counts are those of it->device afterwards. 0
// or -errno with the reason.
int ethdev_configure(struct ethdev *it, uint16_t mtu, unsigned most, struct rte_mempool *pool,
		     struct device_error *error);

// Starts it, and stops it: no worker is in the driver then. 0 or -errno.
int ethdev_start(struct ethdev *it);
void ethdev_stop(struct ethdev *it);

// Takes the workers out of the drivers of this kind, and lets them in again.
void ethdev_park(const struct device_kind *kind);
void ethdev_unpark(const struct device_kind *kind);

// Of struct device_kind. close() also frees the memory.
void ethdev_close(struct device *device);
uint16_t ethdev_receive(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			uint16_t n);
uint16_t ethdev_transmit(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			 uint16_t n);
void ethdev_losses(struct device *device, uint64_t *discards, uint64_t *errors);
int ethdev_look(struct device *device, struct device_link *link);

#endif
