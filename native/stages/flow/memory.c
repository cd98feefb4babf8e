#include "memory.h"

#include <string.h>
#include <sys/mman.h>

#include <rte_common.h>

#define HUGE (2u << 20)

void *flow_memory_reserve(uint64_t size)
{
	uint64_t whole = RTE_ALIGN_CEIL(size, HUGE) + HUGE;
	uint8_t *map = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *start;

	if (map == MAP_FAILED) return NULL;
	start = (uint8_t *)RTE_ALIGN_CEIL((uintptr_t)map, (uintptr_t)HUGE);
	// What is in front of the aligned part and behind it goes back.
	if (start > map) munmap(map, (size_t)(start - map));
	munmap(start + whole - HUGE, (size_t)(map + HUGE - start));
	madvise(start, whole - HUGE, MADV_HUGEPAGE);
	return start;
}

void flow_memory_release(void *memory, uint64_t size)
{
	if (memory != NULL) munmap(memory, RTE_ALIGN_CEIL(size, HUGE));
}

void flow_memory_touch(void *at, uint64_t size)
{
	uint64_t whole = RTE_ALIGN_CEIL(size, HUGE);

	if (madvise(at, whole, MADV_POPULATE_WRITE) == 0) return;
	memset(at, 0, size);
}
