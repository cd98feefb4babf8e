import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { FaultError } from '../yang/fault.ts';
import { Environment } from './lmdb/environment.ts';
import { SharedReading } from './snapshot.ts';

test('SharedReading that is given up ends its readers with a fault, at the next row', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-snapshot-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const environment = await Environment.open({ folder });
  t.after(() => environment.close());
  const { running } = environment.tables;
  await environment.write(() => {
    for (let i = 0; i < 100; i++) running.put(`key${i}`, 'value');
  });
  const reading = new SharedReading(environment);
  reading.use();
  reading.endIfIdle(Date.now() - 1000);
  assert.ok(reading.isOpen);
  const rows = running.range('a', 'z', reading)[Symbol.iterator]();
  rows.next();
  reading.endIfIdle(Date.now() + 1000);
  assert.ok(!reading.isOpen);
  const rest = () => {
    while (!rows.next().done);
  };
  assert.throws(rest, (error) => error instanceof FaultError && /too slowly/.test(error.message));
  // A write after it sees a store that nobody holds.
  await environment.write(() => running.put('last', 'value'));
  const again = new SharedReading(environment);
  assert.equal(running.get('last', again), 'value');
  again.end();
});
