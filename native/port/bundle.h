// The device behind a bundle: no wire of its own, but the ports that distribute its frames. Who they are says
// stages/lacp; what they receive rx.c takes as received by the bundle.
#ifndef SLUICE_PORT_BUNDLE_H
#define SLUICE_PORT_BUNDLE_H

#include "port_io.h"

#define BUNDLE_MOST_LINKS 32
// Flows are spread by hash over so many places, which the links share: one that goes gives up only its own.
#define BUNDLE_PLACES 256

// Control thread. Sets the ports that distribute, at most BUNDLE_MOST_LINKS, and whether the bundle has a link. Frames
// take the new links from the return on.
void bundle_set_links(struct port_io *io, const uint16_t *ports, unsigned count, bool up, uint32_t speed_mbps);

// Gives each of the places to one of the ports, as evenly as it goes, moving as few as possible; 0: no port.
void bundle_spread(uint16_t places[BUNDLE_PLACES], const uint16_t *ports, unsigned count);

#endif
