/**
 * xorshift64*: the generator of all workloads. Its 64 bits are two halves of 32, because millions of numbers are drawn
 * and BigInt allocates each.
 */
export class Xorshift {
  #high: number;
  #low: number;

  constructor(seed = 0x9e3779b97f4a7c15n) {
    this.#high = Number(seed >> 32n) | 0;
    this.#low = Number(seed & 0xffffffffn) | 0;
  }

  /** The higher 32 bits of the next number. */
  next(): number {
    let high = this.#high;
    let low = this.#low;
    // x ^= x >> 12; x ^= x << 25; x ^= x >> 27
    low ^= (low >>> 12) | (high << 20);
    high ^= high >>> 12;
    high ^= (high << 25) | (low >>> 7);
    low ^= low << 25;
    low ^= (low >>> 27) | (high << 5);
    high ^= high >>> 27;
    this.#high = high;
    this.#low = low;
    // times 0x2545f4914f6cdd1d
    return (Math.imul(high, 0x4f6cdd1d) + Math.imul(low, 0x2545f491) + multiplyHigh(low >>> 0, 0x4f6cdd1d)) >>> 0;
  }

  /** A whole number from 0 to below `bound`, which is at most 2^32. */
  below(bound: number): number {
    return Math.floor((this.next() * bound) / 0x1_0000_0000);
  }

  /** Puts the values in random order (Fisher-Yates). */
  shuffle(values: Uint32Array): Uint32Array {
    for (let last = values.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      const kept = values[last] ?? 0;
      values[last] = values[other] ?? 0;
      values[other] = kept;
    }
    return values;
  }
}

/** Bits 32 to 63 of the product of two unsigned numbers of 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const [a1, a0, b1, b0] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  return a1 * b1 + Math.floor(middle / 0x10000) + Math.floor((a0 * b1 + (middle % 0x10000)) / 0x10000);
}
