import assert from 'node:assert/strict';
import { ipBatch, until } from '../../../lab/run.ts';
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import type { Case, Figure } from '../../case.ts';
import {
  bridgeDomain,
  bridgeDomains,
  editConfig,
  interfaces,
  namespace,
  port,
  subInterface,
} from '../../configuration.ts';
import { Router } from '../../router.ts';
import { InterfaceReading } from '../../service.ts';
import { configure } from '../../topology.ts';
import { broadcast, type Driver, layCable, station, Wire } from '../../wire.ts';

const tags = 'c10';
/** Of an AF_XDP port: a frame fits into one buffer. */
const longestXdp = 1700;

interface Stand {
  readonly router: Router;
  readonly wire: Wire;
  readonly client: NetconfClient;
  readonly driver: Driver;
}

/** Sets a leaf of an interface. */
const setLeaf = (client: NetconfClient, name: string, leaf: string): Promise<string> =>
  client.rpc(editConfig('running', interfaces(`<interface><name>${name}</name>${leaf}</interface>`)));

const mtu = (bytes: number): string => `<port xmlns="${namespace.ports}"><mtu>${bytes}</mtu></port>`;

/** Whether a frame of VLAN 10 gets from one port to another. */
async function passes(wire: Wire, at: string, to: string, payload?: number): Promise<boolean> {
  const [out] = await wire.send([{ at, tags, ...(payload === undefined ? {} : { payload }) }], { quietMs: 100 });
  return out?.[to] === tags;
}

/** Exact counters of port and sub-interface, in and out, for known numbers of frames. */
async function counts({ wire, client }: Stand): Promise<Figure> {
  const names = ['a', 'a.10', 'b', 'b.10'];
  const read = () => Promise.all(names.map((name) => InterfaceReading.of(client, name)));
  await wire.send([{ at: 'b', tags, from: station(2) }]);
  const before = await read();
  const each = { unicast: 7, multicast: 5, broadcast: 3 };
  const frames = [
    ...Array.from({ length: each.unicast }, () => ({ at: 'a', tags, to: station(2), payload: 100 })),
    ...Array.from({ length: each.multicast }, () => ({ at: 'a', tags, to: '01:00:5e:00:00:01', payload: 200 })),
    ...Array.from({ length: each.broadcast }, () => ({ at: 'a', tags, to: broadcast, payload: 300 })),
  ];
  const repeat = 20;
  await wire.send(frames, { repeat });
  const after = await read();
  // Octets as RFC 2863 counts them here: without the frame check sequence, with the tag.
  const octets = frames.reduce((sum, { payload }) => sum + 12 + 4 + 2 + payload, 0) * repeat;
  for (const [i, name] of names.entries()) {
    const direction = name.startsWith('a') ? 'in' : 'out';
    const other = direction === 'in' ? 'out' : 'in';
    const grown = (counter: string): number => (after[i]?.counter(counter) ?? 0) - (before[i]?.counter(counter) ?? 0);
    assert.deepEqual(
      {
        octets: grown(`${direction}-octets`),
        unicast: grown(`${direction}-unicast-pkts`),
        multicast: grown(`${direction}-multicast-pkts`),
        broadcast: grown(`${direction}-broadcast-pkts`),
        other: grown(`${other}-octets`),
        drops: after[i]?.allDrops(),
      },
      {
        octets,
        unicast: each.unicast * repeat,
        multicast: each.multicast * repeat,
        broadcast: each.broadcast * repeat,
        other: 0,
        drops: before[i]?.allDrops(),
      },
      name,
    );
  }
  return {
    what: 'frames counted exactly, by kind and octets, at port and sub-interface',
    value: frames.length * repeat,
  };
}

