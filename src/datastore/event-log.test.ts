import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EVENT_LOG_LIMITS, EventLog, type EventLogLimits, FLUSH_MS } from './event-log.ts';
import { Environment } from './lmdb/environment.ts';
import { WriteSet } from './lmdb/write-set.ts';

interface Opened {
  readonly environment: Environment;
  readonly log: EventLog;
}

async function open(folder: string, limits: Partial<EventLogLimits> = {}): Promise<Opened> {
  const environment = await Environment.open({ folder, check: Promise.resolve(undefined) });
  const log = new EventLog(environment, { ...EVENT_LOG_LIMITS, ...limits });
  const transaction = environment.read();
  log.load({ transaction });
  transaction.done();
  return { environment, log };
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-events-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const texts = (log: EventLog, from = 1, count = 1000) => log.read(from, count).map(({ xml }) => xml);

// Behind the clock, whatever a test adds.
const now = Date.now() - 10_000;

test('EventLog gives what was recorded, from memory and disk alike, also after a restart', async (t) => {
  const folder = temporary(t);
  let { environment, log } = await open(folder);
  const created = log.createdAt.getTime();
  const expected = Array.from({ length: 700 }, (_, i) => `<e>é ${i + 1}</e>`);
  for (const [i, xml] of expected.slice(0, 600).entries()) assert.equal(log.append(now + i, 'm:n', xml), i + 1);
  assert.deepEqual(texts(log), expected.slice(0, 600));
  await log.flush();
  for (const [i, xml] of expected.slice(600).entries()) log.append(now + 600 + i, 'm:n', xml);
  assert.deepEqual(texts(log), expected);
  assert.deepEqual(texts(log, 300, 3), expected.slice(299, 302));
  await log.close();
  await environment.close();
  ({ environment, log } = await open(folder));
  assert.equal(log.createdAt.getTime(), created);
  assert.deepEqual(texts(log), expected);
  assert.equal(log.firstSince(now + 100), 101);
  assert.equal(log.append(now + 5000, 'm:n', '<e/>'), 701);
  assert.equal(log.agedAt, undefined);
  await log.close();
  await environment.close();
});

test('EventLog keeps within its bounds, and says what is gone', async (t) => {
  const folder = temporary(t);
  const { environment, log } = await open(folder, { events: 100, ageMs: 1_000_000 });
  for (let i = 1; i <= 1000; i++) log.append(now + i, 'm:n', `<e>${i}</e>`);
  assert.ok(log.last - log.first + 1 <= 200, `${log.last - log.first + 1} events`);
  assert.equal(log.agedAt?.getTime(), now + log.first - 1);
  await log.close();
  await environment.close();
  const again = await open(folder, { events: 100, bytes: 300, ageMs: 1_000_000 });
  assert.equal(again.log.agedAt?.getTime(), now + again.log.first - 1);
  assert.ok(again.log.read(1, 1000).reduce((sum, { xml }) => sum + xml.length, 0) <= 300);
  await again.log.close();
  await again.environment.close();
  const old = await open(folder, { ageMs: 0 });
  assert.deepEqual(texts(old.log), []);
  assert.equal(old.log.append(now, 'm:n', '<e/>'), 1001);
  await old.log.close();
  await old.environment.close();
});

test('EventLog is written with a transaction that is written anyway', async (t) => {
  const folder = temporary(t);
  const { environment, log } = await open(folder);
  log.append(now, 'm:n', '<e/>');
  const refused = log.join(new WriteSet());
  refused?.(false);
  const set = new WriteSet();
  const done = log.join(set);
  assert.equal(log.join(new WriteSet()), undefined);
  log.append(now, 'm:n', '<later/>');
  await set.write(environment);
  done?.(true);
  await environment.close(); // as if it ended here: only what was joined is there
  const again = await open(folder);
  assert.deepEqual(texts(again.log), ['<e/>']);
  await again.environment.close();
});

test('EventLog loses no more than the last events when its process is killed', async (t) => {
  const folder = temporary(t);
  const writer = fileURLToPath(new URL('testing/event-writer.ts', import.meta.url));
  const child = spawn(process.execPath, [writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const seen: [seq: number, at: number][] = [];
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      seen.push([Number(line), performance.now()]);
      if (seen.length === 1500) resolve();
    });
    child.once('error', reject);
  });
  child.kill('SIGKILL');
  const killedAt = performance.now();
  await closed;
  const { environment, log } = await open(folder);
  // Ten times what is promised: the machine may be busy.
  const promised = seen.findLast(([, at]) => at < killedAt - 10 * FLUSH_MS)?.[0] ?? 0;
  assert.ok(log.last >= promised, `${log.last} events are there, ${promised} of ${seen.length} had to be`);
  assert.deepEqual(
    log.read(1, 10_000).map(({ seq, xml }) => `${seq} ${xml}`),
    Array.from({ length: log.last }, (_, i) => `${i + 1} <e>${i + 1}</e>`),
  );
  t.diagnostic(`${seen.length} seen, ${promised} promised, ${log.last} there`);
  await environment.close();
});
