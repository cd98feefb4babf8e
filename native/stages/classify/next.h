// What comes after classification, block points and tag rewriting, in this order and where a logical port needs them:
// the service that it belongs to. Edges of the nodes classify, block-in and vlan-in begin with these.
#ifndef SLUICE_CLASSIFY_NEXT_H
#define SLUICE_CLASSIFY_NEXT_H

#include "../../main/dataplane.h"
#include "../l3_edges.h"

// An L3 interface takes a frame as it is: its tags are passed over.
enum { NEXT_L3 = L3_EDGE, NEXT_BRIDGE, NEXT_CROSS_CONNECT, NEXT_SERVICES };

// Edge of classify alone: frames of ports with MEPs, which stages/cfm leads to its node "cfm-in".
#define CLASSIFY_CFM NEXT_SERVICES

#define NEXT_SERVICE_NODES [NEXT_L3] = "drop-no-bridge-domain", [NEXT_BRIDGE] = "bridge", [NEXT_CROSS_CONNECT] = "l2xc"

static inline uint8_t next_service(const struct logical_port *lp)
{
	if (lp->interface != 0) return NEXT_L3;
	return lp->cross_connect != 0 ? NEXT_CROSS_CONNECT : NEXT_BRIDGE;
}

#endif
