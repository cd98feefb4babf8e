import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomOf } from '../../testing/random.ts';
import {
  countVlans,
  difference,
  hasVlan,
  intersection,
  isEmpty,
  NO_VLANS,
  overlaps,
  sameVlans,
  union,
  vlanRange,
  vlanSet,
  vlansFromText,
  vlansOf,
  vlansText,
} from './vlan-set.ts';

test('sets of VLANs are what sets of numbers are', () => {
  const random = randomOf(7);
  const some = (): Set<number> => {
    const highest = random() < 0.5 ? 40 : 4095;
    return new Set(Array.from({ length: Math.floor(random() * 60) }, () => Math.floor(random() * highest)));
  };
  const ascending = (set: Iterable<number>): number[] => [...set].sort((a, b) => a - b);
  for (let round = 0; round < 500; round += 1) {
    const [a, b] = [some(), some()];
    const [x, y] = [vlanSet(a), vlanSet(b)];
    assert.deepEqual([...vlansOf(union(x, y))], ascending(a.union(b)));
    assert.deepEqual([...vlansOf(intersection(x, y))], ascending(a.intersection(b)));
    assert.deepEqual([...vlansOf(difference(x, y))], ascending(a.difference(b)));
    assert.equal(overlaps(x, y), !a.isDisjointFrom(b));
    assert.equal(countVlans(x), a.size);
    assert.equal(isEmpty(difference(x, x)), true);
    assert.equal(hasVlan(x, 31), a.has(31));
    assert.equal(sameVlans(x, union(difference(x, y), intersection(x, y))), true);
    assert.equal(sameVlans(vlansFromText(vlansText(x)), x), true);
  }
});

test('sets of VLANs have a text', () => {
  assert.equal(vlansText(vlanSet([10, 1, 2, 3, 0])), '0-3,10');
  assert.equal(vlansText(NO_VLANS), '-');
  assert.equal(vlansText(vlanRange(1, 4094)), '1-4094');
  assert.throws(() => vlanSet([4095]), RangeError);
});