/** Frames that are short, cut or of odd types. */
async function oddButHarmless({ wire, client, driver }: Stand): Promise<void> {
  const before = await InterfaceReading.of(client, 'a');
  const addresses = 'ffffffffffff020000000001';
  const head = `${addresses}8100000a`;
  // Next to nothing behind the EtherType (the kernel of a receiver asks for two bytes behind a tag); LLC's length field;
  // types that nobody has.
  const whole = [`${head}88b50000`, `${head}002642420300`, `${head}0000ffff`, `${head}ffff0000`, `${head}9100000a0800`];
  const out = await wire.bytes('a', whole);
  assert.deepEqual(
    out.map(({ at, tags: of, type }) => [at, of, type]),
    [0x88b5, 0x26, 0, 0xffff, 0x9100].map((type) => ['b', tags, type]),
  );
  // Ends within its second tag. What ends within its first one gets past the kernel to AF_XDP alone.
  const cut = [`${head}88a8000b`, `${head}8100000b08`, ...(driver === 'af-xdp' ? [`${head}`, `${head}88`] : [])];
  assert.deepEqual(await wire.bytes('a', cut), []);
  const after = await until('the drops of frames that end within a tag', 2000, async () => {
    const now = await InterfaceReading.of(client, 'a');
    return now.drops('malformed') - before.drops('malformed') === cut.length ? now : undefined;
  });
  // Reserved addresses, IEEE 802.1Q-2018 table 8-1: with and without tags.
  const reserved = Array.from({ length: 16 }, (_, i) => `01:80:c2:00:00:0${i.toString(16)}`);
  const sent = reserved.flatMap((to) => [
    { at: 'a', tags, to },
    { at: 'a', to },
  ]);
  for (const one of await wire.send(sent)) assert.deepEqual(one, {});
  const last = await InterfaceReading.of(client, 'a');
  assert.equal(last.drops('link-local') - after.drops('link-local'), sent.length);
  assert.deepEqual(await wire.send([{ at: 'a', tags, to: '01:80:c2:00:00:10' }]), [{ b: tags }]);
}

async function keepsToMtu({ wire, client, driver }: Stand): Promise<Figure> {
  const longest = driver === 'af-xdp' ? longestXdp : 9000;
  assert.equal(await passes(wire, 'a', 'b', 1500), true);
  assert.equal(await passes(wire, 'a', 'b', 1501), false);
  await Promise.all(['a', 'b'].map((name) => setLeaf(client, name, mtu(longest))));
  assert.equal(await passes(wire, 'a', 'b', longest), true, `payload of ${longest}`);
  assert.equal(await passes(wire, 'a', 'b', longest + 1), false);
  // In by the longer one, out by the shorter one.
  await setLeaf(client, 'b', mtu(1400));
  const before = await InterfaceReading.of(client, 'b.10');
  assert.equal(await passes(wire, 'a', 'b', 1400), true);
  assert.equal(await passes(wire, 'a', 'b', 1401), false);
  assert.equal(await passes(wire, 'a', 'b', longest), false);
  const after = await InterfaceReading.of(client, 'b.10');
  assert.equal(after.drops('mtu-exceeded') - before.drops('mtu-exceeded'), 2);
  // In by the shorter one: it does not receive what it would not send.
  const [old, oldA] = await Promise.all([InterfaceReading.of(client, 'b'), InterfaceReading.of(client, 'a')]);
  assert.equal(await passes(wire, 'b', 'a', 1400), true);
  assert.equal(await passes(wire, 'b', 'a', 1401), false, 'a payload of 1401 into an MTU of 1400');
  assert.equal(await passes(wire, 'b', 'a', 1600), false, 'a payload of 1600 into an MTU of 1400');
  if (driver === 'af-packet') {
    const now = await InterfaceReading.of(client, 'b');
    const lost = (one: InterfaceReading): number => one.counter('in-errors') + one.drops('mtu-exceeded');
    assert.equal(lost(now) - lost(old), 2, JSON.stringify([now.allDrops(), now.counter('in-errors'), oldA.allDrops()]));
  } else {
    await assert.rejects(setLeaf(client, 'b', mtu(longestXdp + 1)), /at most 1700/);
  }
  await Promise.all(['a', 'b'].map((name) => setLeaf(client, name, mtu(1500))));
  return { what: 'longest payload that passes', value: longest, unit: 'bytes' };
}

async function canBeDisabled({ wire, client }: Stand): Promise<void> {
  for (const [name, above] of [
    ['a', 'a.10'],
    ['a.10', undefined],
  ] as const) {
    await setLeaf(client, name, '<enabled>false</enabled>');
    assert.equal(await passes(wire, 'a', 'b'), false, `${name} disabled, in`);
    assert.equal(await passes(wire, 'b', 'a'), false, `${name} disabled, out`);
    const state = await InterfaceReading.of(client, name);
    assert.equal(state.operStatus, 'down');
    if (above !== undefined) {
      assert.equal((await InterfaceReading.of(client, above)).operStatus, 'lower-layer-down');
    } else assert.equal(state.drops('logical-port-disabled'), 1);
    await setLeaf(client, name, '<enabled>true</enabled>');
    await operStatus(client, name, 'up');
    assert.equal(await passes(wire, 'a', 'b'), true, `${name} enabled, in`);
    assert.equal(await passes(wire, 'b', 'a'), true, `${name} enabled, out`);
  }
}

