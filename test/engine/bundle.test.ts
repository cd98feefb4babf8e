/** A bundle towards a bond of Open vSwitch, by LACP: agreement, sharing, failover, and what tshark says of our PDUs. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { deleteNamespaces, makeNamespaces, plainDevice } from '../../lab/host.ts';
import { ipBatch, until } from '../../lab/run.ts';
import { Switch } from '../../lab/switch.ts';
import { LacpMode, LinkState } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { Capture } from '../capture.ts';
import { Engine, framesIn, joined, pcapPort, ringPort, udpFrame, writeFrames } from '../engine.ts';

const id = `${process.pid % 100000}`;
const links = [1, 2, 3];
const engineEnd = (link: number): string => `lg${id}e${link}`;
const switchEnd = (link: number): string => `lg${id}s${link}`;
const host = `lg${id}h`;

const link = (number: number, more: object = {}): EngineOperation => ({
  case: 'setPort',
  value: {
    name: `link${number}`,
    enabled: true,
    bundleName: 'lag',
    device: { case: 'afPacket', value: engineEnd(number) },
    ...more,
  },
});

const bundle = (config: object): EngineOperation => ({
  case: 'setPort',
  value: { name: 'lag', enabled: true, device: { case: 'bundle', value: config } },
});

const flows = 120;
const frames = Array.from({ length: flows }, (_, flow) => udpFrame({ flow, sequence: 0 }));

async function distributing(engine: Engine, count: number): Promise<void> {
  await until(`${count} links that distribute`, 15_000, async () =>
    (await engine.ports()).get('lag')?.bundle?.distributingLinks === count ? true : undefined,
  );
}

/** Frames that each link has sent. */
async function sentBy(engine: Engine): Promise<number[]> {
  const ports = await engine.ports();
  return links.map((number) => Number(ports.get(`link${number}`)?.counters?.outUnicast ?? 0n));
}

test('a bundle agrees with Open vSwitch by LACP, shares flows and survives the loss of links', {
  timeout: 40_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
  const namespace = `lg${id}`;
  await makeNamespaces([namespace]);
  const ovs = await Switch.start(namespace, join(folder, 'ovs'));
  const engine = await Engine.start(join(folder, 'socket'));
  let capture: Capture | undefined;
  let arriving: Capture | undefined;
  try {
    for (const number of links) {
      await ipBatch([`link add ${engineEnd(number)} type veth peer name ${switchEnd(number)} netns ${namespace}`]);
      await plainDevice(undefined, engineEnd(number));
      await plainDevice(namespace, switchEnd(number));
      await ipBatch([`link set ${switchEnd(number)} up`], namespace);
    }
    await ipBatch([`link add ${host} type veth peer name ${host}p`], namespace);
    await plainDevice(namespace, host);
    await plainDevice(namespace, `${host}p`);
    await ipBatch([`link set ${host} up`, `link set ${host}p up`], namespace);
    capture = await Capture.start(namespace, switchEnd(1), join(folder, 'lacp.pcap'));
    await ovs.addPorts([{ device: `${host}p` }]);
    await ovs.addBond('bond', links.map(switchEnd), { lacp: 'active', 'other_config:lacp-time': 'fast' });
    await engine.apply([
      bundle({ lacp: LacpMode.LACP_ACTIVE, fast: true, minLinks: 2, systemPriority: 100, key: 7 }),
      ...links.map((number) => link(number, { lacpPortPriority: 10 * number })),
    ]);
    await distributing(engine, 3);
    await engine.link('lag', LinkState.LINK_UP);
    await until('agreement of the switch', 10_000, async () =>
      /status: active negotiated/.test(await ovs.lacp('bond')) ? true : undefined,
    );
    const said = await ovs.lacp('bond');
    assert.match(said, /partner sys_priority: 100/);
    assert.match(said, /partner key: 7/);
    assert.match(said, /partner port_priority: 20/);

    // Each flow arrives once, and the links share them.
    arriving = await Capture.start(namespace, host, join(folder, 'arriving.pcap'));
    const send = async (file: string): Promise<number[]> => {
      const before = await sentBy(engine);
      writeFrames(join(folder, file), frames);
      await engine.apply([
        pcapPort(file, join(folder, file), join(folder, `${file}-out`)),
        ...joined('x', 'lag', file),
      ]);
      await until('the frames are sent', 5000, async () => {
        const now = await sentBy(engine);
        const sum = now.reduce((all, one, i) => all + one - (before[i] ?? 0), 0);
        return sum >= flows ? true : undefined;
      });
      return (await sentBy(engine)).map((one, i) => one - (before[i] ?? 0));
    };
    const remove = (name: string): Promise<void> =>
      engine.apply([
        { case: 'delete', value: { kind: 2, name } },
        { case: 'delete', value: { kind: 1, name } },
      ]);
    const first = await send('w1');
    assert.equal(
      first.reduce((sum, one) => sum + one, 0),
      flows,
    );
    for (const one of first) assert.ok(one > flows / 3 / 2 && one < (flows / 3) * 2, `shares ${first.join(', ')}`);
    t.diagnostic(`flows by link: ${first.join(', ')}`);

    // What the switch sends is the bundle's.
    await ipBatch([`address add 192.0.2.1/24 dev ${host}`], namespace);
    await ovs.inNamespace('ping', ['-c', '3', '-i', '0.2', '-W', '1', '192.0.2.2']).catch(() => undefined);
    const broadcasts = await framesIn(join(folder, 'w1-out'), 1);
    assert.equal(broadcasts[0]?.subarray(0, 6).toString('hex'), 'ffffffffffff');
    assert.ok(((await engine.ports()).get('lag')?.counters?.inBroadcast ?? 0n) >= 1n);
    await remove('w1');

    // A link that is lost gives up its flows to the others at once.
    const from = performance.now();
    await ipBatch([`link set ${switchEnd(2)} down`], namespace);
    await distributing(engine, 2);
    t.diagnostic(`link lost → its flows moved: ${(performance.now() - from).toFixed(0)} ms`);
    const second = await send('w2');
    assert.equal(second[1], 0);
    assert.equal((second[0] ?? 0) + (second[2] ?? 0), flows);
    await remove('w2');
    // Below min-links the bundle is down.
    await ipBatch([`link set ${switchEnd(3)} down`], namespace);
    await engine.link('lag', LinkState.LINK_DOWN);
    await ipBatch([`link set ${switchEnd(2)} up`, `link set ${switchEnd(3)} up`], namespace);
    await distributing(engine, 3);
    await engine.link('lag', LinkState.LINK_UP);

    // One link at most: the others stand by, in the order of their priorities.
    await engine.apply([bundle({ lacp: LacpMode.LACP_ACTIVE, fast: true, maxLinks: 1, systemPriority: 100, key: 7 })]);
    await distributing(engine, 1);
    const ports = await engine.ports();
    assert.deepEqual(
      links.map((number) => ports.get(`link${number}`)?.lacp?.distributing),
      [true, false, false],
    );
    const [heard, came] = [capture, arriving];
    await Promise.all([heard.stop(), came.stop()]);
    capture = undefined;
    arriving = undefined;
    const arrived = await came.fields('udp.port == 4789', ['ip.src']);
    assert.equal(arrived.length, 2 * flows);
    assert.equal(new Set(arrived.map(([source]) => source)).size, flows);
    assert.equal(await heard.malformed('lacp'), 0);
    const own = (await engine.ports()).get('link1')?.mac;
    const ours = await heard.fields(
      `lacp and eth.src == ${Buffer.from(own ?? [])
        .toString('hex')
        .replace(/..(?=.)/g, '$&:')}`,
      ['lacp.actor.sysid', 'lacp.actor.key', 'lacp.actor.state.activity', 'lacp.actor.state.timeout'],
    );
    assert.ok(ours.length > 3, `${ours.length} of our PDUs`);
    for (const pdu of ours) assert.deepEqual(pdu.slice(1), ['7', '1', '1']);

    // A port that is a link carries nothing of its own.
    await assert.rejects(engine.apply(joined('y', 'link1')), /link of a bundle/);
    await assert.rejects(engine.apply([ringPort('r', 'r', { bundleName: 'link1' })]), /is no bundle/);
  } finally {
    await capture?.stop();
    await arriving?.stop();
    assert.equal(await engine.stop(), 0);
    await ovs.stop();
    await deleteNamespaces([namespace]);
    rmSync(folder, { recursive: true });
  }
});

