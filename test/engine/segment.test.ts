/**
 * An ethernet segment on two engines (segment-lab.ts): a VLAN moves from one to the other under traffic; each hears the
 * other through the CE.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../lab/run.ts';
import { Flow, type FlowResult } from '../../lab/traffic/flow.ts';
import { type SegmentProbe, SegmentProbeKind } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { Capture } from '../capture.ts';
import type { Engine } from '../engine.ts';
import {
  core,
  esi,
  hosts,
  ip4,
  key,
  members,
  move,
  type Pe,
  pes,
  segment,
  set,
  state,
  transfer,
  vlans,
  withLab,
} from './segment-lab.ts';

/** What was heard, and when, milliseconds of the wall clock. */
const heardBy = (engine: Engine): { probe: SegmentProbe; atMs: number }[] =>
  engine.events.flatMap(({ what, atNs }) =>
    what.case === 'segmentProbe' ? [{ probe: what.value, atMs: Number(atNs / 1000n) / 1000 }] : [],
  );

const probes = (engine: Engine): SegmentProbe[] => heardBy(engine).map(({ probe }) => probe);

const bothWays = (): Promise<Flow[]> =>
  Promise.all([
    Flow.start({ from: hosts.customer, to: hosts.remote, packetsPerSecond: 1000, port: 5001 }),
    Flow.start({ from: hosts.remote, to: hosts.customer, packetsPerSecond: 1000, port: 5002 }),
  ]);

/** With what is missing: how many, and how long after which move. */
function show(t: TestContext, moves: readonly bigint[], results: readonly FlowResult[]): void {
  for (const [i, { sent, lost, duplicates, outOfOrder, gaps }] of results.entries()) {
    const missing = gaps.map(({ lost: count, fromNs }) => {
      const after = moves.map((at) => `${((Number(fromNs - at) / 1e6) | 0).toString()} ms`);
      return `${count} at ${after.join(' and ')} from the moves`;
    });
    t.diagnostic(
      `${moves.length} moves, ${i === 0 ? 'from' : 'to'} the customer: ${sent} sent, ${lost} lost, ${duplicates} duplicates, ${outOfOrder} out of order ${missing.join('; ')}`,
    );
  }
}

/** Drops of both at all ports, by reason. */
async function dropped(engine: Engine): Promise<string> {
  const all = [...(await engine.ports()).values()].flatMap(({ name, drops }) =>
    drops.map(({ reason, packets }) => `${name} ${reason} ${packets}`),
  );
  return all.join(', ');
}

test('planned moves of a VLAN under traffic both ways lose and duplicate nothing', { timeout: 240_000 }, async (t) => {
  await withLab([], async ({ engines, folder }) => {
    await engines.a.order({ segment: 'es', release: set(10) });
    const flows = await bothWays();
    await sleep(2000);
    const capture = await Capture.start(core, 'a', join(folder, 'redirected.pcap'));
    const moves = [await move(engines, 'a')];
    await sleep(4000);
    moves.push(await move(engines, 'b'));
    await sleep(4000);
    const results = await Promise.all(flows.map((flow) => flow.stop()));
    show(t, moves, results);
    for (const pe of ['a', 'b'] as const) t.diagnostic(`dropped by ${pe}: ${await dropped(engines[pe])}`);
    const [a, b] = [await state(engines.a), await state(engines.b)];
    t.diagnostic(
      `redirected by a: ${a.redirectedFromCe} from the CE, ${a.redirectedToCe} to it; taken by b: ${b.redirectsReceived}, of them held ${b.redirectsHeld}, refused ${b.redirectsRefused}`,
    );
    await capture.stop();
    const decoded = await capture.fields('vxlan', ['vxlan.vni', 'vlan.id']);
    assert.ok(decoded.length > 0);
    for (const fields of decoded) assert.deepEqual(fields, ['4711', `${transfer},10`]);
    assert.equal(await capture.malformed('vxlan'), 0);
    assert.ok(a.redirectedToCe + a.redirectedFromCe > 0n);
    assert.equal(b.redirectsReceived, a.redirectedFromCe + a.redirectedToCe);
    assert.equal(a.redirectsDropped + b.redirectsRefused, 0n);
    for (const { sent, lost, duplicates } of results) {
      assert.ok(sent > 9000);
      assert.equal(lost, 0);
      assert.equal(duplicates, 0);
    }
  });
});

/** Frames as another implementation writes them (native/stages/ethernet-segment/README.md). */
function probeFrame(from: Pe, vid: number, sequence: bigint, secret: Uint8Array = key): string {
  const body = Buffer.alloc(66);
  body.writeUInt16BE(0x5347, 0);
  body.set([1, SegmentProbeKind.PROBE_QUERY], 2);
  body.set(esi, 4);
  body.writeUInt16BE(vid, 14);
  body.set([4, 0], 16);
  body.set(ip4(pes[from]), 18);
  body.writeBigUInt64BE(77n, 34);
  body.writeBigUInt64BE(sequence, 42);
  body.set(createHmac('sha256', secret).update(body.subarray(0, 50)).digest().subarray(0, 16), 50);
  const header = Buffer.from('0300534c550102000000000981000000' + '88b5', 'hex');
  header.writeUInt16BE(vid, 14);
  return Buffer.concat([header, body]).toString('hex');
}

