/** A state folder without room: what needs room is refused with resource-denied, nothing is lost, and all goes on. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { type NetconfClient, RpcError } from '../../src/northbound/netconf/client.ts';
import { editConfig, interfaces, namespace } from '../configuration.ts';
import { SluicedProcess } from './process.ts';

/** Log lines that speak of a bug. */
const bug = /\bbug\b|(?:Type|Range|Reference|Assertion)Error|unhandled/i;

/** A folder with a small file system for the state. Undefined where none can be mounted. */
function smallState(t: TestContext, size: string): { readonly folder: string; readonly state: string } | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-full-'));
  const state = join(folder, 'state');
  mkdirSync(state);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', state]);
  t.after(() => {
    spawnSync('umount', ['-l', state]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (mounted.status === 0) return { folder, state };
  t.skip('no small file system here');
  return undefined;
}

/** Takes all the room that is left. */
function fill(state: string): void {
  const file = openSync(join(state, 'filler'), 'a');
  for (const size of [65536, 4096, 512]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
  closeSync(file);
}

/** Takes away what filled it, and makes it larger: LMDB's own file may have taken the rest. */
function makeRoom(state: string, size: string): void {
  rmSync(join(state, 'filler'));
  spawnSync('mount', ['-o', `remount,size=${size}`, state]);
}

const described = (from: number, count: number, text: string): string =>
  interfaces(
    ...Array.from(
      { length: count },
      (_, i) =>
        `<interface><name>e${from + i}</name><type xmlns:t="${namespace.interfaceTypes}">t:ethernetCsmacd</type><description>${text}</description></interface>`,
    ),
  );

async function get(client: NetconfClient, datastore: string): Promise<string> {
  const reply = await client.rpc(`<get-config><source><${datastore}/></source></get-config>`);
  return /<data[\s\S]*<\/data>/.exec(reply)?.[0] ?? '';
}

const isDenied = (error: unknown): boolean => error instanceof RpcError && error.tag === 'resource-denied';

test('sluiced on a full disk refuses what needs room, loses nothing, and goes on when there is some', {
  skip: process.getuid?.() !== 0 && 'mounts a small file system',
}, async (t) => {
  const small = smallState(t, '4m');
  if (small === undefined) return;
  const { folder, state } = small;
  let router = await SluicedProcess.start({ folder });
  t.after(() => router.end('SIGKILL'));
  let client = await router.connect();
  await client.rpc(editConfig('running', described(0, 20, 'first')));
  await client.rpc('<copy-config><target><startup/></target><source><running/></source></copy-config>');
  await client.rpc(editConfig('running', described(0, 1, 'second')));
  const before = { running: await get(client, 'running'), startup: await get(client, 'startup') };

  // A change that does not fit; and one that would, were there any room.
  await assert.rejects(client.rpc(editConfig('running', described(100, 6000, 'd'.repeat(900)))), isDenied);
  assert.equal(await get(client, 'running'), before.running);
  fill(state);
  let accepted = 0;
  const edits = async (): Promise<void> => {
    // Pages that are free within the file take some more.
    for (; accepted < 500; accepted++) {
      await client.rpc(editConfig('running', described(200, 40, `${accepted}${'x'.repeat(200)}`)));
    }
  };
  await assert.rejects(edits, isDenied);
  const full = await get(client, 'running');
  // More than all of the file system: pages that come free within the file are never enough.
  await client.rpc(editConfig('candidate', described(300, 3600, 'y'.repeat(1200))));
  const candidate = await get(client, 'candidate');
  await assert.rejects(client.rpc('<commit/>'), isDenied);
  await assert.rejects(client.rpc('<commit><confirmed/></commit>'), isDenied);
  assert.equal(await get(client, 'running'), full, 'running after refusals');
  assert.equal(await get(client, 'candidate'), candidate, 'the candidate after refusals');
  assert.equal(await get(client, 'startup'), before.startup, 'startup after refusals');
  // Copying takes a page or none: it is done or refused, as a whole.
  const copied = await client.send('<copy-config><target><startup/></target><source><running/></source></copy-config>');
  if (copied.includes('<ok/>')) assert.equal(await get(client, 'startup'), full);
  else {
    assert.match(copied, /resource-denied/);
    assert.equal(await get(client, 'startup'), before.startup);
  }
  const startup = await get(client, 'startup');
  const other = await router.connect();
  assert.match(await other.rpc('<get/>'), /<netconf-state/);
  await other.close();

  makeRoom(state, '24m');
  await client.rpc('<commit/>');
  assert.equal(await get(client, 'running'), candidate, 'the commit when there was room');
  assert.doesNotMatch(router.log, bug);
  fill(state);
  await router.end('SIGKILL');
  // It starts without room, too: it has all that it needs.
  router = await SluicedProcess.start({ folder });
  client = await router.connect();
  assert.equal(await get(client, 'running'), candidate);
  assert.equal(await get(client, 'startup'), startup);
  assert.doesNotMatch(router.log, bug);
  makeRoom(state, '32m');
  await client.rpc(editConfig('running', described(0, 1, 'third')));
  await router.end();
  t.diagnostic(`${accepted} edits found room in the file of a full disk`);
});

test('sluiced that is first started on a full disk says so, and starts when there is room', {
  skip: process.getuid?.() !== 0 && 'mounts a small file system',
}, async (t) => {
  const small = smallState(t, '128k');
  if (small === undefined) return;
  const { folder, state } = small;
  fill(state);
  await assert.rejects(SluicedProcess.start({ folder }), (error: Error) => {
    assert.match(error.message, /ENOSPC|no room left|[Nn]o space left/);
    assert.doesNotMatch(error.message, bug);
    return true;
  });
  makeRoom(state, '2m');
  const router = await SluicedProcess.start({ folder });
  t.after(() => router.end('SIGKILL'));
  const client = await router.connect();
  assert.match(await get(client, 'running'), /<name>admin<\/name>/);
  await router.end();
});

test('sluiced under a limit of file sizes refuses with resource-denied', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-limit-'));
  const router = await SluicedProcess.start({ folder, before: 'ulimit -f 1024' }); // blocks of 512 or 1,024 bytes
  t.after(async () => {
    await router.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const client = await router.connect();
  await client.rpc(editConfig('running', described(0, 5, 'first')));
  const before = await get(client, 'running');
  await assert.rejects(client.rpc(editConfig('running', described(100, 4000, 'd'.repeat(400)))), isDenied);
  assert.equal(await get(client, 'running'), before);
  await client.rpc(editConfig('running', described(0, 1, 'second')));
  assert.doesNotMatch(router.log, bug);
});
