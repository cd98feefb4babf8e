// From the workers to one thread: elements of one size, a ring a worker, so that each has one writer and one reader and
// nobody waits for anybody (urgent.h says why that matters).
#ifndef SLUICE_MAIN_WORKER_RINGS_H
#define SLUICE_MAIN_WORKER_RINGS_H

#include "stage.h"

struct rte_ring;

struct worker_rings {
	const char *name;
	unsigned size;        // bytes of an element, a multiple of 4
	unsigned capacity;    // elements of a worker, and one; a power of two
	struct rte_ring **of; // [MAX_WORKERS]
};

#define WORKER_RINGS(variable, label, type, count)                                                                     \
	_Static_assert(sizeof(type) % 4 == 0, "an element of a ring");                                                 \
	static struct rte_ring *variable##_of[MAX_WORKERS];                                                            \
	static const struct worker_rings variable = {label, sizeof(type), count, variable##_of}

// 0, -ENOMEM, -EINVAL.
int worker_rings_open(const struct worker_rings *rings);
// What is in them is forgotten.
void worker_rings_close(const struct worker_rings *rings);

// A worker. False: full.
bool worker_rings_put(const struct worker_rings *rings, const struct worker *worker, const void *element);

// The reader. Calls `take` for what has come, of each worker at most what its ring holds: the others get their turn.
// `batch` has room for `count` elements. True: there may be more.
bool worker_rings_take(const struct worker_rings *rings, void *batch, unsigned count,
		       void (*take)(const void *element, uint64_t now), uint64_t now);

#endif
