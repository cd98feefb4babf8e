import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vlanSet } from '../decision/vlan-set.ts';
import { Inherited } from './inherited.ts';

const NOBODY: ReadonlySet<number> = new Set();

test('addresses count for as long as a bridge would know them', () => {
  const inherited = new Inherited();
  inherited.take(10, [1, 2], 0);
  inherited.take(10, [2], 100_000);
  assert.deepEqual([...inherited.of(10, NOBODY, 299_999)], [1, 2]);
  assert.deepEqual([...inherited.of(10, NOBODY, 300_000)], [2]);
  assert.deepEqual([...inherited.of(11, NOBODY, 0)], []);
});

test('what is heard elsewhere is no longer behind the segment', () => {
  const inherited = new Inherited();
  inherited.take(10, [1, 2], 0);
  assert.deepEqual([...inherited.of(10, new Set([1]), 1)], [2]);
  assert.deepEqual([...inherited.of(10, NOBODY, 1)], [2]);
});

test('a VLAN that goes on takes its addresses along, once the next PE has them', () => {
  const inherited = new Inherited();
  inherited.take(10, [1], 0);
  inherited.take(11, [1], 0);
  inherited.pass(vlanSet([10]), 1000);
  assert.deepEqual([...inherited.of(10, NOBODY, 10_999)], [1]);
  assert.deepEqual([...inherited.of(10, NOBODY, 11_000)], []);
  assert.deepEqual([...inherited.of(11, NOBODY, 11_000)], [1]);
});

test('there is a bound, and what goes makes room', () => {
  const inherited = new Inherited();
  inherited.take(
    10,
    Array.from({ length: 131_073 }, (_, mac) => mac),
    0,
  );
  assert.equal([...inherited.of(10, NOBODY, 1)].length, 131_072);
  assert.equal([...inherited.of(10, NOBODY, 300_000)].length, 0);
  inherited.take(11, [7], 300_000);
  assert.deepEqual([...inherited.of(11, NOBODY, 300_001)], [7]);
});