/** An interface without a device is configuration; with one it forwards. */
async function getsItsDeviceLater({ router, wire, client, driver }: Stand): Promise<void> {
  for (const [name, status] of [
    ['c', 'not-present'],
    ['c.10', 'lower-layer-down'],
  ] as const) {
    assert.equal((await InterfaceReading.of(client, name)).operStatus, status);
  }
  assert.equal(await passes(wire, 'a', 'c'), false);
  await client.rpc(editConfig('running', interfaces(port('c', router.device('c'), driver))));
  await operStatus(client, 'c', 'up');
  assert.equal(await passes(wire, 'a', 'c'), true);
  assert.equal(await passes(wire, 'c', 'a'), true);
  await client.rpc(
    editConfig(
      'running',
      interfaces(
        `<interface><name>c</name><port xmlns="${namespace.ports}"><${driver} xmlns:nc="${namespace.netconf}" nc:operation="delete"/></port></interface>`,
      ),
    ),
  );
  assert.equal((await InterfaceReading.of(client, 'c')).operStatus, 'not-present');
  assert.equal(await passes(wire, 'a', 'b'), true);
}

/** The device goes under traffic and comes back, as a cable that is pulled with its card. */
async function survivesItsDevice(stand: Stand): Promise<Figure> {
  const { router, wire, client, driver } = stand;
  const sending = wire.send([{ at: 'a', tags }], { repeat: 400, perSecond: 400 });
  await ipBatch([`link del dev ${router.device('b')}`]);
  await operStatus(client, 'b', 'not-present');
  assert.equal((await InterfaceReading.of(client, 'b.10')).operStatus, 'lower-layer-down');
  await sending;
  await wire.close();
  await layCable(router, wire.namespace, 'b', driver);
  const from = performance.now();
  await operStatus(client, 'b', 'up');
  const again = await Wire.attach(wire.namespace, ['a', 'b']);
  await until('forwarding through the device that came back', 5000, async () =>
    (await passes(again, 'a', 'b')) && (await passes(again, 'b', 'a')) ? true : undefined,
  );
  const took = performance.now() - from;
  // And the link alone.
  await ipBatch(['link set dev b down'], wire.namespace);
  await operStatus(client, 'b', 'down');
  await ipBatch(['link set dev b up'], wire.namespace);
  await operStatus(client, 'b', 'up');
  await again.close();
  return { what: 'device deleted and made again → forwards by itself', value: took, unit: 'ms' };
}

function operStatus(client: NetconfClient, name: string, status: string): Promise<boolean> {
  return until(`${name} ${status}`, 5000, async () =>
    (await InterfaceReading.of(client, name)).operStatus === status ? true : undefined,
  );
}

const portsOf = (driver: Driver): Case => ({
  id: `ports-${driver}`,
  shows: `ports count exactly, keep to their MTU, can be disabled, get, lose and regain their device, on ${driver}`,
  async run() {
    const router = await Router.start();
    try {
      const wire = await Wire.connect(router, ['a', 'b', 'c'], driver);
      const names = ['a', 'b', 'c'];
      await configure(router, [
        interfaces(
          port('a', router.device('a'), driver),
          port('b', router.device('b'), driver),
          port('c'),
          ...names.map((name) => subInterface(name, 10)),
        ),
        bridgeDomains(
          bridgeDomain(
            'x',
            names.map((name) => `${name}.10`),
          ),
        ),
      ]);
      const client = await router.connect();
      const stand: Stand = { router, wire, client, driver };
      const counted = await counts(stand);
      await oddButHarmless(stand);
      const longest = await keepsToMtu(stand);
      await canBeDisabled(stand);
      await getsItsDeviceLater(stand);
      const regained = await survivesItsDevice(stand);
      await client.close();
      return [counted, longest, regained];
    } finally {
      await router.stop();
    }
  },
});

export const cases: readonly Case[] = [portsOf('af-packet'), portsOf('af-xdp')];
