import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const committer = fileURLToPath(new URL('testing/committer.ts', import.meta.url));
const kills = 20;

test('Store holds every acknowledged commit, whole, after its process was killed', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kill-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let acknowledged = 0;
  for (let round = 0; round < kills; round++) {
    const child = spawn(process.execPath, [committer, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const closed = once(child, 'close');
    let found = -1;
    lines.on('line', (line) => {
      if (!line.startsWith('at ')) acknowledged = Number(line);
      else {
        found = Number(line.slice(3));
        assert.ok(found >= acknowledged, `found ${found}, acknowledged ${acknowledged}`);
      }
    });
    await Promise.race([once(lines, 'line'), closed]);
    assert.notEqual(found, -1, 'the store did not open, or is not whole');
    await delay(Math.random() * 350);
    child.kill('SIGKILL');
    await closed;
  }
  assert.ok(acknowledged > 0);
  t.diagnostic(`${acknowledged} commits, ${kills} kills`);
});