test('a blocked PE and a forwarding one hear each other through the CE', { timeout: 120_000 }, async (t) => {
  await withLab([], async ({ engines, wire }) => {
    await engines.a.order({ segment: 'es', release: set(10, 11) });
    const took: number[] = [];
    for (let stamp = 1n; stamp <= 20n; stamp += 1n) {
      const at = Date.now();
      await engines.a.probe({ segment: 'es', kind: SegmentProbeKind.PROBE_FORWARDING, vlans: set(...vlans), stamp });
      const heard = await until('b hears a', 2000, () => {
        const all = heardBy(engines.b).filter(({ probe }) => probe.stamp === stamp);
        return new Set(all.flatMap(({ probe }) => members(probe.vlans))).size === vlans.length ? all : undefined;
      });
      took.push(Math.max(...heard.map(({ atMs }) => atMs)) - at);
      for (const { probe } of heard) {
        assert.equal(probe.segment, 'es');
        assert.equal(probe.kind, SegmentProbeKind.PROBE_FORWARDING);
        assert.deepEqual([...probe.from], [...ip4(pes.a)]);
      }
      await engines.b.probe({ segment: 'es', kind: SegmentProbeKind.PROBE_STANDBY, vlans: set(10), stamp });
      await until('a hears b', 2000, () => probes(engines.a).find((probe) => probe.stamp === stamp));
    }
    const sorted = took.toSorted((x, y) => x - y);
    t.diagnostic(
      `request at one PE to event at the other, through the CE: median ${sorted[10]?.toFixed(1)} ms, worst ${sorted.at(-1)?.toFixed(1)} ms of 20`,
    );
    assert.equal((await state(engines.a)).probesRefused, 0n);

    const now = BigInt(Date.now()) * 1_000_000n;
    const before = await state(engines.b);
    await wire.bytes('b', [probeFrame('a', 12, now + 60_000_000_000n)]);
    const mine = await until('b hears what node:crypto signed', 2000, () =>
      probes(engines.b).find(({ stamp }) => stamp === 77n),
    );
    assert.deepEqual(members(mine.vlans), [12]);
    // Played again, and under another key.
    await wire.bytes('b', [probeFrame('a', 12, now + 60_000_000_000n)]);
    await wire.bytes('b', [probeFrame('a', 12, now + 70_000_000_000n, Buffer.from('another key of theirs'))]);
    const after = await state(engines.b);
    assert.equal(after.probesReceived - before.probesReceived, 1n);
    assert.equal(after.probesRefused - before.probesRefused, 2n);
    // Neither has gone on to the transfer network.
    assert.equal((await engines.b.logicalPorts()).get('co.12')?.counters?.outMulticast ?? 0n, 0n);
    // With another key a is a stranger.
    await engines.b.apply([segment('b', { probeKey: Buffer.from('another key of theirs') })]);
    await engines.a.probe({ segment: 'es', kind: SegmentProbeKind.PROBE_QUERY, vlans: set(10), stamp: 99n });
    await until(
      'b refuses',
      2000,
      async () => (await state(engines.b)).probesRefused > after.probesRefused || undefined,
    );
    assert.ok(!probes(engines.b).some(({ stamp }) => stamp === 99n));
  });
});

test('orders are effective while a transaction of many routes goes on, on two workers', {
  timeout: 240_000,
}, async (t) => {
  await withLab(['--workers', '2', '--memory', '512'], async ({ engines: { a } }) => {
    const nextHops = [{ interface: 'transfer', gateway: ip4('192.0.2.9') }];
    const routes = Array.from(
      { length: 40_000 },
      (_, block): EngineOperation => ({
        case: 'setRoutes',
        value: {
          vrf: 'transfer',
          set: Array.from({ length: 10 }, (_, i) => {
            const number = block * 10 + i;
            return {
              prefix: { address: Uint8Array.from([20 + (number >> 16), number >> 8, number, 0]), length: 24 },
              nextHopGroup: 'far',
            };
          }),
        },
      }),
    );
    await a.apply([{ case: 'setNextHopGroup', value: { name: 'far', vrf: 'transfer', nextHops } }]);
    let open = true;
    const applied = a.apply(routes).finally(() => {
      open = false;
    });
    const took: number[] = [];
    for (let i = 0; open; i += 1) {
      const at = performance.now();
      await a.order(i % 2 === 0 ? { segment: 'es', release: set(...vlans) } : { segment: 'es', block: set(...vlans) });
      took.push(performance.now() - at);
      const open10 = (await state(a)).vlans.find(({ vid }) => vid === 10)?.open;
      if (open) assert.equal(open10, i % 2 === 0);
      await sleep(5);
    }
    await applied;
    const sorted = took.toSorted((x, y) => x - y);
    t.diagnostic(
      `${took.length} orders during 400,000 routes: median ${sorted[took.length >> 1]?.toFixed(1)} ms, worst ${sorted.at(-1)?.toFixed(1)} ms`,
    );
    assert.ok(took.length > 5);
  });
});
