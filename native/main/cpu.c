// The engine is built for x86-64-v2 (SSE4.2, POPCNT): on an older processor it would end with SIGILL, somewhere.
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
// First of all constructors, and itself built for any x86-64.
__attribute__((constructor(101), target("arch=x86-64"))) static void check_cpu(void)
{
	__builtin_cpu_init();
	if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt")) return;
	fputs("sluice-engine: this processor lacks SSE4.2 or POPCNT; the engine needs x86-64-v2\n", stderr);
	_Exit(1);
}
#endif
