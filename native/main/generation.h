// Building, publishing and forgetting a generation of the dataplane: the engine's side of stage.h.
#ifndef SLUICE_MAIN_GENERATION_H
#define SLUICE_MAIN_GENERATION_H

#include "stage.h"

#include <rte_common.h>

// A new generation on top of the visible one; NULL: out of memory. One at a time.
struct generation *generation_begin(void);

// Makes it visible, waits for every worker, runs the stages' published() and what on_commit noted, frees what was
// retired, then g itself. `announce` runs between published() and the freeing (events). Returns CLOCK_REALTIME ns
// at which the last worker was on the new root.
uint64_t generation_commit(struct generation *g, void (*announce)(struct generation *g));
// Undoes everything and frees g. NULL is fine.
void generation_abort(struct generation *g);

// What a stage said when it refused; "" if it said nothing.
const char *generation_refusal(const struct generation *g);

// The root being built; its id maps are changed only through generation_map_set (0 or -ENOMEM).
struct dataplane *generation_root(struct generation *g);
int generation_map_set(struct generation *g, struct id_map *map, uint32_t id, const void *value);

// Notes that a logical port joins or leaves the flood list of a bridge domain; the lists are made by
// generation_members_done, once for each bridge domain. 0 or -ENOMEM.
int generation_member(struct generation *g, uint32_t bridge_domain, uint32_t logical_port, bool joins);
int generation_members_done(struct generation *g);

// Notes that a block point was set or released. 0 or -ENOMEM.
int generation_block_change(struct generation *g, const struct block_point *point, bool blocked);

// An empty first root; and at the end, with no worker running, frees the last one's own memory.
int dataplane_start(void);
void dataplane_stop(void);

#endif
