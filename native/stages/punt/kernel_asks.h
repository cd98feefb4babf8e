// ARP and Neighbor Discovery of the kernel on its TAPs: the engine owns both. What the kernel asks the engine finds
// out, and enters in the kernel's table; what the kernel says nobody hears.
#ifndef SLUICE_PUNT_KERNEL_ASKS_H
#define SLUICE_PUNT_KERNEL_ASKS_H

#include "../../main/dataplane.h"

// Control thread. A frame of the kernel, with meta->egress_interface set; takes it.
void kernel_asked(struct rte_mbuf *m);

#endif
