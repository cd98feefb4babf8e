// Which level of x86-64 the processor runs (x86-64 psABI, 3.1.1), found with instructions that every one has.
#ifndef SLUICE_MAIN_CPU_H
#define SLUICE_MAIN_CPU_H

#if defined(__x86_64__)
#include <cpuid.h>

#define ANY_X86_64 __attribute__((target("arch=x86-64")))

// Leaf 1, ECX; leaf 0x80000001, ECX.
#define CPU_MOVBE (1u << 22)
#define CPU_F16C  (1u << 29)
#define CPU_LZCNT (1u << 5)

// 3, 2, or 1 for less.
ANY_X86_64 static inline int cpu_level(void)
{
	unsigned a, b, c = 0, d, extended = 0;

	__builtin_cpu_init();
	if (!__builtin_cpu_supports("sse4.2") || !__builtin_cpu_supports("popcnt")) return 1;
	__get_cpuid(1, &a, &b, &c, &d);
	__get_cpuid(0x80000001u, &a, &b, &extended, &d);
	// With AVX2 the operating system's part (the registers are saved) has been looked at too.
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !__builtin_cpu_supports("bmi") ||
	    !__builtin_cpu_supports("bmi2"))
		return 2;
	return (c & (CPU_MOVBE | CPU_F16C)) == (CPU_MOVBE | CPU_F16C) && (extended & CPU_LZCNT) ? 3 : 2;
}
#endif

#endif
