// What comes after classification, block points and tag rewriting, in this order and where a logical port needs them:
// the service that it belongs to. Edges of the nodes classify, block-in and vlan-in begin with these.
#ifndef SLUICE_CLASSIFY_NEXT_H
#define SLUICE_CLASSIFY_NEXT_H

#include "../../main/dataplane.h"

enum { NEXT_BRIDGE, NEXT_CROSS_CONNECT, NEXT_SERVICES };

#define NEXT_SERVICE_NODES [NEXT_BRIDGE] = "bridge", [NEXT_CROSS_CONNECT] = "l2xc"

static inline uint8_t next_service(const struct logical_port *lp)
{
	return lp->cross_connect != 0 ? NEXT_CROSS_CONNECT : NEXT_BRIDGE;
}

#endif
