/**
 * MEPs of the engine with those of Open vSwitch, and with each other through a switch and through a block: what each side sees,
 * how fast silence is seen, tests on demand, and what tshark says of our PDUs.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deleteNamespaces, makeNamespaces, plainDevice } from '../../lab/host.ts';
import { ipBatch, until } from '../../lab/run.ts';
import { Switch } from '../../lab/switch.ts';
import {
  CfmEventKind,
  type CfmMepState,
  CfmRemoteMepStatus,
  CfmTestKind,
  LinkState,
  ObjectKind,
} from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { Capture } from '../capture.ts';
import { domain, Engine } from '../engine.ts';

const id = `${process.pid % 100000}`;
const namespace = `cf${id}`;
const ports = ['p', 'q'] as const;
const engineEnd = (port: string): string => `cf${id}${port}`;
const switchEnd = (port: string): string => `cf${id}${port}s`;

const RDI = 1;
const REMOTE_CCM = 4;
/** Codes of intervals, and their milliseconds. */
const EVERY_10_MS = 2;
const EVERY_100_MS = 3;

const octets = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

type MepValue = Extract<EngineOperation, { case: 'setCfmMep' }>['value'];

const mep = (value: MepValue): EngineOperation => ({
  case: 'setCfmMep',
  value: {
    mdNameFormat: 4,
    mdName: octets('CE'),
    maNameFormat: 2,
    maName: octets('v10'),
    priority: 7,
    ...value,
  },
});

/** As Open vSwitch speaks: level 0, untagged, its own names. */
const towardsOvs = (value: MepValue): EngineOperation =>
  mep({
    name: 'ovs',
    port: 'p',
    mdName: octets('ovs'),
    maName: octets('ovs'),
    mepId: 1,
    ccmInterval: EVERY_100_MS,
    remoteMeps: [9],
    ...value,
  });

const inVlan = (port: string, mepId: number, remote: number): EngineOperation =>
  mep({
    name: `${port}.10`,
    port,
    vid: 10,
    mdLevel: 3,
    mepId,
    ccmInterval: EVERY_10_MS,
    remoteMeps: [remote],
  });

const block: EngineOperation = { case: 'setBlockPoint', value: { name: 'p/10', port: 'p', vid: 10, cause: 1 } };
const release: EngineOperation = { case: 'delete', value: { kind: ObjectKind.KIND_BLOCK_POINT, name: 'p/10' } };

