/**
 * Methods that tell a CE, against peers that we did not write: MVRP frames built and decoded by scapy and tshark, Open
 * vSwitch with STP and RSTP.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { cable, deleteNamespaces, makeNamespaces, plainDevice } from '../../lab/host.ts';
import { ipBatch, until } from '../../lab/run.ts';
import { Switch } from '../../lab/switch.ts';
import { LinkState, MrpApplicant, MrpRegistrar, MvrpRegistration, StpTcKind } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { Capture } from '../capture.ts';
import { domain, Engine, ringPort } from '../engine.ts';
import { Wire } from '../wire.ts';

const id = `${process.pid % 100000}`;
const namespace = `cm${id}`;
const customer = '01:80:c2:00:00:21';

const port = (name: string): EngineOperation => ({
  case: 'setPort',
  value: { name, enabled: true, device: { case: 'afPacket', value: name } },
});

const tagged = (on: string, vid: number): EngineOperation => ({
  case: 'setLogicalPort',
  value: { name: `${on}.${vid}`, port: on, bridgeDomain: `v${vid}`, enabled: true, match: [{ type: 0, vid }] },
});

const block = (on: string, vid: number): EngineOperation => ({
  case: 'setBlockPoint',
  value: { name: `${on}/${vid}`, port: on, vid, cause: 1 },
});

const release = (on: string, vid: number): EngineOperation => ({
  case: 'delete',
  value: { kind: 5, name: `${on}/${vid}` },
});

const told = (on: string, methods: object): EngineOperation => ({
  case: 'setCeNotification',
  value: { port: on, ...methods },
});

/** Packed events of one vector, as a peer sends them. */
const pdu = (vid: number, event: number, leaveAll = false): string =>
  Buffer.from([0, 1, 2, leaveAll ? 0x20 : 0, 1, vid >> 8, vid & 255, event * 36, 0, 0, 0, 0])
    .toString('hex')
    .padEnd(92, '0');

const frame = (to: string, payload: string): string => `${to.replaceAll(':', '')}02000000000988f5${payload}`;

