/** A datastore that cannot be read does not keep the router from starting: log and state say where it is now. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { SluicedProcess } from './process.ts';

test('sluiced starts beside a datastore that is none, and says where that is now', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-damage-'));
  const state = join(folder, 'state');
  mkdirSync(join(state, 'datastore'), { recursive: true });
  const noise = Buffer.alloc(100_000, 'no datastore');
  writeFileSync(join(state, 'datastore', 'data.mdb'), noise);
  const router = await SluicedProcess.start({ folder });
  t.after(async () => {
    await router.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const aside = readdirSync(state).find((name) => name.startsWith('datastore.damaged-')) ?? assert.fail();
  assert.deepEqual(readFileSync(join(state, aside, 'data.mdb')), noise);
  assert.match(router.log, /could not be read and was put aside.*no LMDB file/);
  const client = await router.connect();
  const filter = '<filter><stored-configuration xmlns="urn:sluice:yang:sluice-datastore"/></filter>';
  const said = await client.rpc(`<get>${filter}</get>`);
  assert.ok(said.includes(`<folder>${join(state, aside)}</folder><reason>it is no LMDB file</reason>`), said);
  // The first configuration is there, as on a new router.
  const running = await client.rpc('<get-config><source><running/></source></get-config>');
  assert.match(running, /<name>admin<\/name>/);
  await client.close();
});
