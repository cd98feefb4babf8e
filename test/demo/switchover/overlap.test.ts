import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlapMs } from './overlap.ts';

const line = (effectiveMs: number, pe: number, isForwarding: boolean, vlans: readonly number[] = [10]) => ({
  atMs: effectiveMs,
  effectiveMs,
  pe,
  vlans,
  isForwarding,
  text: '',
});

test('two forwarders count from the release to the block, in whatever order the PEs told of them', () => {
  assert.equal(overlapMs([line(8, 1, false), line(5, 2, true)], 10, [1]), 3);
  assert.equal(overlapMs([line(5, 1, false), line(8, 2, true)], 10, [1]), 0);
  assert.equal(overlapMs([line(5, 2, true, [20]), line(8, 1, false)], 10, [1]), 0);
  assert.equal(overlapMs([line(2, 2, true), line(4, 1, false), line(6, 1, true), line(9, 2, false)], 10, [1]), 5);
});
