// What libFuzzer calls. A property that does not hold aborts.
#ifndef SLUICE_FUZZ_TARGET_H
#define SLUICE_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                                                \
	do {                                                                                                           \
		if (!(condition)) abort();                                                                             \
	} while (0)

#endif
