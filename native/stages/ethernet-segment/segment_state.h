#ifndef SLUICE_ETHERNET_SEGMENT_SEGMENT_STATE_H
#define SLUICE_ETHERNET_SEGMENT_SEGMENT_STATE_H

#include "../../api/state.h"

// See struct object_kind, state.
int segment_state(struct arena *arena, const struct object *object, const struct version *version,
		  Sluice__Api__QueryReply *part);

#endif