test('a static bundle of rings uses its links as they are and forgets them with their ports', {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
  const engine = await Engine.start(join(folder, 'socket'), ['--workers', '2']);
  try {
    const ends = [1, 2];
    await engine.apply([
      bundle({}),
      { case: 'setPort', value: { name: 'far', enabled: true, device: { case: 'bundle', value: {} } } },
      ...ends.flatMap((number) => [
        ringPort(`near${number}`, `ring${number}`, { bundleName: 'lag' }),
        ringPort(`far${number}`, `ring${number}`, { bundleName: 'far' }),
      ]),
    ]);
    await engine.link('lag', LinkState.LINK_UP);
    await engine.link('far', LinkState.LINK_UP);
    const file = (name: string): string => join(folder, name);
    writeFrames(file('in'), frames);
    await engine.apply([pcapPort('out', '', file('out')), ...joined('b', 'far', 'out')]);
    await engine.apply([pcapPort('in', file('in'), ''), ...joined('a', 'lag', 'in')]);
    assert.equal((await framesIn(file('out'), flows)).length, flows);
    const ports = await engine.ports();
    const of = (name: string): bigint => ports.get(name)?.counters?.inUnicast ?? 0n;
    assert.equal(of('far'), BigInt(flows));
    assert.equal(of('far1') + of('far2'), BigInt(flows));
    assert.ok(of('far1') > 0n && of('far2') > 0n);
    // One link goes with its port, then all.
    const gone = (name: string): EngineOperation => ({ case: 'delete', value: { kind: 1, name } });
    await engine.apply([gone('near1')]);
    assert.equal((await engine.ports()).get('lag')?.bundle?.distributingLinks, 1);
    await assert.rejects(engine.apply([gone('lag')]), /refer/);
    await engine.apply([gone('near2')]);
    await engine.link('lag', LinkState.LINK_DOWN);
  } finally {
    assert.equal(await engine.stop(), 0);
    rmSync(folder, { recursive: true });
  }
});
