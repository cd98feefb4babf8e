import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedOperation, Prepared } from '../commit/feature.ts';
import { EngineClient } from './client.ts';
import type { Event } from './gen/sluice_pb.js';
import { ENGINE_TARGET, type EngineOperation } from './operation.ts';
import { EngineTarget } from './target.ts';
import { ReferenceEngine } from './testing/reference-engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-engine-'));
after(() => rmSync(folder, { recursive: true }));
let sockets = 0;

function planned(operation: EngineOperation, path = '/x'): PlannedOperation {
  return { target: ENGINE_TARGET, path, summary: 'test', operation };
}
const port = (name: string, device = name): PlannedOperation =>
  planned(
    { case: 'setPort', value: { name, device: { case: 'afPacket', value: device }, enabled: true } },
    `/p/${name}`,
  );
const sub = (name: string, parent: string, vid: number): PlannedOperation =>
  planned({ case: 'setLogicalPort', value: { name, port: parent, match: [{ vid }] } }, `/s/${name}`);

async function until(condition: () => boolean): Promise<void> {
  for (let at = 0; at < 500; at += 1) {
    if (condition()) return;
    await sleep(5);
  }
  assert.fail('did not happen within 2.5 s');
}

function setUp(intent: () => readonly PlannedOperation[]) {
  sockets += 1;
  const socketPath = join(folder, `${sockets}.sock`);
  const log: string[] = [];
  const client = new EngineClient({ socketPath, owner: 'sluiced', intent, log: (line) => log.push(line) });
  return { socketPath, log, client, target: new EngineTarget(client) };
}

function accepted(result: Awaited<ReturnType<EngineTarget['prepare']>>): Prepared {
  assert.ok('commit' in result, JSON.stringify(result));
  return result;
}

test('EngineClient replays an engine that appears, and again at once after kill', async () => {
  const { socketPath, client } = setUp(() => [sub('a.10', 'a', 10), port('a')]);
  client.start();
  let engine = new ReferenceEngine(socketPath);
  await engine.listen();
  await until(() => engine.objects.size === 2);
  await engine.kill();
  engine = new ReferenceEngine(socketPath);
  await engine.listen();
  const started = performance.now();
  await until(() => engine.objects.size === 2);
  assert.ok(performance.now() - started < 1000);
  await client.stop();
  await engine.kill();
});

test('EngineTarget commits, aborts, and turns a refusal into a fault at the operation’s path', async () => {
  const { socketPath, client, target } = setUp(() => []);
  const engine = new ReferenceEngine(socketPath);
  await engine.listen();
  client.start();
  await until(() => engine.transactions === 1);
  await accepted(await target.prepare([port('a')])).commit();
  assert.equal(engine.objects.size, 1);
  await accepted(await target.prepare([port('b')])).abort();
  assert.equal(engine.objects.size, 1);

  const dangling = await target.prepare([port('c'), sub('d.10', 'd', 10)]);
  assert.ok('refused' in dangling);
  assert.deepEqual([dangling.refused[0]?.path, dangling.refused[0]?.tag], ['/s/d.10', 'operation-failed']);
  const shared = await target.prepare([port('e', 'a')]);
  assert.ok('refused' in shared);
  assert.deepEqual([shared.refused[0]?.path, shared.refused[0]?.tag], ['/p/e', 'in-use']);
  engine.missingDevices.add('veth9');
  const device = await target.prepare([port('f', 'veth9')]);
  assert.ok('refused' in device);
  assert.deepEqual([device.refused[0]?.appTag, device.refused[0]?.path], ['device-unavailable', '/p/f']);
  assert.equal(engine.objects.size, 1);
  await client.stop();
  await engine.kill();
});

test('EngineTarget accepts without an engine, and the change arrives when one appears', async () => {
  const running: PlannedOperation[] = [];
  const { socketPath, client, target } = setUp(() => running);
  client.start();
  const prepared = accepted(await target.prepare([port('a')]));
  const engine = new ReferenceEngine(socketPath);
  await engine.listen();
  await until(() => engine.transactions === 1); // replayed without the change, which is not stored yet
  running.push(port('a'));
  await prepared.commit();
  assert.equal(engine.objects.size, 1);
  await client.stop();
  await engine.kill();
});

