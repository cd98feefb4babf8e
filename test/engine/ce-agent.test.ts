/** The agent of CEs that run Linux (ce-agent/), with sanitizers: the engine speaks, bridges in a namespace forget. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CeAgent } from '../../lab/ce-agent.ts';
import { cable, deleteNamespaces, makeNamespaces, plainDevice } from '../../lab/host.ts';
import { ipBatch, run, until } from '../../lab/run.ts';
import { Switch } from '../../lab/switch.ts';
import { LinkState } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { domain, Engine } from '../engine.ts';
import { Wire } from '../wire.ts';

const id = `${process.pid % 100000}`;
const namespace = `ca${id}`;
const [old, now] = [`ca${id}o`, `ca${id}n`];
const folder = fileURLToPath(new URL('../../ce-agent', import.meta.url));

const make = (...targets: readonly string[]): string =>
  execFileSync('make', ['-C', folder, '-s', ...targets], { encoding: 'utf8' });

const startAgent = (args: readonly string[]): Promise<CeAgent> => CeAgent.start(namespace, args, 'ce-agent-asan');

async function endAgent(agent: CeAgent | undefined): Promise<void> {
  if (agent !== undefined) assert.equal(await agent.stop(), 0, agent.lines.join('\n'));
}

const inside = (program: string, ...args: readonly string[]): Promise<string> =>
  run('ip', ['netns', 'exec', namespace, program, ...args]);

/** Two ports of the engine with VLAN 10, blocked on the new one. */
const operations: readonly EngineOperation[] = [
  domain('v10'),
  ...[old, now].flatMap((name): EngineOperation[] => [
    { case: 'setPort', value: { name, enabled: true, device: { case: 'afPacket', value: name } } },
    {
      case: 'setLogicalPort',
      value: { name: `${name}.10`, port: name, bridgeDomain: 'v10', enabled: true, match: [{ type: 0, vid: 10 }] },
    },
    {
      case: 'setCeNotification',
      value: { port: name, mvrp: { enabled: true } },
    },
  ]),
  { case: 'setBlockPoint', value: { name: `${now}/10`, port: now, vid: 10, cause: 1 } },
];

test('the agent understands what it should and nothing else, and its requests are the right bytes', (t) => {
  for (const line of make('test').trim().split('\n')) t.diagnostic(line);
});

test('a Linux bridge forgets within milliseconds what it has learned at the port of the old provider edge', {
  timeout: 40_000,
}, async (t) => {
  const files = mkdtempSync(join(tmpdir(), 'sluice-agent-'));
  await makeNamespaces([namespace]);
  const engine = await Engine.start(join(files, 'socket'));
  let agent: CeAgent | undefined;
  try {
    await cable(old, namespace, 'old');
    await cable(now, namespace, 'new');
    await ipBatch(
      ['link add name br0 type bridge', 'link set old master br0', 'link set new master br0', 'link set br0 up'],
      namespace,
    );
    await engine.apply(operations);
    for (const name of [old, now]) await engine.link(name, LinkState.LINK_UP);
    agent = await startAgent(['--polling', '0', 'old', 'new']);
    // What the participants said at first is over.
    await new Promise((resolve) => setTimeout(resolve, 500));
    const learned = ['02:00:00:00:00:77', '02:00:00:00:00:78'];
    for (const mac of learned) await inside('bridge', 'fdb', 'add', mac, 'dev', 'old', 'master', 'dynamic');
    await inside('bridge', 'fdb', 'add', '02:00:00:00:00:99', 'dev', 'old', 'master', 'static');
    const said = agent;
    const before = said.lines.length;
    const from = performance.now();
    await engine.apply([
      { case: 'setBlockPoint', value: { name: `${old}/10`, port: old, vid: 10, cause: 1 } },
      { case: 'delete', value: { kind: 5, name: `${now}/10` } },
    ]);
    await until('the agent has flushed', 5000, () =>
      said.lines.slice(before).some((line) => /^flushed port=old vlans=10/.test(line)) ? true : undefined,
    );
    t.diagnostic(`commit → the agent says that it has flushed: ${(performance.now() - from).toFixed(1)} ms`);
    const table = await inside('bridge', 'fdb', 'show', 'br', 'br0');
    for (const mac of learned) assert.ok(!table.includes(mac), table);
    assert.ok(table.includes('02:00:00:00:00:99'), 'a static entry stays');
    assert.ok(!said.lines.some((line) => line.includes('error')), said.lines.join('\n'));
  } finally {
    await endAgent(agent);
    assert.equal(await engine.stop(), 0);
    await deleteNamespaces([namespace]);
    rmSync(files, { recursive: true });
  }
});