test('an MRP participant declares, answers, leaves and registers as its peer and tshark understand it', {
  timeout: 60_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mvrp-'));
  const device = `cm${id}a`;
  await makeNamespaces([namespace]);
  const engine = await Engine.start(join(folder, 'socket'));
  let wire: Wire | undefined;
  let capture: Capture | undefined;
  try {
    await cable(device, namespace, 'ce');
    await engine.apply([
      port(device),
      ringPort('core', 'nowhere'),
      ...[10, 11, 20, 4094].flatMap((vid) => [domain(`v${vid}`), tagged(device, vid), tagged('core', vid)]),
      block(device, 11),
    ]);
    await engine.link(device, LinkState.LINK_UP);
    wire = await Wire.attach(namespace, ['ce']);
    capture = await Capture.start(namespace, 'ce', join(folder, 'mvrp.pcap'));
    const mvrp = { enabled: true, periodicOff: true, registration: MvrpRegistration.MVRP_NORMAL };
    await engine.apply([told(device, { mvrp })]);
    const states = async (): Promise<Map<number, string>> =>
      new Map(
        (await engine.ceNotification(device))?.mvrpVlans.map(({ vid, applicant, registrar }) => [
          vid,
          `${MrpApplicant[applicant]}/${MrpRegistrar[registrar]}`,
        ]),
      );
    const state = (vid: number, wanted: string): Promise<true> =>
      until(`VLAN ${vid} in ${wanted}`, 5000, async () => ((await states()).get(vid) === wanted ? true : undefined));
    await state(10, 'MRP_QA/MT');
    assert.deepEqual(
      [...(await states())],
      [
        [10, 'MRP_QA/MT'],
        [11, 'MRP_VO/MT'],
        [20, 'MRP_QA/MT'],
        [4094, 'MRP_QA/MT'],
      ],
    );
    // Every event that a peer can send, one after the other.
    const hear = async (payload: string): Promise<void> => {
      await wire?.bytes('ce', [frame(customer, payload)]);
    };
    await hear(pdu(10, 3)); // JoinMt: our declaration is not registered there; it is sent again
    await state(10, 'MRP_QA/IN');
    await hear(pdu(10, 2)); // In
    await hear(pdu(10, 5)); // Lv
    await state(10, 'MRP_QA/MT');
    await hear(pdu(10, 0)); // New
    await state(10, 'MRP_QA/IN');
    await hear(pdu(10, 1)); // JoinIn
    await hear(pdu(10, 4)); // Mt
    // One that is not the port's is shown and joins nothing.
    await hear(pdu(300, 1));
    await state(300, 'MRP_VO/IN');
    assert.equal((await engine.logicalPorts()).size, 8);
    // The peer's LeaveAll: what it declares with it stays, the rest leaves, ours are declared again.
    await hear(pdu(10, 1, true));
    await state(300, 'MRP_LO/LV').catch(() => undefined);
    await until('300 has left', 5000, async () => ((await states()).has(300) ? undefined : true));
    assert.equal((await states()).get(10), 'MRP_QA/IN');
    // A block leaves, a release declares as new.
    await engine.apply([block(device, 20), release(device, 11)]);
    await state(20, 'MRP_VO/MT');
    await state(11, 'MRP_QA/MT');
    await engine.apply([told(device, { mvrp: { ...mvrp, registration: MvrpRegistration.MVRP_FIXED } })]);
    await state(10, 'MRP_QA/IN');
    await hear('00010200');
    const method = (await engine.ceNotification(device))?.methods.find((one) => one.method === 'mvrp');
    assert.equal(method?.framesRefused, 1n);
    assert.equal((await engine.controlPlane()).get('mrp')?.accepted, method?.framesReceived);
    // At least one LeaveAll of our own.
    const heard = capture;
    const leaveAll = 'mrp-mvrp.vector_header >= 8192';
    await until('a LeaveAll of the participant', 17_000, async () =>
      (await heard.fields(`${leaveAll} and not eth.src == 02:00:00:00:00:09`, ['frame.number'])).length > 0
        ? true
        : undefined,
    );
    await heard.stop();
    capture = undefined;
    // One of the frames of the peer was malformed by intent.
    assert.equal(await heard.malformed('mrp-mvrp and not eth.src == 02:00:00:00:00:09'), 0);
    const text = await heard.text('mrp-mvrp and not eth.src == 02:00:00:00:00:09');
    const events = new Set(Array.from(text.matchAll(/: (New|JoinIn|In|JoinMt|Mt|Lv) \(\d\)/g), ([, event]) => event));
    t.diagnostic(`events of the participant that tshark decoded: ${[...events].join(', ')}`);
    for (const event of ['New', 'JoinIn', 'JoinMt', 'Lv']) assert.ok(events.has(event), `${event} in ${text}`);
  } finally {
    await capture?.stop();
    await wire?.close();
    assert.equal(await engine.stop(), 0);
    await deleteNamespaces([namespace]);
    rmSync(folder, { recursive: true });
  }
});

