// What the flow cache has counted since a moment that the test marks.
#ifndef SLUICE_FLOW_TESTING_H
#define SLUICE_FLOW_TESTING_H

#include "../../testing/applied.h"
#include "control.h"

static Sluice__Api__FlowCacheState flow_before;

static inline Sluice__Api__FlowCacheState flow_now(void)
{
	Sluice__Api__FlowCacheState state = SLUICE__API__FLOW_CACHE_STATE__INIT;

	flow_state(&state);
	return state;
}

// From here on; frames that have left are forgotten too.
static inline void flow_mark(void)
{
	flow_before = flow_now();
	router_forget();
}

#define FLOW_SINCE(field) ((unsigned)(flow_now().field - flow_before.field))

#endif
