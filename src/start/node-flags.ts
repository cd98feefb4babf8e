/**
 * With which flags Node runs sluiced.
 *
 * The young generation: with V8's own limit it keeps 134 MB after a load of 100,000 interfaces, with 8 MiB a semi-space
 * 17 MB, at the same CPU time (2026-11-25). `gc` is for src/sluiced/memory.ts.
 */
export const sluicedFlags: readonly string[] = ['--max-semi-space-size=8', '--expose-gc'];
