// Memory of the forwarding database: on huge pages where the kernel has them, touched before a worker does.
#include "bridge_control.h"

#include <sys/mman.h>

#define HEAD 64

static void *map(size_t size)
{
	size_t *head = mmap(NULL, size + HEAD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (head == MAP_FAILED) return NULL;
	if (size >= 2u << 20) madvise(head, size + HEAD, MADV_HUGEPAGE);
	// A worker that is the first to touch a page would wait for the kernel to clear it.
	memset(head, 0, size + HEAD);
	*head = size + HEAD;
	return (uint8_t *)head + HEAD;
}

static void unmap(void *memory)
{
	size_t *head = (void *)((uint8_t *)memory - HEAD);

	munmap(head, *head);
}

const struct fdb_memory bridge_memory = {map, unmap};
