// Memory of the forwarding database: zero pages that cost nothing before they are touched, huge where they fit.
#include "bridge_control.h"

#include <sys/mman.h>

#define HEAD 64

static void *map(size_t size)
{
	size_t *head = mmap(NULL, size + HEAD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (head == MAP_FAILED) return NULL;
	if (size >= 2u << 20) madvise(head, size + HEAD, MADV_HUGEPAGE);
	*head = size + HEAD;
	return (uint8_t *)head + HEAD;
}

static void unmap(void *memory)
{
	size_t *head = (void *)((uint8_t *)memory - HEAD);

	munmap(head, *head);
}

const struct fdb_memory bridge_memory = {map, unmap};