/** An engine with ports p and q on a switch in a namespace, which trunks all VLANs between them. */
async function withSwitch(body: (engine: Engine, ovs: Switch, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cfm-'));
  await makeNamespaces([namespace]);
  const ovs = await Switch.start(namespace, join(folder, 'ovs'));
  const engine = await Engine.start(join(folder, 'socket'));
  try {
    for (const port of ports) {
      await ipBatch([
        `link add ${engineEnd(port)} type veth peer name ${switchEnd(port)} netns ${namespace}`,
        `link set ${engineEnd(port)} up`,
      ]);
      await plainDevice(undefined, engineEnd(port));
      await plainDevice(namespace, switchEnd(port));
      await ipBatch([`link set ${switchEnd(port)} up`], namespace);
    }
    await ovs.addPorts(ports.map((port) => ({ device: switchEnd(port) })));
    await engine.apply([
      domain('v10'),
      ...ports.flatMap((port): EngineOperation[] => [
        { case: 'setPort', value: { name: port, enabled: true, device: { case: 'afPacket', value: engineEnd(port) } } },
      ]),
      {
        case: 'setLogicalPort',
        value: { name: 'p.10', port: 'p', match: [{ vid: 10 }], bridgeDomain: 'v10', enabled: true },
      },
    ]);
    for (const port of ports) await engine.link(port, LinkState.LINK_UP);
    await body(engine, ovs, folder);
  } finally {
    assert.equal(await engine.stop(), 0);
    await ovs.stop();
    await deleteNamespaces([namespace]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function stateOf(
  engine: Engine,
  name: string,
  what: string,
  is: (state: CfmMepState) => boolean,
): Promise<CfmMepState> {
  return await until(`MEP ${name}: ${what}`, 10_000, async () => {
    const state = (await engine.cfmMeps()).get(name);
    return state !== undefined && is(state) ? state : undefined;
  });
}

const isHeard = (state: CfmMepState): boolean =>
  state.remoteMeps.every((one) => one.state === CfmRemoteMepStatus.RMEP_OK);

async function ovsSays(ovs: Switch, column: string, wanted: RegExp): Promise<void> {
  await until(`${column} ${wanted}`, 10_000, async () =>
    wanted.test(await ovs.interfaceColumn(switchEnd('p'), column)) ? true : undefined,
  );
}

/** The first event of a MEP that is as wanted. */
function eventOf(engine: Engine, name: string, kind: CfmEventKind, defects: number) {
  return engine.events.find(
    ({ what }) =>
      what.case === 'cfm' &&
      what.value.name === name &&
      what.value.kind === kind &&
      (what.value.defects & defects) === defects,
  );
}

test('a MEP and Open vSwitch watch each other, tell each other of defects, and miss each other', {
  timeout: 90_000,
}, async (t: TestContext) => {
  await withSwitch(async (engine, ovs) => {
    await ovs.setInterface(switchEnd('p'), { cfm_mpid: '9', 'other_config:cfm_interval': '100' });
    await engine.apply([towardsOvs({})]);
    const state = await stateOf(engine, 'ovs', 'hears Open vSwitch', (one) => isHeard(one) && one.defects === 0);
    assert.equal(state.remoteMeps[0]?.mepId, 9);
    await ovsSays(ovs, 'cfm_fault', /^false$/);
    await ovsSays(ovs, 'cfm_remote_mpids', /^\[1\]$/);

    // A remote MEP that is not there: we tell of it, and Open vSwitch hears.
    await engine.apply([towardsOvs({ remoteMeps: [9, 10] })]);
    await stateOf(engine, 'ovs', 'misses MEP 10', (one) => one.defects === REMOTE_CCM && one.rdi);
    await ovsSays(ovs, 'cfm_fault_status', /rdi/);
    await engine.apply([towardsOvs({})]);
    await stateOf(engine, 'ovs', 'has no defect', (one) => one.defects === 0);
    await ovsSays(ovs, 'cfm_fault', /^false$/);

    // We are silent: Open vSwitch misses us, and tells of it.
    await engine.apply([towardsOvs({ ccmOff: true })]);
    await ovsSays(ovs, 'cfm_fault_status', /recv/);
    await stateOf(engine, 'ovs', 'hears RDI', (one) => one.defects === RDI && one.remoteMeps[0]?.rdi === true);
    await engine.apply([towardsOvs({})]);
    await ovsSays(ovs, 'cfm_fault', /^false$/);
    await stateOf(engine, 'ovs', 'has no defect', (one) => one.defects === 0);

    // Another interval than ours is an error.
    await ovs.setInterface(switchEnd('p'), { 'other_config:cfm_interval': '1000' });
    await stateOf(engine, 'ovs', 'sees the other interval', (one) => (one.defects & 8) !== 0);
    assert.ok(((await engine.cfmMeps()).get('ovs')?.errorCcmLastFailure.length ?? 0) >= 75);
    await ovs.setInterface(switchEnd('p'), { 'other_config:cfm_interval': '100' });
    await stateOf(engine, 'ovs', 'has no defect', (one) => one.defects === 0);

    // The switch is killed: missed after three and a half intervals, an alarm after the alarm time.
    engine.events.length = 0;
    const killed = Date.now();
    await ovs.kill();
    const missed = await until('the event that MEP 9 is missed', 5000, () =>
      eventOf(engine, 'ovs', CfmEventKind.CFM_DEFECTS, REMOTE_CCM),
    );
    const after = Number(missed.atNs / 1_000_000n) - killed;
    t.diagnostic(`kill of Open vSwitch → missed: ${after} ms (100 ms × 3.5)`);
    assert.ok(after > 200 && after < 1000, `${after} ms`);
    const alarm = await until('the fault alarm', 5000, () =>
      eventOf(engine, 'ovs', CfmEventKind.CFM_FAULT_ALARM, REMOTE_CCM),
    );
    assert.ok(alarm.what.case === 'cfm' && alarm.what.value.highestDefect === 3);
    assert.ok(alarm.atNs - missed.atNs >= 2_500_000_000n);
  });
});

test('MEPs of a blocked VLAN hear, tell, answer and measure through a switch, in PDUs that tshark reads', {
  timeout: 90_000,
}, async (t: TestContext) => {
  await withSwitch(async (engine, _ovs, folder) => {
    const capture = await Capture.start(namespace, switchEnd('p'), join(folder, 'cfm.pcap'));
    await engine.apply([
      { case: 'setCeNotification', value: { port: 'p', cfm: true } },
      inVlan('p', 1, 2),
      inVlan('q', 2, 1),
      mep({
        name: 'icc',
        port: 'q',
        vid: 20,
        mdNameFormat: 1,
        mdName: new Uint8Array(),
        maNameFormat: 32,
        maName: octets('ICCUMC\0\0\0\0\0\0\0'),
        mepId: 5,
        ccmInterval: EVERY_100_MS,
        interfaceStatus: true,
      }),
    ]);
    await stateOf(engine, 'q.10', 'hears the other', (one) => isHeard(one) && one.defects === 0);
    await stateOf(engine, 'p.10', 'hears the other', (one) => isHeard(one) && one.defects === 0);

    // The block is told at once: the remote MEP sees it, nothing is missed.
    engine.events.length = 0;
    await engine.apply([block]);
    const told = await until('the port status at the other MEP', 5000, () =>
      engine.events.find(
        ({ what }) => what.case === 'cfm' && what.value.name === 'q.10' && what.value.remoteMep?.portStatus === 1,
      ),
    );
    const change = engine.events.find(({ what }) => what.case === 'blockPoint');
    assert.ok(change?.what.case === 'blockPoint');
    const [sent] = change.what.value.methods.filter(({ method }) => method === 'cfm');
    assert.equal(sent?.frames, 1);
    t.diagnostic(`block → the remote MEP hears of it: ${(told.atNs - change.what.value.effectiveAtNs) / 1000n} µs`);
    await until('repeats', 5000, async () => {
      const methods = (await engine.ceNotifications()).flatMap((one) => one.methods);
      return methods.find(({ method }) => method === 'cfm')?.framesSent === 3n ? true : undefined;
    });
    assert.equal((await engine.cfmMeps()).get('p.10')?.defects, 0);

    // From the blocked VLAN, and into it.
    for (const [name, mepId] of [
      ['p.10', 2],
      ['q.10', 1],
    ] as const) {
      const destination = { case: 'mepId', value: mepId } as const;
      const loop = await engine.cfmTest({
        mep: name,
        kind: CfmTestKind.CFM_LOOPBACK,
        destination,
        count: 20,
        intervalMs: 10,
        dataSize: 1400,
        priority: 5,
      });
      assert.deepEqual([loop.sent, loop.received, loop.outOfOrder, loop.damaged], [20, 20, 0, 0]);
      assert.ok(loop.delayMin > 0n && loop.delayMin <= loop.delayAverage && loop.delayAverage <= loop.delayMax);
      const trace = await engine.cfmTest({
        mep: name,
        kind: CfmTestKind.CFM_LINKTRACE,
        destination,
        timeoutMs: 500,
        priority: 7,
      });
      assert.equal(trace.hops.length, 1);
      assert.equal(trace.hops[0]?.ttl, 63);
      assert.equal(trace.hops[0]?.relayAction, 1);
      assert.equal(trace.hops[0]?.ingressAction, name === 'q.10' ? 3 : 1);
      assert.deepEqual(trace.hops[0]?.mac, (await engine.ports()).get(name === 'q.10' ? 'p' : 'q')?.mac);
      const delay = await engine.cfmTest({
        mep: name,
        kind: CfmTestKind.CFM_DELAY,
        destination,
        count: 20,
        intervalMs: 10,
        priority: 7,
      });
      assert.equal(delay.received, 20);
      assert.ok(delay.delayMin > 0n && delay.delayMax < 1_000_000_000n);
      t.diagnostic(
        `${name}: delay ${delay.delayMin / 1000n} / ${delay.delayAverage / 1000n} / ${delay.delayMax / 1000n} µs, ` +
          `jitter ${delay.jitter / 1000n} µs`,
      );
      const loss = await engine.cfmTest({
        mep: name,
        kind: CfmTestKind.CFM_LOSS,
        destination,
        count: 50,
        intervalMs: 10,
        priority: 7,
      });
      assert.deepEqual([loss.received, loss.farEndLost, loss.nearEndLost, loss.undecided], [50, 0, 0, 0]);
    }
    const group = await engine.cfmTest({
      mep: 'q.10',
      kind: CfmTestKind.CFM_LOOPBACK,
      destination: { case: 'mac', value: Uint8Array.of(1, 0x80, 0xc2, 0, 0, 0x33) },
      timeoutMs: 300,
      priority: 7,
    });
    assert.equal(group.received, 1);
    // Nobody is there: the reply comes after the time, others are answered meanwhile.
    const lost = engine.cfmTest({
      mep: 'p.10',
      kind: CfmTestKind.CFM_LOSS,
      destination: { case: 'mac', value: Uint8Array.of(2, 0, 0, 0, 0, 99) },
      count: 2,
      timeoutMs: 700,
      priority: 7,
    });
    await assert.rejects(
      engine.cfmTest({ mep: 'p.10', kind: CfmTestKind.CFM_LOOPBACK, destination: { case: 'mepId', value: 2 } }),
      /goes on/,
    );
    await assert.rejects(
      engine.cfmTest({ mep: 'q.10', kind: CfmTestKind.CFM_LOOPBACK, destination: { case: 'mepId', value: 77 } }),
      /nothing has been heard/,
    );
    assert.deepEqual([(await lost).received, (await lost).undecided], [0, 2]);
    await engine.apply([release]);
    await stateOf(engine, 'q.10', 'sees the release', (one) => one.remoteMeps[0]?.portStatus === 2);

    await capture.stop();
    assert.equal(await capture.malformed('cfm'), 0);
    const opcodes = new Set((await capture.fields('cfm', ['cfm.opcode'])).map(([opcode]) => Number(opcode)));
    assert.deepEqual(
      [...opcodes].sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 46, 47, 54, 55],
    );
    const ours = await capture.fields('cfm.opcode == 1 and cfm.ccm.ma.ep.id == 1', [
      'vlan.id',
      'vlan.priority',
      'cfm.md.level',
      'cfm.flags.interval',
      'cfm.tlv.port.status',
    ]);
    assert.deepEqual(new Set(ours.map((one) => one.slice(0, 4).join())), new Set(['10,7,3,2']));
    assert.deepEqual(new Set(ours.map(([, , , , status]) => status)), new Set(['1', '2']));
  });
});
