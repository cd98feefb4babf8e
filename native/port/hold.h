// Ports that are kept down by the router itself, whatever their configuration says.
#ifndef SLUICE_PORT_HOLD_H
#define SLUICE_PORT_HOLD_H

#include <stdbool.h>
#include <stdint.h>

// Control thread. Takes the port's device down, so that its peer loses the carrier, or lets it be as it is configured.
// It holds until it is let go, also for a device that is opened anew. 0, or -ENOTSUP: not a device of the kernel.
int port_hold_down(uint16_t port, bool down);

// Control thread. Whether the router keeps the port out of use, by whatever means: the contract tells of it, so that
// nobody takes the link for lost. Let go, it counts as held until its link is up, for 5 s at most.
void port_held(uint16_t port, bool held);

#endif
