#include "memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../main/stage.h"

#define HUGE_PAGE   (2u << 20)
#define STEP        (2u << 20)           // by which a range grows
#define PARTS_RANGE (UINT64_C(16) << 30) // addresses only

// ---------------------------------------------------------------- ranges

int fib_range_open(struct fib_range *range, size_t size)
{
	size = RTE_ALIGN_CEIL(size, (size_t)HUGE_PAGE);
	// Of addresses without access nothing is accounted.
	uint8_t *at = mmap(NULL, size + HUGE_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) return -ENOMEM;
	uint8_t *base = RTE_PTR_ALIGN_CEIL(at, HUGE_PAGE);
	if (base > at) munmap(at, (size_t)(base - at));
	munmap(base + size, HUGE_PAGE - (size_t)(base - at));
	madvise(base, size, MADV_HUGEPAGE);
	madvise(base, size, MADV_DONTDUMP);
	*range = (struct fib_range){base, size, 0};
	return 0;
}

void fib_range_close(struct fib_range *range)
{
	if (range->base != NULL) munmap(range->base, range->size);
	*range = (struct fib_range){0};
}

int fib_range_back(struct fib_range *range, size_t bytes)
{
	if (bytes <= range->backed) return 0;
	if (bytes > range->size) return -ENOMEM;
	size_t to = RTE_MIN(RTE_ALIGN_CEIL(bytes, (size_t)STEP), range->size);
	if (mprotect(range->base + range->backed, to - range->backed, PROT_READ | PROT_WRITE) < 0) return -ENOMEM;
	// A worker that is the first to touch a page would wait for the kernel to clear it.
	for (size_t at = range->backed; at < to; at += 4096)
		((volatile uint8_t *)range->base)[at] = 0;
	range->backed = to;
	return 0;
}

// ---------------------------------------------------------------- parts

static struct fib_range range;
static size_t used; // bytes
uint8_t *fib_parts;

// Parts that were given back, chained by their first word.
static struct {
	uint32_t first;
	size_t count;
} spare[FIB_PARTS];

static const size_t sizes[FIB_PARTS] = {32, 192, 256 * 8, 65536 * 8};

size_t fib_part_size(enum fib_part part)
{
	return sizes[part];
}

int fib_parts_start(void)
{
	if (fib_range_open(&range, PARTS_RANGE) < 0) return -ENOMEM;
	fib_parts = range.base;
	used = 64; // number 0 is none
	return 0;
}

void fib_parts_stop(void)
{
	fib_range_close(&range);
	fib_parts = NULL;
	used = 0;
	memset(spare, 0, sizeof(spare));
}

static uint32_t take_spare(enum fib_part part)
{
	uint32_t number = spare[part].first;

	if (number == 0) return 0;
	memcpy(&spare[part].first, fib_part_at(number), sizeof(uint32_t));
	spare[part].count--;
	memset(fib_part_at(number), 0, sizes[part]);
	return number;
}

void fib_part_give(enum fib_part part, uint32_t number)
{
	memcpy(fib_part_at(number), &spare[part].first, sizeof(uint32_t));
	spare[part].first = number;
	spare[part].count++;
}

uint32_t fib_part_take(enum fib_part part)
{
	uint32_t number = take_spare(part);
	// Two leaves share a cache line; all else begins with one.
	size_t size = RTE_MAX(sizes[part], (size_t)RTE_CACHE_LINE_SIZE);

	if (number != 0) return number;
	if (fib_range_back(&range, used + size) < 0) return 0;
	number = (uint32_t)(used / FIB_UNIT);
	used += size;
	if (part == FIB_LEAF) fib_part_give(FIB_LEAF, number + 1);
	return number;
}

// ---------------------------------------------------------------- later

struct late {
	void (*free)(void *arg, uint32_t number);
	void *arg;
	uint32_t number;
};

static struct late *late;
static size_t late_count, late_room;

void fib_later(void (*free_it)(void *arg, uint32_t number), void *arg, uint32_t number)
{
	if (late_count == late_room) {
		size_t more = late_room ? late_room * 2 : 256;
		struct late *grown = realloc(late, more * sizeof(*grown));

		if (grown == NULL) {
			// Without a place to note it: wait for the workers here and now.
			workers_synchronize();
			free_it(arg, number);
			return;
		}
		late = grown;
		late_room = more;
	}
	late[late_count++] = (struct late){free_it, arg, number};
}

static void give_part(void *arg, uint32_t number)
{
	fib_part_give((enum fib_part)(uintptr_t)arg, number);
}

void fib_part_give_later(enum fib_part part, uint32_t number)
{
	fib_later(give_part, (void *)(uintptr_t)part, number);
}

void fib_reclaim(size_t more_than)
{
	if (late_count <= more_than) return;
	workers_synchronize();
	for (size_t i = 0; i < late_count; i++)
		late[i].free(late[i].arg, late[i].number);
	late_count = 0;
	if (late_room > 65536) {
		free(late);
		late = NULL;
		late_room = 0;
	}
}

RTE_FINI(fib_late_free)
{
	free(late);
}
