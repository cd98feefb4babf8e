// Things of which each is due at some time: a binary heap. Memory is the owner's; nothing is locked.
#ifndef SLUICE_MAIN_DUE_H
#define SLUICE_MAIN_DUE_H

#include <stdint.h>

#define DUE_NEVER UINT64_MAX

struct due {
	uint64_t at;
	uint32_t place; // in the heap, from 1; 0: not there
};

// `items` has room for one more than there can be.
struct due_heap {
	struct due **items;
	uint32_t count;
};

// Puts it in, or moves it; DUE_NEVER takes it out.
void due_set(struct due_heap *heap, struct due *due, uint64_t at);

// The one that is due first; NULL: none.
static inline struct due *due_first(const struct due_heap *heap)
{
	return heap->count != 0 ? heap->items[1] : NULL;
}

#endif
