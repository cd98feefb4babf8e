// What the engine was built for: on a processor that lacks it, it would end with SIGILL, somewhere.
#include <stdio.h>
#include <stdlib.h>

#include "cpu.h"

#if defined(__x86_64__)
#if defined(__AVX2__)
#define LEVEL 3
#else
#define LEVEL 2
#endif

// First of all constructors, and itself built for any x86-64.
__attribute__((constructor(101))) ANY_X86_64 static void check_cpu(void)
{
	if (cpu_level() >= LEVEL) return;
	fprintf(stderr, "sluice-engine: this processor is too old: the engine was built for x86-64-v%d\n", LEVEL);
	_Exit(1);
}
#endif
