/**
 * An ethernet segment on two engines: a CE (Open vSwitch) with a link to each, a transfer network (Open vSwitch) behind
 * both.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attachHost, cable, deleteNamespaces, type Host, knowNeighbours, makeNamespaces } from '../../lab/host.ts';
import { ipBatch, run, until } from '../../lab/run.ts';
import { Switch } from '../../lab/switch.ts';
import { BfdState, LinkState } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { vlanSet, vlansOf } from '../../src/features/ethernet-segments/decision/vlan-set.ts';
import { vlanBytes, vlansOfBytes } from '../../src/features/ethernet-segments/vlan-ranges.ts';
import { domain, Engine } from '../engine.ts';
import { Wire } from '../wire.ts';

/** How long a PE that gives a VLAN away redirects. */
export const graceMs = 3000;
const id = `${process.pid % 100000}`;
export const [ce, core, customer, remote] = ['ce', 'co', 'cu', 're'].map((end) => `es${id}${end}`) as [
  string,
  string,
  string,
  string,
];
export const key = Buffer.from('a key that both provider edges know');
export const esi = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
export const vlans = [10, 11, 12];
export const transfer = 99;
export const pes = { a: '192.0.2.1', b: '192.0.2.2' } as const;
export type Pe = keyof typeof pes;

export const hosts = {
  customer: { namespace: customer, address: '10.10.0.1', mac: '02:00:00:00:10:01' },
  remote: { namespace: remote, address: '10.10.0.2', mac: '02:00:00:00:10:02' },
} as const satisfies Record<string, Host>;

export const ip4 = (text: string): Uint8Array => Uint8Array.from(text.split('.').map(Number));
export const other = (pe: Pe): Pe => (pe === 'a' ? 'b' : 'a');
const device = (pe: Pe, side: 'ce' | 'co'): string => `es${id}${pe}${side}`;

export const set = (...vids: readonly number[]): Uint8Array => vlanBytes(vlanSet(vids));

export const members = (bytes: Uint8Array): number[] => [...vlansOf(vlansOfBytes(bytes))];

export const segment = (pe: Pe, more: object = {}): EngineOperation => ({
  case: 'setEthernetSegment',
  value: {
    name: 'es',
    port: 'ce',
    esi,
    vlans: set(...vlans),
    localAddress: ip4(pes[pe]),
    peers: [ip4(pes[other(pe)])],
    probeKey: key,
    vrf: 'transfer',
    vni: 4711,
    ...more,
  },
});

const tagged = (port: string, vid: number): EngineOperation => ({
  case: 'setLogicalPort',
  value: {
    name: `${port}.${vid}`,
    port,
    match: [{ vid }],
    rewrite: 1,
    bridgeDomain: `bd${vid}`,
    enabled: true,
  },
});

const operations = (pe: Pe): EngineOperation[] => [
  { case: 'setVrf', value: { name: 'transfer' } },
  ...(['ce', 'co'] as const).map(
    (name): EngineOperation => ({
      case: 'setPort',
      value: { name, enabled: true, device: { case: 'afPacket', value: device(pe, name) } },
    }),
  ),
  ...vlans.flatMap((vid) => [domain(`bd${vid}`), tagged('ce', vid), tagged('co', vid)]),
  { case: 'setLogicalPort', value: { name: 'transfer', port: 'co', match: [{ vid: transfer }], enabled: true } },
  {
    case: 'setL3Interface',
    value: {
      name: 'transfer',
      vrf: 'transfer',
      attachment: { case: 'logicalPort', value: 'transfer' },
      enabled: true,
      ipv4: true,
      addresses: [{ address: ip4(pes[pe]), prefixLength: 24 }],
    },
  },
  // As between PEs that watch each other: each knows the other's MAC.
  {
    case: 'setBfdSession',
    value: {
      name: 'peer',
      path: { case: 'interface', value: 'transfer' },
      remoteAddress: ip4(pes[other(pe)]),
      desiredMinTxInterval: 100_000,
      requiredMinRxInterval: 100_000,
    },
  },
  { case: 'setCeNotification', value: { port: 'ce', macMove: { enabled: true } } },
  segment(pe),
];

export interface Lab {
  readonly engines: Record<Pe, Engine>;
  readonly wire: Wire;
  /** What the CE is. */
  readonly edge: Switch;
  readonly folder: string;
}

export async function withLab(args: readonly string[], body: (lab: Lab) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-segment-'));
  const started: { stop(): Promise<unknown> }[] = [];
  await makeNamespaces([ce, core, customer, remote]);
  try {
    for (const pe of ['a', 'b'] as const) {
      for (const [side, namespace] of [
        ['ce', ce],
        ['co', core],
      ] as const) {
        await cable(device(pe, side), namespace, pe);
        await ipBatch([`link set ${device(pe, side)} up`]);
      }
    }
    await attachHost(hosts.customer, { namespace: ce, device: 'host' });
    await attachHost(hosts.remote, { namespace: core, device: 'host' });
    await knowNeighbours(hosts.customer, [hosts.remote]);
    await knowNeighbours(hosts.remote, [hosts.customer]);
    const switches: Switch[] = [];
    for (const namespace of [ce, core]) {
      const it = await Switch.start(namespace, join(folder, namespace));
      started.unshift(it);
      switches.push(it);
      await it.addPorts([{ device: 'a' }, { device: 'b' }, { device: 'host', accessVlan: 10 }]);
    }
    const engines = {} as Record<Pe, Engine>;
    for (const pe of ['a', 'b'] as const) {
      engines[pe] = await Engine.start(join(folder, pe), args);
      started.unshift(engines[pe]);
      await engines[pe].apply(operations(pe));
      await engines[pe].link('ce', LinkState.LINK_UP);
      await engines[pe].link('co', LinkState.LINK_UP);
    }
    for (const engine of Object.values(engines))
      await until('BFD', 10_000, async () =>
        (await engine.bfdSessions()).get('peer')?.state === BfdState.BFD_UP ? true : undefined,
      );
    const wire = await Wire.attach(ce, ['b']);
    started.unshift({ stop: () => wire.close() });
    const [edge] = switches;
    assert.ok(edge);
    await body({ engines, wire, edge, folder });
  } finally {
    for (const one of started) await one.stop();
    for (const pe of ['a', 'b'] as const)
      for (const side of ['ce', 'co'] as const)
        await run('ip', ['link', 'delete', device(pe, side)]).catch(() => undefined);
    await deleteNamespaces([ce, core, customer, remote]);
    rmSync(folder, { recursive: true });
  }
}

export const state = async (engine: Engine) => {
  const it = (await engine.ethernetSegments()).get('es');
  assert.ok(it);
  return it;
};

/** When it was released at the other one, nanoseconds of the wall clock. */
export async function move(engines: Record<Pe, Engine>, from: Pe, peersRedirectMs = 0): Promise<bigint> {
  const to = other(from);
  const blocked = await engines[from].order({
    segment: 'es',
    block: set(10),
    redirectTo: ip4(pes[to]),
    redirectMs: graceMs,
  });
  const released = await engines[to].order({ segment: 'es', release: set(10), peersRedirectMs });
  assert.ok(released > blocked);
  return released;
}
