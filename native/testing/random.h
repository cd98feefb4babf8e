// Numbers at random for tests and fuzzing: xorshift64*, as the workloads of the benchmarks.
#ifndef SLUICE_TESTING_RANDOM_H
#define SLUICE_TESTING_RANDOM_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// The state is any number but 0. The upper bits are the better ones.
static inline uint64_t random_bits(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

// SEED of the environment or one of the clock's; printed, so that a run can be had again.
static inline uint64_t random_seed(void)
{
	const char *given = getenv("SEED");
	uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;

	printf("SEED=%" PRIu64 "\n", seed);
	return seed;
}

#endif
