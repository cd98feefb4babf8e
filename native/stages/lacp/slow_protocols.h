// Between the workers and the control part of LACP.
#ifndef SLUICE_SLOW_PROTOCOLS_H
#define SLUICE_SLOW_PROTOCOLS_H

#include <rte_ring.h>

// PDUs that wait for the control thread.
#define SLOW_PROTOCOLS_WAITING 512

// Whole frames, their meta with the port that received them. Multiple producers, one consumer.
extern struct rte_ring *slow_protocols_ring;

#endif
