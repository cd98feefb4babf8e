// Events to subscribers.
#ifndef SLUICE_API_EVENT_H
#define SLUICE_API_EVENT_H

#include "../main/generation.h"

// The block points that a generation set and released, after the stages have sent their first frames.
void events_of_generation(struct generation *g);

// What an ethernet segment blocked and released at the port (struct stage, blocks_changed).
void events_of_blocks(const struct block_change *changes, unsigned count, const struct port *port,
		      uint64_t effective_at_ns);

#endif
