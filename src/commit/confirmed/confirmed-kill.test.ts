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

const confirmer = fileURLToPath(new URL('../testing/confirmer.ts', import.meta.url));
/** `KILLS=100` for a night. */
const kills = Number(process.env['KILLS'] ?? 6);

test('a process killed at any moment of confirmed commits leaves one of the committed states', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-confirmed-kill-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  /** States that may be found: the last that was acknowledged, and the one that was under way. */
  let allowed = ['0/-'];
  let changes = 0;
  let pending = 0;
  for (let round = 0; round < kills; round++) {
    const args = [confirmer, folder, String(round * 10_000 + round + 1)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    const closed = once(child, 'close');
    let left = 2 + Math.floor(Math.random() * 12);
    let isReached = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      isReached = resolve;
    });
    lines.on('line', (line) => {
      const [what, state = ''] = line.split(' ');
      if (what === 'found') {
        assert.ok(allowed.includes(state), `found ${state}, expected ${allowed.join(' or ')}`);
        if (!state.endsWith('-')) pending++;
      } else if (what === 'will') allowed = [allowed[0] ?? '', state];
      else {
        allowed = [state];
        changes++;
      }
      if (--left === 0) isReached();
    });
    const early = await Promise.race([reached.then(() => false), closed.then(() => true)]);
    assert.ok(!early, 'the router did not come back, or its store is not whole');
    await delay(Math.random() * 20);
    child.kill('SIGKILL');
    await closed;
  }
  assert.ok(changes >= kills);
  t.diagnostic(`${changes} changes, ${kills} kills, ${pending} of them with a confirmed commit pending`);
});