test('the agent asks by E-LMI, learns an EVC’s VLANs and flushes when the engine says that it is partially active', {
  timeout: 40_000,
}, async (t) => {
  const files = mkdtempSync(join(tmpdir(), 'sluice-agent-'));
  await makeNamespaces([namespace]);
  const engine = await Engine.start(join(files, 'socket'));
  const ovs = await Switch.start(namespace, join(files, 'ovs'));
  let agent: CeAgent | undefined;
  let wire: Wire | undefined;
  try {
    await cable(old, namespace, 'old');
    // The transfer network behind another provider edge, and a host of the CE's own.
    const devices = ['far', 'farp', 'host', 'hostp'];
    await ipBatch(['link add far type veth peer name farp', 'link add host type veth peer name hostp'], namespace);
    for (const device of devices) await plainDevice(namespace, device);
    await ipBatch(
      devices.map((device) => `link set ${device} up`),
      namespace,
    );
    await ovs.addPorts(['old', 'farp', 'hostp'].map((device) => ({ device })));
    const evc = { referenceId: 9, id: 'blue', vlans: [10, 11] };
    await engine.apply([
      domain('v10'),
      { case: 'setPort', value: { name: old, enabled: true, device: { case: 'afPacket', value: old } } },
      ...[10, 11].map(
        (vid): EngineOperation => ({
          case: 'setLogicalPort',
          value: { name: `${old}.${vid}`, port: old, bridgeDomain: 'v10', enabled: true, match: [{ type: 0, vid }] },
        }),
      ),
      { case: 'setCeNotification', value: { port: old, eLmi: { enabled: true, statusCounter: 2, evcs: [evc] } } },
    ]);
    await engine.link(old, LinkState.LINK_UP);
    agent = await startAgent(['--ovs', 'ce', '--ovs-target', ovs.control, '--polling', '5', 'old', 'farp']);
    const said = agent;
    await until('the CE knows the EVC', 15_000, async () => {
      const state = (await engine.ceNotification(old))?.eLmi;
      return state?.evcs[0]?.status === 2 && state.operational ? true : undefined;
    });
    // Entries of both VLANs and of one that no EVC has.
    const entries = [10, 11, 12].map((vlan) => `02:00:00:00:00:${vlan}`);
    wire = await Wire.attach(namespace, ['far', 'host']);
    const own = '02:00:00:00:01:10';
    await wire.send([
      ...[10, 11, 12].map((vlan, i) => ({ at: 'far', tags: `c${vlan}`, from: entries[i] ?? '' })),
      { at: 'host', tags: 'c10', from: own },
    ]);
    const table = await ovs.fdbTable();
    for (const mac of [...entries, own]) assert.ok(table.includes(mac), table);
    const from = performance.now();
    await engine.apply([{ case: 'setBlockPoint', value: { name: `${old}/10`, port: old, vid: 10, cause: 1 } }]);
    await until('the agent has flushed', 5000, () =>
      said.lines.some((line) => /^flushed port=old vlans=10,11 entries=2/.test(line)) ? true : undefined,
    );
    t.diagnostic(
      `commit → the agent has flushed two entries of Open vSwitch: ${(performance.now() - from).toFixed(0)} ms`,
    );
    const left = await ovs.fdbTable();
    // Its own hosts the CE goes on knowing: what is for them is flooded at no time, and goes nowhere else.
    assert.deepEqual(
      [...entries, own].map((mac) => left.includes(mac)),
      [false, false, true, true],
    );
    const state = (await engine.ceNotification(old))?.eLmi;
    assert.deepEqual([state?.sequenceErrors, state?.protocolErrors, state?.asynchronousSent], [0n, 0n, 1n]);
  } finally {
    for (const line of agent?.lines ?? []) t.diagnostic(line);
    await endAgent(agent);
    await wire?.close();
    assert.equal(await engine.stop(), 0);
    await ovs.stop();
    await deleteNamespaces([namespace]);
    rmSync(files, { recursive: true });
  }
});
