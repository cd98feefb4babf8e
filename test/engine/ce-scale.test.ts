/**
 * A thousand VLANs of an ethernet segment that are released at once, with ten thousand remote stations: when the CE has
 * been told of the last of them, by the time stamps of the kernel at the CE's end of the link.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cable, deleteNamespaces, makeNamespaces } from '../../lab/host.ts';
import { ipBatch, run, until } from '../../lab/run.ts';
import { LinkState } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { vlanSet } from '../../src/features/ethernet-segments/decision/vlan-set.ts';
import { vlanBytes } from '../../src/features/ethernet-segments/vlan-ranges.ts';
import { Capture } from '../capture.ts';
import { domain, Engine, pcapPort, writeFrames } from '../engine.ts';

const id = `${process.pid % 100000}`;
const [namespace, device] = [`ces${id}`, `ces${id}p`];
const vlans = Array.from({ length: 1000 }, (_, i) => i + 101);
const stations = 10;
/** Frames of 84 bytes on a wire of 1 Gbit/s. */
const gigabit = 1_488_095;
const rounds = 5;
const limitMs = 50;

const all = vlanBytes(vlanSet(vlans));

const tagged = (port: string, vid: number): EngineOperation => ({
  case: 'setLogicalPort',
  value: { name: `${port}.${vid}`, port, match: [{ vid }], rewrite: 1, bridgeDomain: `bd${vid}`, enabled: true },
});

const segment: EngineOperation = {
  case: 'setEthernetSegment',
  value: {
    name: 'es',
    port: device,
    esi: Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    vlans: all,
    localAddress: Uint8Array.from([192, 0, 2, 1]),
    peers: [Uint8Array.from([192, 0, 2, 2])],
    probeKey: Buffer.from('a key that both provider edges know'),
  },
};

/** A word of a remote station, to all. */
function word(vid: number, number: number): Buffer {
  const frame = Buffer.alloc(64);
  frame.fill(0xff, 0, 6);
  frame.set([2, 0, 0, number, vid >> 8, vid & 255], 6);
  frame.writeUInt16BE(0x8100, 12);
  frame.writeUInt16BE(vid, 14);
  frame.writeUInt16BE(0x88b5, 16);
  return frame;
}

interface Lab {
  readonly engine: Engine;
  readonly folder: string;
}

/** A closed segment, whose engine has heard every remote station. */
async function withLab(methods: object, body: (lab: Lab) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ce-scale-'));
  await makeNamespaces([namespace]);
  const engine = await Engine.start(join(folder, 'socket'));
  try {
    await cable(device, namespace, 'ce');
    await ipBatch([`link set ${device} up`]);
    const words = vlans.flatMap((vid) => Array.from({ length: stations }, (_, number) => word(vid, number)));
    writeFrames(join(folder, 'words'), words);
    await engine.apply([
      { case: 'setPort', value: { name: device, enabled: true, device: { case: 'afPacket', value: device } } },
      pcapPort('core', '', join(folder, 'none')),
      ...vlans.flatMap((vid) => [domain(`bd${vid}`), tagged(device, vid), tagged('core', vid)]),
      { case: 'setCeNotification', value: { port: device, ...methods } },
      segment,
    ]);
    await engine.link(device, LinkState.LINK_UP);
    await engine.apply([pcapPort('core', join(folder, 'words'), join(folder, 'out'))]);
    await until('all stations are known', 10_000, async () => {
      const known = [...(await engine.bridgeDomains()).values()].reduce((sum, { learnedMacs }) => sum + learnedMacs, 0);
      return known >= words.length ? true : undefined;
    });
    await body({ engine, folder });
  } finally {
    assert.equal(await engine.stop(), 0);
    await run('ip', ['link', 'delete', device]).catch(() => undefined);
    await deleteNamespaces([namespace]);
    rmSync(folder, { recursive: true });
  }
}

/** Releases all VLANs, several times; milliseconds until the last frame that tells of it was at the CE, as `lastMs` finds in what it captured. */
async function releases(
  { engine, folder }: Lab,
  lastMs: (capture: Capture, effectiveNs: bigint) => Promise<number | undefined>,
): Promise<number[]> {
  const took: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const capture = await Capture.start(namespace, 'ce', join(folder, `ce${round}.pcap`), { bursts: true });
    const effective = await engine.order({ segment: 'es', release: all });
    took.push(await until('every VLAN has been told', 20_000, () => lastMs(capture, effective)));
    await engine.order({ segment: 'es', block: all });
    await capture.stop();
  }
  return took.toSorted((a, b) => a - b);
}

const ns = (epoch: string): bigint => {
  const [seconds = '0', fraction = ''] = epoch.split('.');
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
};

function show(t: TestContext, what: string, took: readonly number[]): void {
  const [median = Number.NaN, worst = Number.NaN] = [took[took.length >> 1], took.at(-1)];
  t.diagnostic(
    `${what}: the worst of ${vlans.length} VLANs ${median.toFixed(1)} ms after the release (median of ${took.length}), ${worst.toFixed(1)} ms (worst)`,
  );
  assert.ok(median < 10 * limitMs);
}

test('mac-move: 1,000 VLANs with 10,000 stations at the pace of 1 Gbit/s', { timeout: 120_000 }, async (t) => {
  await withLab({ macMove: { enabled: true, offsetsMs: [0], framesPerSecond: gigabit } }, async (lab) => {
    const took = await releases(lab, async (capture, effectiveNs) => {
      const rows = await capture.fields('arp', ['frame.time_epoch', 'vlan.id', 'eth.src']);
      // One frame in each VLAN teaches the port's own address.
      if (rows.length < vlans.length * (stations + 1)) return undefined;
      const stationsOf = new Map<string, Set<string>>();
      for (const [, vid = '', source = ''] of rows) stationsOf.set(vid, (stationsOf.get(vid) ?? new Set()).add(source));
      assert.equal(rows.length, vlans.length * (stations + 1));
      assert.equal(stationsOf.size, vlans.length);
      for (const sources of stationsOf.values()) assert.equal(sources.size, stations + 1);
      return Number(ns(rows.at(-1)?.[0] ?? '') - effectiveNs) / 1e6;
    });
    show(t, `${vlans.length * (stations + 1)} frames by mac-move`, took);
  });
});

test('mvrp: 1,000 VLANs declared as new', { timeout: 120_000 }, async (t) => {
  await withLab({ mvrp: { enabled: true, periodicOff: true, offsetsMs: [0] } }, async (lab) => {
    const took = await releases(lab, async (capture, effectiveNs) => {
      const rows = await capture.fields('mrp-mvrp', ['frame.time_epoch', 'mrp-mvrp.three_packed_event']);
      // Three values of event New are packed as 0.
      const news = (events = ''): number => events.split(',').filter((event) => Number(event) === 0).length;
      const first = rows.find(([, events]) => news(events) >= Math.floor(vlans.length / 3));
      return first === undefined ? undefined : Number(ns(first[0] ?? '') - effectiveNs) / 1e6;
    });
    show(t, 'MVRP', took);
  });
});
