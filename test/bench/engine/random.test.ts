import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Xorshift } from './random.ts';

/** The generator as it is defined. */
function* reference(seed: bigint): Generator<number> {
  for (let x = seed; ; ) {
    x ^= x >> 12n;
    x ^= BigInt.asUintN(64, x << 25n);
    x ^= x >> 27n;
    yield Number(BigInt.asUintN(64, x * 0x2545f4914f6cdd1dn) >> 32n);
  }
}

test('the generator in halves gives the numbers of the one in 64 bits', () => {
  for (const seed of [1n, 0x9e3779b97f4a7c15n, 0x8000_0000_0000_0000n, 0xffff_ffffn]) {
    const random = new Xorshift(seed);
    const wanted = reference(seed);
    for (let n = 0; n < 10_000; n += 1) assert.equal(random.next(), wanted.next().value, `seed ${seed}, number ${n}`);
  }
});
