// The state of objects, as queries answer it. Messages and lists live in an arena that is freed as a whole.
#ifndef SLUICE_API_STATE_H
#define SLUICE_API_STATE_H

#include "store.h"

// Memory of one part of an answer.
struct arena {
	struct arena_block *blocks;
};

// Zeroed; NULL: no memory.
void *arena_alloc(struct arena *arena, size_t size);
void arena_free(struct arena *arena);

// Adds the object's state to the list of its kind in the part, which has room; version is the committed one.
// 0 or -ENOMEM.
int state_add(struct arena *arena, const struct object *object, const struct version *version,
	      Sluice__Api__QueryReply *part);
// The reasons that have counted something (counts[drop_reason_count()]), as a list of messages; totals get the sums by
// direction, malformed those of RFC 8343's in-errors. 0 or -ENOMEM.
int state_drops(struct arena *arena, const uint64_t *counts, size_t *n, Sluice__Api__DropCount ***list,
		uint64_t totals[2], uint64_t *malformed);
// Summed over the workers. NULL: no memory.
struct ip_counters;
Sluice__Api__IpStatistics *state_ip_statistics(struct arena *arena, const struct ip_counters *slots);
// The engine itself, and the nodes of the graph. NULL: no memory.
Sluice__Api__EngineState *state_engine(struct arena *arena);
int state_stages(struct arena *arena, Sluice__Api__QueryReply *part);

// Set once at start.
struct engine_identity {
	uint64_t instance;
	uint64_t started_at_seconds;
	uint64_t started_ms; // monotonic
	bool huge_pages;
	bool bench; // started for benchmarks: ports may receive from memory
};
extern struct engine_identity engine_identity;

#endif