for (const protocol of ['stp', 'rstp'] as const) {
  test(`a topology change from the port that now forwards makes Open vSwitch with ${protocol} forget`, {
    timeout: 90_000,
  }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-stp-'));
    const [old, now] = [`cm${id}o`, `cm${id}n`];
    await makeNamespaces([namespace]);
    const ovs = await Switch.start(namespace, join(folder, 'ovs'));
    const engine = await Engine.start(join(folder, 'socket'));
    let wire: Wire | undefined;
    let capture: Capture | undefined;
    try {
      await cable(old, namespace, 'old');
      await cable(now, namespace, 'new');
      await ipBatch(['link add host type veth peer name hostp'], namespace);
      for (const device of ['host', 'hostp']) await plainDevice(namespace, device);
      await ipBatch(['link set host up', 'link set hostp up'], namespace);
      await ovs.addPorts([{ device: 'old' }, { device: 'new' }, { device: 'hostp' }]);
      await engine.apply([
        port(old),
        port(now),
        ...[10].flatMap((vid) => [domain(`v${vid}`), tagged(old, vid), tagged(now, vid), block(now, vid)]),
        told(now, {
          stpTc: { enabled: true, kind: protocol === 'stp' ? StpTcKind.STP_TC_TCN : StpTcKind.STP_TC_RST },
        }),
      ]);
      await engine.link(old, LinkState.LINK_UP);
      await engine.link(now, LinkState.LINK_UP);
      if (protocol === 'rstp')
        for (const device of ['old', 'new', 'hostp'])
          await ovs.setPort(device, { 'other_config:rstp-port-auto-edge': 'false' });
      await ovs.setBridge({
        [`${protocol}_enable`]: 'true',
        [`other_config:${protocol}-forward-delay`]: '4',
        [`other_config:${protocol}-max-age`]: '6',
      });
      const forwarding = (): Promise<string> => ovs.spanningTree(protocol);
      await until('three ports that forward', 40_000, async () =>
        ((await forwarding()).match(/forwarding/gi) ?? []).length >= 3 ? true : undefined,
      );
      wire = await Wire.attach(namespace, ['host']);
      capture = await Capture.start(namespace, 'new', join(folder, 'bpdu.pcap'));
      const hello = { at: 'host', tags: 'c10', from: '02:00:00:00:00:77' };
      await wire.send([hello], { quietMs: 50, waitMs: 200 });
      await ovs.learned(hello.from, 10, 'hostp');
      assert.match(await ovs.fdbTable(), new RegExp(hello.from));
      const from = performance.now();
      await engine.apply([release(now, 10)]);
      let looked = performance.now();
      const lost = await until('the entry is forgotten', 5000, async () => {
        looked = performance.now();
        return (await ovs.fdbTable()).includes(hello.from) ? undefined : performance.now() - from;
      });
      t.diagnostic(
        `${protocol}: release → the entry is gone, as ovs-appctl fdb/show says: ${lost.toFixed(0)} ms; the last look began at ${(looked - from).toFixed(0)} ms`,
      );
      await until('three BPDUs of ours', 3000, async () =>
        (await engine.ceNotification(now))?.methods.find(({ method }) => method === 'stp-tc')?.framesSent === 3n
          ? true
          : undefined,
      );
      // Without, it would have aged after 300 s.
      assert.ok(lost < 3000, `${lost} ms`);
      const captured = capture;
      await captured.stop();
      capture = undefined;
      assert.equal(await captured.malformed('stp'), 0);
      const own = Buffer.from((await engine.ports()).get(now)?.mac ?? []).toString('hex');
      const ours = await captured.fields(`stp and eth.src == ${own.replace(/..(?=.)/g, '$&:')}`, [
        'stp.type',
        'stp.flags.tc',
        'stp.flags.port_role',
      ]);
      const expected = protocol === 'stp' ? ['0x80', '', ''] : ['0x02', '1', '2'];
      assert.deepEqual(ours, [expected, expected, expected]);
      // The CE's port went on forwarding: it is still a designated one.
      assert.ok(((await forwarding()).match(/forwarding/gi) ?? []).length >= 3, await forwarding());
    } finally {
      await capture?.stop();
      await wire?.close();
      assert.equal(await engine.stop(), 0);
      await ovs.stop();
      await deleteNamespaces([namespace]);
      rmSync(folder, { recursive: true });
    }
  });
}

