// Memory of the flow cache: reserved as a whole, on huge pages where there are any, touched piece by piece.
#ifndef SLUICE_FLOW_MEMORY_H
#define SLUICE_FLOW_MEMORY_H

#include <stddef.h>
#include <stdint.h>

// Zeroed address space of `size` bytes, aligned to 2 MB. NULL: there is none.
void *flow_memory_reserve(uint64_t size);
void flow_memory_release(void *memory, uint64_t size);
// Makes the pages of a part that begins at a multiple of 2 MB of the reserved memory present. Whoever touches them
// afterwards does not wait for the kernel.
void flow_memory_touch(void *at, uint64_t size);

#endif
