// A protobuf-c allocator with a limit: two bytes on the wire can ask for a hundred in memory.
#ifndef SLUICE_API_MEMORY_H
#define SLUICE_API_MEMORY_H

#include <protobuf-c/protobuf-c.h>

// Most memory that one decoded message may take.
#define MAX_MESSAGE_MEMORY (256u << 20)

struct memory_limit {
	ProtobufCAllocator allocator;
	size_t left;
};

// What it allocates is freed with free() or with protobuf-c's default allocator.
void memory_limit_init(struct memory_limit *limit, size_t bytes);

#endif
