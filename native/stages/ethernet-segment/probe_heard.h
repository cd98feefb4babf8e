// Probes on their way from workers to subscribers. What comes from one sender, of one kind and stamp, within a
// millisecond becomes one event.
#ifndef SLUICE_ETHERNET_SEGMENT_PROBE_HEARD_H
#define SLUICE_ETHERNET_SEGMENT_PROBE_HEARD_H

#include "../../main/stage.h"

// By value, in a ring: its size is a multiple of 4.
struct probe_heard {
	uint64_t stamp;
	struct ip_address from;
	uint16_t port, vid;
	uint8_t kind, spare[3];
};

// Worker. False: the ring is full.
bool probe_heard_put(const struct worker *worker, const struct probe_heard *heard);

// Control thread.
int probe_heard_start(void);
void probe_heard_stop(void);
void probe_heard_poll(void);

#endif
