/** Random choices for fuzzers: the same for the same seed, from FUZZ_SEED or the clock. */
export interface Random {
  readonly seed: number;
  /** 0 ≤ n < limit. */
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
}

export function random(seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000_007)): Random {
  // mulberry32
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
  };
  return {
    seed,
    below,
    pick: <T>(from: readonly T[]): T => from[below(from.length)] as T,
  };
}