test('EngineTarget commit survives the engine’s death after prepare', async () => {
  const running: PlannedOperation[] = [];
  const { socketPath, client, target } = setUp(() => running);
  let engine = new ReferenceEngine(socketPath);
  await engine.listen();
  client.start();
  await until(() => engine.transactions === 1);
  const prepared = accepted(await target.prepare([port('a')]));
  await engine.kill();
  running.push(port('a'));
  await prepared.commit();
  engine = new ReferenceEngine(socketPath);
  await engine.listen();
  await until(() => engine.objects.size === 1);
  await client.stop();
  await engine.kill();
});

test('EngineClient leaves out what the engine refuses at a replay, with its dependents, until it can be had', async () => {
  const running = [port('a'), sub('a.10', 'a', 10), port('b'), sub('b.10', 'b', 10)];
  const { socketPath, client, target, log } = setUp(() => running);
  const engine = new ReferenceEngine(socketPath);
  engine.missingDevices.add('a');
  await engine.listen();
  client.start();
  await until(() => engine.objects.size === 2);
  assert.equal(client.leftOut.size, 2);
  assert.ok(log.some((line) => line.includes('/p/a')));
  await accepted(await target.prepare([sub('a.20', 'a', 20), sub('b.20', 'b', 20)])).commit();
  assert.equal(engine.objects.size, 3);
  const renewed = { ...port('a'), operation: { ...(port('a').operation as EngineOperation) } };
  await accepted(await target.prepare([renewed, sub('a.30', 'a', 30)])).commit();
  assert.equal(engine.objects.size, 3, 'the port is changed while its device is missing');
  const block = { case: 'setBlockPoint', value: { name: 'a/1', port: 'a', vid: 1, cause: 1 } } as const;
  await accepted(await target.prepare([planned(block)])).commit();
  assert.equal(engine.objects.size, 3, 'it is still left out');
  engine.missingDevices.add('other');
  assert.ok('refused' in (await target.prepare([port('a', 'other')])), 'another device that is missing is a mistake');
  running.push(sub('a.20', 'a', 20), sub('b.20', 'b', 20));
  running[0] = port('a', 'veth1');
  await accepted(await target.prepare([port('a', 'veth1')])).commit();
  assert.equal(engine.objects.size, 6);
  assert.equal(client.leftOut.size, 0);
  await client.stop();
  await engine.kill();
});

test('EngineClient query gathers the parts, and gives undefined for an engine that is away or silent', async () => {
  const { socketPath, client } = setUp(() => []);
  client.start();
  assert.equal(await client.query({ case: 'engine', value: {} }), undefined);
  const engine = new ReferenceEngine(socketPath);
  engine.answers.set('fdb', () => [{ fdb: [{ ageSeconds: 1 }] }, { fdb: [{ ageSeconds: 2 }] }]);
  await engine.listen();
  await until(() => engine.transactions === 1);
  const parts = await client.query({ case: 'fdb', value: { bridgeDomain: 'x' } });
  assert.deepEqual(
    parts?.flatMap((part) => part.fdb.map((entry) => entry.ageSeconds)),
    [1, 2],
  );
  engine.silent = true;
  assert.equal(await client.query({ case: 'engine', value: {} }, 20), undefined);
  await client.stop();
  await engine.kill();
});

test('EngineClient hands on events', async () => {
  const { socketPath, client, target } = setUp(() => [port('a')]);
  const engine = new ReferenceEngine(socketPath);
  await engine.listen();
  const events: Event[] = [];
  client.onEvent((event) => events.push(event));
  client.start();
  await until(() => engine.transactions === 1);
  const block = planned({ case: 'setBlockPoint', value: { name: 'a/10', port: 'a', vid: 10, cause: 1 } });
  await accepted(await target.prepare([block])).commit();
  await until(() => events.length === 1);
  const what = events[0]?.what;
  assert.ok(what?.case === 'blockPoint' && what.value.blocked && what.value.vid === 10);
  await client.stop();
  await engine.kill();
});
