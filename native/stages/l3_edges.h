// Where frames of L2 enter the router: classify, block-in, bridge and bridge-flood have this edge for it, which
// stages/ip leads to its node "l3-in" (ip_stage.c). Without it such a frame ends where one without a bridge domain
// ends.
#ifndef SLUICE_STAGES_L3_EDGES_H
#define SLUICE_STAGES_L3_EDGES_H

#define L3_EDGE 0

#endif
