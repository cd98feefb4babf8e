// The flow cache's control side.
#ifndef SLUICE_FLOW_CONTROL_H
#define SLUICE_FLOW_CONTROL_H

#include "flow.h"
#include "settle.h"

// Tests: every port is cached, whatever is on it.
extern bool flow_cache_every_port;

// Which ports of the generation being built are cached. 0 or -ENOMEM.
int flow_cached_prepare(struct generation *g);

// What a published generation has changed, as elements.
void flow_changes_published(struct generation *g);

// Has every worker end the paths that are not valid any more and credit the others; waits for it, `milliseconds` at
// most (0: as long as it takes).
void flow_ask(unsigned milliseconds);

// The sums of all workers.
void flow_state(Sluice__Api__FlowCacheState *state);
// Packets that a node did not see because of the cache.
uint64_t flow_skipped(uint32_t node);

// Follows a frame through the live tables. 0 or -errno; the trace is the caller's.
struct arena;
void flow_tracer_stop(void);
int flow_trace_query(const struct port *port, const uint8_t *frame, size_t length, struct arena *arena,
		     Sluice__Api__QueryReply *part);
int flow_trace_frame(const struct port *port, const uint8_t *frame, size_t length, struct flow_trace *trace);

#endif
