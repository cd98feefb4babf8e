import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { IfIndexes } from './if-index.ts';

test('IfIndexes keeps numbers over restarts and gives none twice', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-if-index-'));
  const path = join(folder, 'if-index');
  try {
    const first = IfIndexes.load(path);
    assert.deepEqual(await first.of(['b', 'a', 'b', 'x y"\n']), [1, 2, 1, 3]);
    const [one, two] = await Promise.all([first.of(['c']), first.of(['d', 'a'])]);
    assert.deepEqual([one, two], [[4], [5, 2]]);
    const second = IfIndexes.load(path);
    assert.deepEqual(await second.of(['d', 'x y"\n', 'new']), [5, 3, 6]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
