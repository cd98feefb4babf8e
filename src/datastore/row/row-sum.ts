/**
 * A sum over all rows of running, kept by every commit at the cost of its change, so that a start finds out whether the
 * file still says what was committed: LMDB has no checksums, and a bit that flips in a value would pass for the value.
 *
 *     sum := Σ hash(key, packed row), for two hashes of 32 bits (FNV-1a with different beginnings), modulo 2^32 each
 *
 * A sum does not depend on an order, so rows are added and taken out one by one. It finds accidents, not attackers.
 */
const prime = 0x01000193;

export class RowSum {
  #a: number;
  #b: number;

  /** From `text` of another. */
  constructor(text = '0 0') {
    const [a, b] = text.split(' ').map(Number);
    this.#a = a ?? 0;
    this.#b = b ?? 0;
  }

  get text(): string {
    return `${this.#a} ${this.#b}`;
  }

  /** A row is there; `packed` is empty where there is none, and nothing changes. */
  add(storedKey: string, packed: string): void {
    this.#change(storedKey, packed, 1);
  }

  /** A row that was there is not. */
  take(storedKey: string, packed: string): void {
    this.#change(storedKey, packed, -1);
  }

  #change(storedKey: string, packed: string, sign: number): void {
    if (packed === '') return;
    let a = 0x811c9dc5;
    let b = 0x2f0b4c47;
    for (let i = 0; i < storedKey.length; i++) {
      const code = storedKey.charCodeAt(i);
      a = Math.imul(a ^ code, prime);
      b = Math.imul(b ^ code, prime);
    }
    // Where the key ends is part of it.
    a = Math.imul(a ^ storedKey.length, prime);
    b = Math.imul(b ^ storedKey.length, prime);
    for (let i = 0; i < packed.length; i++) {
      const code = packed.charCodeAt(i);
      a = Math.imul(a ^ code, prime);
      b = Math.imul(b ^ code, prime);
    }
    // The second one is mixed once more: two sums of FNV alone would fail together.
    b = Math.imul(b ^ (b >>> 15), 0x2c1b3c6d);
    this.#a = (this.#a + sign * (a >>> 0)) >>> 0;
    this.#b = (this.#b + sign * (b >>> 0)) >>> 0;
  }
}
