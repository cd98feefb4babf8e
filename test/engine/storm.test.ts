/** Storm control: each class for itself, dropped and counted above its limit. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../lab/run.ts';
import { domain, Engine, pcapPort, readFrames, udpFrame, untagged, writeFrames } from '../engine.ts';

const each = 1000;
const stations = { broadcast: 0xffffffffffff, multicast: 0x01005e000001, unknown: 0x020000000063 } as const;

function frameTo(address: number, sequence: number): Buffer {
  const frame = udpFrame({ flow: 1, sequence, payload: 100 });
  frame.writeUIntBE(address, 0, 6);
  return frame;
}

test('storm control drops what is above its limit, class by class', { timeout: 60_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-storm-'));
  const engine = await Engine.start(join(folder, 'socket'));
  const [input, output] = [join(folder, 'in'), join(folder, 'out')];
  try {
    // As many of each class, mixed, at once.
    const frames = Array.from({ length: each }, (_, i) => Object.values(stations).map((to) => frameTo(to, i))).flat();
    writeFrames(input, frames);
    const limits = {
      stormBroadcast: { packetsPerSecond: 100n },
      stormUnknownUnicast: { bitsPerSecond: BigInt(8 * 142 * 1000) },
    };
    await engine.apply([domain('x'), pcapPort('out', '', output), untagged('out', 'x')]);
    const from = performance.now();
    await engine.apply([pcapPort('in', input, ''), untagged('in', 'x', limits)]);
    const state = await until('all frames are received', 20_000, async () => {
      const counted = (await engine.logicalPorts()).get('in');
      const { inUnicast, inMulticast, inBroadcast } = counted?.counters ?? {};
      return (inUnicast ?? 0n) + (inMulticast ?? 0n) + (inBroadcast ?? 0n) === BigInt(3 * each) ? counted : undefined;
    });
    const seconds = (performance.now() - from) / 1000;
    const dropped = (reason: string): number => Number(state.drops.find((one) => one.reason === reason)?.packets ?? 0n);
    const arrived = (address: number): number =>
      readFrames(output).filter((frame) => frame.readUIntBE(0, 6) === address).length;
    assert.equal(arrived(stations.multicast), each);
    assert.equal(dropped('storm-multicast'), 0);
    // A tenth of a second is what a bucket holds, and at most one frame is let through ahead.
    for (const [name, reason, rate] of [
      ['broadcast', 'storm-broadcast', 100],
      ['unknown', 'storm-unknown-unicast', 1000],
    ] as const) {
      const passed = arrived(stations[name]);
      assert.equal(passed + dropped(reason), each, name);
      assert.ok(passed >= rate / 10 - 1, `${name}: ${passed}`);
      assert.ok(passed <= rate / 10 + rate * seconds + 66, `${name}: ${passed} in ${seconds} s`);
      t.diagnostic(`${name}: ${passed} of ${each} passed in ${(seconds * 1000).toFixed(0)} ms at ${rate}/s`);
    }
    // What is known is not limited.
    assert.equal(
      Number((await engine.ports()).get('in')?.counters?.inDiscards ?? 0n),
      dropped('storm-broadcast') + dropped('storm-unknown-unicast'),
    );
  } finally {
    assert.equal(await engine.stop(), 0);
    rmSync(folder, { recursive: true });
  }
});