test('a port all of whose VLANs are blocked is out of use for its CE, by LACP and by its carrier', {
  timeout: 60_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-hold-'));
  const [member, single] = [`cm${id}l`, `cm${id}c`];
  await makeNamespaces([namespace]);
  const ovs = await Switch.start(namespace, join(folder, 'ovs'));
  const engine = await Engine.start(join(folder, 'socket'));
  try {
    await cable(member, namespace, 'member');
    await cable(single, namespace, 'single');
    await ipBatch(['link add spare type veth peer name sparep'], namespace);
    await ovs.addBond('bond', ['member', 'spare'], { lacp: 'active', 'other_config:lacp-time': 'fast' });
    await engine.apply([
      {
        case: 'setPort',
        value: { name: 'lag', enabled: true, device: { case: 'bundle', value: { lacp: 1, fast: true } } },
      },
      {
        case: 'setPort',
        value: { name: member, enabled: true, bundleName: 'lag', device: { case: 'afPacket', value: member } },
      },
      port(single),
      domain('v10'),
      tagged('lag', 10),
      tagged(single, 10),
      told('lag', { lacp: { enabled: true, holdMs: 300 } }),
      told(single, { carrier: { enabled: true, holdMs: 300 } }),
    ]);
    const distributing = (count: number): Promise<true> =>
      until(`${count} links that distribute`, 15_000, async () =>
        (await engine.ports()).get('lag')?.bundle?.distributingLinks === count ? true : undefined,
      );
    const carrier = async (): Promise<boolean> =>
      (await ovs.inNamespace('cat', ['/sys/class/net/single/operstate'])).trim() === 'up';
    await distributing(1);
    await until('the carrier', 5000, async () => ((await carrier()) ? true : undefined));
    await until('the switch uses the link', 10_000, async () =>
      /may_enable: true/.test(await ovs.bond('bond')) ? true : undefined,
    );
    let from = performance.now();
    const since = (): string => `${(performance.now() - from).toFixed(0)} ms`;
    await engine.apply([block('lag', 10), block(single, 10)]);
    await until('no carrier', 5000, async () => ((await carrier()) ? undefined : true));
    t.diagnostic(`all VLANs blocked → the peer has no carrier: ${since()} (hold time 300 ms)`);
    await until('the switch does not use the link', 5000, async () =>
      /may_enable: true/.test(await ovs.bond('bond')) ? undefined : true,
    );
    t.diagnostic(`all VLANs blocked → Open vSwitch takes the link out of use: ${since()}`);
    await distributing(0);
    const holds = async (name: string, method: string): Promise<boolean | undefined> =>
      (await engine.ceNotification(name))?.methods.find((one) => one.method === method)?.holdsDown;
    assert.deepEqual([await holds('lag', 'lacp'), await holds(single, 'carrier')], [true, true]);
    // Not up, and not lost: what follows the link of a port is told so.
    const links = async (): Promise<readonly unknown[]> => {
      const ports = await engine.ports();
      return ['lag', single].map((name) => [ports.get(name)?.link === LinkState.LINK_UP, ports.get(name)?.held]);
    };
    const held = [false, true];
    await until('both ports are held', 5000, async () => isDeepStrictEqual(await links(), [held, held]) || undefined);
    const state = (await engine.ports()).get(member)?.lacp?.actor?.state ?? 0;
    assert.equal(state & 8, 0, 'synchronization');
    from = performance.now();
    await engine.apply([release('lag', 10), release(single, 10)]);
    await until('the carrier', 5000, async () => ((await carrier()) ? true : undefined));
    t.diagnostic(`released → carrier: ${since()}`);
    await distributing(1);
    t.diagnostic(`released → the bundle distributes: ${since()}`);
    assert.deepEqual([await holds('lag', 'lacp'), await holds(single, 'carrier')], [false, false]);
    const up = [true, false];
    await until('both ports are let go', 10_000, async () => isDeepStrictEqual(await links(), [up, up]) || undefined);
    // A notification that goes lets the port go.
    await engine.apply([block(single, 10)]);
    await until('no carrier', 5000, async () => ((await carrier()) ? undefined : true));
    await engine.apply([{ case: 'delete', value: { kind: 6, name: single } }]);
    await until('the carrier', 5000, async () => ((await carrier()) ? true : undefined));
  } finally {
    assert.equal(await engine.stop(), 0);
    await ovs.stop();
    await deleteNamespaces([namespace]);
    rmSync(folder, { recursive: true });
  }
});
