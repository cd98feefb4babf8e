import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameVlans, vlanRange, vlanSet, vlansText } from './decision/vlan-set.ts';
import { rangesOf, vlanBytes, vlansOfBytes, vlansOfRanges } from './vlan-ranges.ts';

test('ranges and sets are each other', () => {
  const texts = ['untagged', '1-3', '10', '4000-4094'];
  const set = vlansOfRanges(texts);
  assert.equal(vlansText(set), '0-3,10,4000-4094');
  assert.deepEqual(rangesOf(set), texts);
});

test('VID v is bit v & 7 of byte v >> 3 of the contract', () => {
  assert.deepEqual([...vlanBytes(vlanSet([0, 9]))], [1, 2, 0, 0]);
  assert.equal(vlanBytes(vlanRange(0, 4094)).length, 512);
  for (const set of [vlanSet([]), vlanSet([0]), vlanRange(1, 4094), vlanSet([31, 32, 63, 64, 4094])]) {
    assert.ok(sameVlans(vlansOfBytes(vlanBytes(set)), set));
  }
  assert.equal(vlansText(vlansOfBytes(Uint8Array.of(0, 0x02))), '9', 'zero bytes at the end may be left out');
});
