// Memory of the tables: on huge pages where the kernel has them (transparent ones, by advice), at one address for the
// life of the process, so that a table refers to its parts by small numbers.
#ifndef SLUICE_FIB_MEMORY_H
#define SLUICE_FIB_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A range of addresses that is backed as far as it has been used.
struct fib_range {
	uint8_t *base;
	size_t size, backed;
};

int fib_range_open(struct fib_range *range, size_t size); // 0 or -ENOMEM
void fib_range_close(struct fib_range *range);
// Backs the first `bytes`: 0 or -ENOMEM. New memory is zero and has been touched.
int fib_range_back(struct fib_range *range, size_t bytes);

// Parts of tries. A number stands for a part; 0 is none.
enum fib_part { FIB_LEAF, FIB_NODE, FIB_ROOT_SMALL, FIB_ROOT_LARGE, FIB_PARTS };

#define FIB_UNIT 32 // bytes between two numbers

extern uint8_t *fib_parts; // read by workers

static inline void *fib_part_at(uint32_t number)
{
	return fib_parts + (size_t)number * FIB_UNIT;
}

int fib_parts_start(void);
void fib_parts_stop(void);
// Zeroed; 0: no memory.
uint32_t fib_part_take(enum fib_part part);
// At once: of what no worker has seen.
void fib_part_give(enum fib_part part, uint32_t number);
size_t fib_part_size(enum fib_part part);

// Calls free(arg, number) at the next fib_reclaim().
void fib_later(void (*free)(void *arg, uint32_t number), void *arg, uint32_t number);
void fib_part_give_later(enum fib_part part, uint32_t number);
// Waits for the workers and frees what was put off, if it is more than `more_than`.
void fib_reclaim(size_t more_than);

#endif
