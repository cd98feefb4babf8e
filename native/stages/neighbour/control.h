// What happens to neighbours, on the control thread.
#ifndef SLUICE_NEIGHBOUR_CONTROL_H
#define SLUICE_NEIGHBOUR_CONTROL_H

#include "table.h"

// A static neighbour: prepared by adjacency_take. `mac` NULL: learned again.
void neighbour_set_static(uint32_t adjacency, const struct rte_ether_addr *mac);

#endif
