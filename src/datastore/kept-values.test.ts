import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { LONGEST } from './kept-values.ts';
import { checkDatastore } from './lmdb/environment.ts';
import { openKept } from './testing/kept.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kept-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('KeptValues gives each owner what it wrote, also after a restart', async (t) => {
  const folder = temporary(t);
  let { environment, kept } = await openKept(folder);
  const name = 'é'.repeat(127);
  await kept.write(
    'one',
    new Map([
      ['a', '1'],
      [name, 'ü'],
      ['gone', '0'],
    ]),
  );
  await kept.write('two', new Map([['a', '2']]));
  await kept.write('one', new Map([['gone', undefined]]));
  await assert.rejects(kept.write('one', new Map([['a', 'x'.repeat(LONGEST + 1)]])), /has 65537 characters/);
  const wanted = [
    ['a', '1'],
    [name, 'ü'],
  ];
  assert.deepEqual([...kept.of('one')].sort(), wanted);
  await environment.close();
  assert.equal(await checkDatastore(folder), undefined);
  ({ environment, kept } = await openKept(folder));
  assert.deepEqual([...kept.of('one')].sort(), wanted);
  assert.deepEqual([...kept.of('two')], [['a', '2']]);
  assert.equal(kept.of('three').size, 0);
  await environment.close();
});

test('KeptValues has what it said it wrote when its process is killed', async (t) => {
  const folder = temporary(t);
  const child = spawn(process.execPath, [fileURLToPath(new URL('testing/kept-writer.ts', import.meta.url)), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let said = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    said = Number(line);
    if (said === 20) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const { environment, kept } = await openKept(folder);
  const found = Number(kept.of('writer').get('count'));
  assert.ok(said >= 20 && found >= said && found <= said + 1, `${found} is there, ${said} was said`);
  await environment.close();
});
