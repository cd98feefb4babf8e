// Events to subscribers.
#ifndef SLUICE_API_EVENT_H
#define SLUICE_API_EVENT_H

#include "../main/generation.h"

// The block points that a generation set and released, after the stages have sent their first frames.
void events_of_generation(struct generation *g);

#endif
