// What stands behind a port. A kind of device is one file: open, close, receive, transmit.
#ifndef SLUICE_PORT_DEVICE_H
#define SLUICE_PORT_DEVICE_H

#include "../main/dataplane.h"
#include "../main/worker.h"

#include <rte_spinlock.h>

enum device_type {
	DEVICE_AF_PACKET,
	DEVICE_AF_XDP,
	DEVICE_RING,
	DEVICE_PCAP,
	DEVICE_MEMORY,
	DEVICE_MEMIF,
	DEVICE_VHOST_USER,
	DEVICE_VIRTIO_USER,
	DEVICE_PCI,
	DEVICE_BUNDLE,
};

// What a client asked for.
struct device_spec {
	enum device_type type;
	char name[108]; // kernel device, ring, PCI address, or the path of a socket
	char rx_file[256];
	char tx_file[256];
	bool memif_client;   // connects to the socket; otherwise it listens there
	uint32_t memif_id;   // of the interface on the socket
	char secret[24 + 1]; // both ends of a memif have the same; empty: none
	uint16_t mtu;        // bytes of L3 payload, never 0
};

// What a device that is none of the kernel's says of its link.
struct device_link {
	bool up;
	uint32_t speed_mbps; // 0: unknown
	bool has_address;
	struct rte_ether_addr address;
};

// Why open() failed, for people.
struct device_error {
	char text[192];
};

struct device;

// Queues are numbered from 0. A device with fewer queues than there are workers has them from a worker of its own on
// (device_worker), and what it receives is shared out by flow (rx.c).
struct device_kind {
	const char *name;
	bool kernel; // stands for a kernel network device: link, address and speed come from there
	uint16_t largest_mtu;
	// Makes a device that does not receive yet from the workers' point of view. 0, -ENODEV: there is no such
	// device; -EEXIST: taken; -ENOSPC: no memory for its buffers; or another -errno, with the reason in error.
	int (*open)(const struct device_spec *spec, struct device **out, struct device_error *error);
	// No worker uses it any more. NULL is fine.
	void (*close)(struct device *device);
	// Worker. At most n packets, headers in the first segment.
	uint16_t (*receive)(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			    uint16_t n);
	// Worker. Takes the first packets (sent, or dropped and counted in tx_errors) and returns how many.
	uint16_t (*transmit)(struct device *device, unsigned queue, struct worker *worker, struct rte_mbuf **packets,
			     uint16_t n);
	// Adds what the device itself lost before the engine saw it. May be NULL.
	void (*losses)(struct device *device, uint64_t *discards, uint64_t *errors);
	// Control thread, every 50 ms and after device_changed(). The state of the link, and the time to mend it. 0, or
	// -ENODEV: the device is gone and must be opened anew. NULL: the link is up as long as the port is enabled.
	int (*look)(struct device *device, struct device_link *link);
	// Control thread. Another MTU; NULL: it takes what fits its buffers.
	void (*set_mtu)(struct device *device, uint16_t mtu);
};

struct device_queue {
	// What a sleeping worker waits for; fd -1: nothing to wait for.
	struct worker_wait wait;
	rte_spinlock_t transmit_lock; // taken only where workers share the queue
	// Written by the worker that owns the queue (receive) or holds the lock (transmit).
	uint64_t rx_discards; // no buffer
	uint64_t rx_errors;   // truncated or senseless
	uint64_t tx_errors;
} __rte_cache_aligned;

// First member of every kind's own struct.
struct device {
	const struct device_kind *kind;
	unsigned ifindex; // kernel devices
	unsigned rx_queues, tx_queues;
	unsigned first_worker; // who has queue 0
	bool polled;           // has no descriptor: a worker naps instead of sleeping
	bool live;             // its port is activated: workers see it before, from publication on
	struct device_queue queues[MAX_WORKERS];
};

extern const struct device_kind device_af_packet, device_af_xdp, device_ring, device_pcap, device_memory, device_memif,
	device_vhost_user, device_virtio_user, device_pci, device_bundle;

// Any thread: the state of some device has changed; look() is called soon.
void device_changed(void);

// Whether this process has the kernel device open by AF_XDP.
bool af_xdp_has(unsigned ifindex);

const struct device_kind *device_kind(enum device_type type);

// Fills in what all kinds share. Queues: both counts.
void device_init(struct device *device, const struct device_kind *kind, unsigned rx_queues, unsigned tx_queues);

// The worker that receives on a queue.
static inline unsigned device_worker(const struct device *device, unsigned queue)
{
	return (device->first_worker + queue) % worker_count;
}

// Worker. A packet that may wait for long: a device's own pool goes with the device, so what does not lie in the common
// pools is copied there, and the original freed. NULL: no buffer.
struct rte_mbuf *device_own_copy(const struct worker *worker, struct rte_mbuf *m);

#endif
