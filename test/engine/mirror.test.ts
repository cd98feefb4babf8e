/** Port mirrors: copies as they are on the wire, and the frames themselves as if there were no mirror. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Direction, TagRewrite } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { domain, Engine, framesIn, pcapPort, readFrames, udpFrame, untagged, writeFrames } from '../engine.ts';

const tagged = (frame: Buffer, vid: number): Buffer =>
  Buffer.concat([frame.subarray(0, 12), Buffer.from([0x81, 0, vid >> 8, vid & 0xff]), frame.subarray(12)]);
const hex = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('hex'));
const mirror = (name: string, source: object, direction: Direction, destinationPort: string): EngineOperation => ({
  case: 'setMirror',
  value: { name, source: source as never, direction, destinationPort },
});

test('a mirror copies a port, or one logical port, one way or both, and harms nothing', {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-mirror-'));
  const engine = await Engine.start(join(folder, 'socket'));
  const file = (name: string): string => join(folder, name);
  const vlan = (vid: number): object => ({ match: [{ type: 0, vid }], rewrite: TagRewrite.REWRITE_POP });
  try {
    const mtu = { mtu: 9000 };
    const frames = [8, 1400, 8000].map((payload, sequence) => udpFrame({ to: 0x5e, flow: 1, sequence, payload }));
    await engine.apply([
      domain('x'),
      domain('y'),
      pcapPort('out', '', file('out'), mtu),
      { case: 'setLogicalPort', value: { name: 'out.10', port: 'out', bridgeDomain: 'x', enabled: true, ...vlan(10) } },
      { case: 'setLogicalPort', value: { name: 'out.20', port: 'out', bridgeDomain: 'y', enabled: true, ...vlan(20) } },
      ...['m-in', 'm-out', 'm-both', 'm-vlan'].map((name) => pcapPort(name, '', file(name), mtu)),
      mirror('out', { case: 'port', value: 'out' }, Direction.EGRESS, 'm-out'),
      mirror('vlan', { case: 'logicalPort', value: 'out.20' }, Direction.BOTH, 'm-vlan'),
    ]);
    writeFrames(file('in'), frames);
    writeFrames(
      file('in20'),
      frames.map((frame) => tagged(frame, 7)),
    );
    await engine.apply([
      pcapPort('in', file('in'), '', mtu),
      untagged('in', 'x'),
      mirror('in', { case: 'port', value: 'in' }, Direction.INGRESS, 'm-in'),
      mirror('both', { case: 'port', value: 'in' }, Direction.BOTH, 'm-both'),
    ]);
    const first = hex(frames.map((frame) => tagged(frame, 10)));
    assert.deepEqual(hex(await framesIn(file('out'), 3)), first);
    assert.deepEqual(hex(await framesIn(file('m-in'), 3)), hex(frames));
    assert.deepEqual(hex(await framesIn(file('m-both'), 3)), hex(frames));
    assert.deepEqual(hex(await framesIn(file('m-out'), 3)), first);
    assert.equal(readFrames(file('m-vlan')).length, 0);
    await engine.apply([
      pcapPort('in20', file('in20'), '', mtu),
      { case: 'setLogicalPort', value: { name: 'in20.7', port: 'in20', bridgeDomain: 'y', enabled: true, ...vlan(7) } },
      mirror('in20', { case: 'logicalPort', value: 'in20.7' }, Direction.INGRESS, 'm-in'),
    ]);
    const second = hex(frames.map((frame) => tagged(frame, 20)));
    assert.deepEqual(hex(await framesIn(file('m-vlan'), 3)), second);
    assert.deepEqual(hex(await framesIn(file('m-out'), 6)), [...first, ...second]);
    // With its tag, as it came.
    assert.deepEqual(hex((await framesIn(file('m-in'), 6)).slice(3)), hex(frames.map((frame) => tagged(frame, 7))));
    assert.equal((await engine.ports()).get('m-out')?.counters?.outUnicast, 6n);
    await assert.rejects(
      engine.apply([mirror('loop', { case: 'port', value: 'm-out' }, Direction.BOTH, 'm-in')]),
      /is a destination: it cannot be mirrored/,
    );
    await assert.rejects(
      engine.apply([mirror('loop', { case: 'port', value: 'out' }, Direction.BOTH, 'in')]),
      /is mirrored: it cannot be a destination/,
    );
    // A destination that goes before its mirror is refused; with it, it is not.
    const gone = (kind: number, name: string): EngineOperation => ({ case: 'delete', value: { kind, name } });
    await assert.rejects(engine.apply([gone(1, 'm-out')]), /refer/);
    await engine.apply([gone(9, 'out'), gone(1, 'm-out')]);
  } finally {
    assert.equal(await engine.stop(), 0);
    rmSync(folder, { recursive: true });
  }
});
