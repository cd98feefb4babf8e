#include "memory.h"

#include <stdlib.h>

// What malloc keeps beside a block.
#define BLOCK_COST 16

static void *take(void *data, size_t size)
{
	struct memory_limit *limit = data;

	if (size + BLOCK_COST > limit->left) return NULL;
	limit->left -= size + BLOCK_COST;
	return malloc(size);
}

static void give(void *data, void *memory)
{
	(void)data;
	free(memory);
}

void memory_limit_init(struct memory_limit *limit, size_t bytes)
{
	limit->allocator = (ProtobufCAllocator){.alloc = take, .free = give, .allocator_data = limit};
	limit->left = bytes;
}
