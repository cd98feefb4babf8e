// Port mirrors: copies of a port's frames, or of one logical port's, as they are on the wire, to another port, or to an
// observation point (stages/punt).
//
// Copies come from a pool of their own and are sent at once: whatever happens to them, the frames themselves lose no
// buffer and no place in a queue of their own port.
#ifndef SLUICE_PORT_MIRROR_H
#define SLUICE_PORT_MIRROR_H

#include "device.h"

struct mirror_counters {
	uint64_t copied, dropped;
} __rte_cache_aligned;

struct observer; // stages/punt

struct mirror_entry {
	const void *owner;         // identity, for stages/mirror
	struct observer *observer; // it gets the copies; NULL: the destination does
	uint16_t destination;      // port id
	bool ingress, egress;
	uint32_t logical_port;            // id; 0: all of the port
	struct mirror_counters *counters; // [worker index], same memory in every generation
};

// Of a port: generation memory.
struct mirror_list {
	unsigned count;
	struct mirror_entry entry[];
};

// Control thread. The pool of copies, made when the first mirror is. 0 or -ENOMEM.
int mirror_start(void);

// Worker. Copies frames that were received, whose tags are on them still, or that are about to be sent.
void mirror_received(struct worker *worker, const struct port *port, struct rte_mbuf **packets, uint16_t n);
void mirror_sent(struct worker *worker, const struct port *port, struct rte_mbuf **packets, uint16_t n);

#endif
