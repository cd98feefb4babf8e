// From the objects of the contract to the dataplane: one transaction's changes become a generation.
#ifndef SLUICE_API_BUILD_H
#define SLUICE_API_BUILD_H

#include "../main/generation.h"
#include "store.h"

// One object of a transaction. before NULL: created; after NULL: deleted.
struct change {
	struct object *object;
	struct version *before, *after;
	uint32_t operation; // index in the transaction
	bool moved;         // build.c: a block point or static address that takes another place, taken away first
};

// Puts the changes into g, in the order that stage.h promises, and asks the stages. 0, or -1 with the error;
// the caller then aborts g.
int build_changes(struct generation *g, struct change *const *changes, unsigned count, struct api_error *error);

// Ids of runtime objects: 0 or -errno; and at the end.
void build_start(void);
void build_stop(void);

#endif
