// The thread "sluice-tap" reads and writes the TAPs, so that neither workers nor the control thread do. Packets for a
// TAP come through a ring a worker; copies (observation points) through another, which is looked at after the first.
#ifndef SLUICE_PUNT_TAP_IO_H
#define SLUICE_PUNT_TAP_IO_H

#include <stdatomic.h>

#include "../../main/stage.h"

#define TAP_RING 1024 // packets a worker and ring

// A TAP to the thread. What it counts is read by others at any time.
struct tap_port {
	int fd;
	uint32_t interface; // id of the L3 interface whose packets it carries; 0: it shows copies
	_Atomic bool lost;  // the device was taken away: the thread has let go of it, and woken the control thread
	_Atomic uint64_t to_kernel, to_kernel_dropped; // packets; dropped: the kernel did not take them
	_Atomic uint64_t from_kernel, from_kernel_dropped;
};

// Control thread. The thread runs from the first TAP on. A slot is the number by which packets name a TAP; it is given
// back late, so that a packet that still waits finds no other TAP. 0 or -errno.
int tap_io_add(struct tap_port *port, uint32_t *slot);
// Afterwards the thread does not know the TAP any more, and its descriptor may be closed.
void tap_io_remove(uint32_t slot);
void tap_io_stop(void);

// For start(): the edge by which packets of the kernel enter the graph.
int tap_io_start(void);

// Worker. A frame for a TAP. False: the ring is full, the packet stays the caller's.
bool tap_io_punt(const struct worker *worker, uint32_t slot, struct rte_mbuf *m);
// Worker. The same for a copy.
bool tap_io_copy(const struct worker *worker, uint32_t slot, struct rte_mbuf *m);

// Control thread. Takes what the kernel asked of neighbours since: whole frames, meta->egress_interface set.
void tap_io_asked(void (*take)(struct rte_mbuf *m));

#endif
