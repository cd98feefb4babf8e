// What happens to neighbours, on the control thread.
#ifndef SLUICE_NEIGHBOUR_CONTROL_H
#define SLUICE_NEIGHBOUR_CONTROL_H

#include "table.h"

// Those that had to make room for others.
extern uint64_t neighbour_evictions;

// NULL: it is gone, or not there yet.
const struct l3_interface *neighbour_interface(const struct neighbour *neighbour);
// Found, or made within the limits (NULL: there is no room), then without a MAC and with nobody asking.
struct neighbour *neighbour_make(const struct l3_interface *interface, enum ip_version version,
				 const struct ip_address *address);
// Carries an event out. The neighbour may be gone afterwards. port_inject_flush() after a batch.
void neighbour_step(struct neighbour *neighbour, const struct nud_event *event);
// Without a MAC again; gone where nobody holds its adjacency. What waits for it is dropped.
void neighbour_forget(struct neighbour *neighbour);

// A static neighbour: prepared by adjacency_take. `mac` NULL: learned again.
void neighbour_set_static(uint32_t adjacency, const struct rte_ether_addr *mac);

void neighbours_of_interface_changed(const struct l3_interface *interface);
void neighbours_of_interface_gone(uint32_t interface);

#endif
