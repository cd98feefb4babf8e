// The parts of the bridge's control side. All of it runs on the control thread.
#ifndef SLUICE_BRIDGE_CONTROL_H
#define SLUICE_BRIDGE_CONTROL_H

#include "../../main/stage.h"
#include "bridge.h"

extern const struct fdb_memory bridge_memory;

// Logical ports whose learned addresses go with the generation being built, once it is published. An abort forgets
// them. 0 or -ENOMEM.
int bridge_flush_later(struct generation *g, uint32_t logical_port);
// Raises the epochs of those and of the logical ports that are blocked by `g`. True: some had learned addresses.
bool bridge_flush_published(struct generation *g);
// Those of the logical ports behind what is blocked by these changes; the same answer.
bool bridge_flush_blocked(const struct dataplane *dp, const struct block_change *change, unsigned count);
// Raises one epoch now.
void bridge_flush_port(uint32_t logical_port);
// Frees the slots of all entries that are not valid any more, so that the counts are exact.
void bridge_sweep_all(void);

// Static addresses of the generation being built. See struct stage.
int bridge_static_changed(struct generation *g, const struct static_mac *old, const struct static_mac *new);
// Number of static addresses after the generation being built.
uint32_t bridge_static_count(void);
void bridge_static_published(void);
// Whether the address is a static one of the objects.
bool bridge_static_has(uint64_t key);
int bridge_static_start(uint64_t seed);
void bridge_static_stop(void);

// Prepares a table for `limit` learned addresses (0: as before) and the static ones of the generation being built.
// 0 or -ENOMEM.
int bridge_room(struct generation *g, uint32_t limit);
void bridge_room_published(void);

// Moves that workers told of; holds that end by a generation, or in time.
void bridge_moves_poll(void);
void bridge_moves_published(void);
void bridge_moves_tick(void);
void bridge_moves_stop(void);

// Ageing and MacLimitEvent, from start to stop.
int bridge_ageing_start(void);
void bridge_ageing_stop(void);

#endif
