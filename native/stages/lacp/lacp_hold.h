// Bundles that are kept out of use by the router itself.
#ifndef SLUICE_LACP_HOLD_H
#define SLUICE_LACP_HOLD_H

#include <stdbool.h>
#include <stdint.h>

// Control thread. The links of a bundle go out of synchronization, and stay so until they are let go: the partner takes
// them out of use (IEEE 802.1AX-2014, 6.4.15). 0, or -ENOTSUP: no bundle, or one without LACP.
int lacp_hold(uint16_t bundle, bool held);

#endif
