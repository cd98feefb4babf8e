// Copy on write of the tables that hang from a published root.
#ifndef SLUICE_STAGES_COW_H
#define SLUICE_STAGES_COW_H

#include <string.h>

#include "../main/stage.h"

// The block of `size` bytes that the pointer at `place` points to, writable: itself if this generation made it, else a
// copy (zeroes where there was none), to which that pointer then points and for which the old block retires. `place`
// must itself be writable. NULL: out of memory, nothing changed.
static inline void *cow_writable(struct generation *g, void *place, size_t size)
{
	void *old, *block;

	memcpy(&old, place, sizeof(old));
	if (old != NULL && generation_owns(g, old)) return old;
	block = generation_alloc(g, size);
	if (block == NULL) return NULL;
	if (old != NULL) {
		memcpy(block, old, size);
		generation_retire(g, old);
	}
	memcpy(place, &block, sizeof(block));
	return block;
}

#endif
