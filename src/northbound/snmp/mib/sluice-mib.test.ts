import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dateAndTime } from './sluice-mib.ts';

const modules = fileURLToPath(new URL('../../../../test/mibs', import.meta.url));
const module = fileURLToPath(new URL('../SLUICE-MIB', import.meta.url));

test('SLUICE-MIB is clean for smilint at its strictest level', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mib-'));
  try {
    writeFileSync(join(folder, 'smi.conf'), `path ${modules}\n`);
    const { stderr, error } = spawnSync('smilint', ['-c', join(folder, 'smi.conf'), '-l', '9', module], {
      encoding: 'utf8',
    });
    assert.equal(error, undefined);
    // What it says of the modules that ours imports from is not about ours.
    assert.deepEqual(
      stderr.split('\n').filter((line) => line.startsWith(module)),
      [],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('DateAndTime is in UTC', () => {
  assert.equal(
    Buffer.from(dateAndTime(Date.UTC(2026, 10, 26, 1, 2, 3, 450))).toString('hex'),
    '07ea0b1a010203042b0000',
  );
});
