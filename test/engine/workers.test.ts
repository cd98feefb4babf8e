/** Two workers share what one queue receives: each flow in order, all of it counted once. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Engine, framesIn, joined, pcapPort, type UdpFlow, udpFrame, writeFrames } from '../engine.ts';

const flows = 100;
/** As many as fit into the queue between two workers, so that none is dropped however slow they are. */
const perFlow = 40;

const numbers = (frame: Buffer): UdpFlow => ({ flow: frame.readUInt32BE(42), sequence: frame.readUInt32BE(46) });

test('two workers share the load of one queue, keep the order of flows and count exactly', {
  timeout: 60_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-workers-'));
  const engine = await Engine.start(join(folder, 'socket'), ['--workers', '2']);
  try {
    const frames = Array.from({ length: flows * perFlow }, (_, i) =>
      udpFrame({ flow: i % flows, sequence: Math.floor(i / flows) }),
    );
    const [sent, got] = [join(folder, 'sent'), join(folder, 'got')];
    writeFrames(sent, frames);
    await engine.apply([pcapPort('b', '', got), ...joined('x', 'b')]);
    await engine.apply([pcapPort('a', sent, ''), ...joined('x', 'a', 'b')]);
    const arrived = await framesIn(got, frames.length, 30_000);
    assert.equal(arrived.length, frames.length);
    const next = new Map<number, number>();
    for (const { flow, sequence } of arrived.map(numbers)) {
      assert.equal(sequence, next.get(flow) ?? 0, `flow ${flow}`);
      next.set(flow, sequence + 1);
    }
    const ports = await engine.ports();
    const octets = BigInt(frames.reduce((sum, frame) => sum + frame.length, 0));
    for (const [name, counted] of [
      ['a', ports.get('a')?.counters?.inUnicast],
      ['b', ports.get('b')?.counters?.outUnicast],
    ] as const) {
      assert.equal(counted, BigInt(frames.length), name);
    }
    assert.equal(ports.get('a')?.counters?.inOctets, octets);
    assert.equal(ports.get('b')?.counters?.outOctets, octets);
    const { packetsByWorker } = await engine.state();
    const share = Number(packetsByWorker[0] ?? 0n) / frames.length;
    assert.equal(
      packetsByWorker.reduce((sum, one) => sum + one, 0n),
      BigInt(frames.length),
    );
    assert.ok(share > 0.4 && share < 0.6, `one worker had ${share} of the packets`);
    t.diagnostic(`share of worker 0: ${(share * 100).toFixed(1)} %`);
  } finally {
    assert.equal(await engine.stop(), 0);
    rmSync(folder, { recursive: true });
  }
});
