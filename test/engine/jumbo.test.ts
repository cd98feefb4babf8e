/** Frames of 9,000 bytes, which lie in chains of buffers, through every rewrite and as copies. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { TagRewrite } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { domain, Engine, framesIn, pcapPort, udpFrame, untagged, writeFrames } from '../engine.ts';

const tag = (type: number, vid: number): string =>
  `${type === 1 ? '88a8' : '8100'}${vid.toString(16).padStart(4, '0')}`;
const tagged = (frame: Buffer, tags: string): Buffer =>
  Buffer.concat([frame.subarray(0, 12), Buffer.from(tags, 'hex'), frame.subarray(12)]);

interface Out {
  readonly name: string;
  readonly logicalPort: object;
  /** Tags that a frame leaves with that came in untagged. */
  readonly tags: string;
}

const outs: readonly Out[] = [
  { name: 'plain', logicalPort: {}, tags: '' },
  { name: 'one', logicalPort: { match: [{ type: 0, vid: 10 }], rewrite: TagRewrite.REWRITE_POP }, tags: tag(0, 10) },
  {
    name: 'two',
    logicalPort: {
      match: [
        { type: 1, vid: 7 },
        { type: 0, vid: 8 },
      ],
      rewrite: TagRewrite.REWRITE_POP,
    },
    tags: tag(1, 7) + tag(0, 8),
  },
];

for (const [what, to] of [
  ['known', 2],
  ['flooded', 0x5e],
] as const) {
  test(`frames of 9,000 bytes are ${what}, pushed, popped and blocked whole`, { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-jumbo-'));
    const engine = await Engine.start(join(folder, 'socket'), ['--memory', '128']);
    const file = (name: string): string => join(folder, name);
    const mtu = { mtu: 9216 };
    try {
      const frames = [60, 1500, 2500, 9000 - 42].map((payload, sequence) =>
        udpFrame({ from: 1, to: to === 2 ? 2 : 0x5e, flow: 1, sequence, payload }),
      );
      await engine.apply([
        domain('x'),
        ...outs.flatMap(({ name, logicalPort }): EngineOperation[] => [
          pcapPort(name, '', file(name), mtu),
          untagged(name, 'x', logicalPort),
        ]),
      ]);
      if (what === 'known') {
        // Where the destination is, it says itself, by each way in turn.
        for (const { name, tags } of outs) {
          writeFrames(file(`hello-${name}`), [tagged(udpFrame({ from: 2, to: 1, flow: 2, sequence: 0 }), tags)]);
          await engine.apply([pcapPort(name, file(`hello-${name}`), file(name), mtu)]);
          await receives(name, 1n);
          const input = `in-${name}`;
          writeFrames(file(input), frames);
          await engine.apply([pcapPort(input, file(input), '', mtu), untagged(input, 'x')]);
          assert.deepEqual(hex(await framesIn(file(name), frames.length)), hex(frames.map((one) => tagged(one, tags))));
          await engine.apply([remove(2, input), remove(1, input)]);
        }
      } else {
        // A member that is blocked gets none; nor does one with a smaller MTU.
        await engine.apply([
          pcapPort('blocked', '', file('blocked'), mtu),
          untagged('blocked', 'x'),
          { case: 'setBlockPoint', value: { name: 'blocked/0', port: 'blocked', vid: 0, cause: 1 } },
          pcapPort('short', '', file('short')),
          untagged('short', 'x'),
        ]);
        writeFrames(file('in'), frames);
        await engine.apply([pcapPort('in', file('in'), '', mtu), untagged('in', 'x')]);
        for (const { name, tags } of outs) {
          assert.deepEqual(hex(await framesIn(file(name), frames.length)), hex(frames.map((one) => tagged(one, tags))));
        }
        assert.deepEqual(hex(await framesIn(file('short'), 1)), hex(frames.slice(0, 1)));
        const state = await engine.logicalPorts();
        const dropped = (name: string, reason: string): bigint | undefined =>
          state.get(name)?.drops.find((drop) => drop.reason === reason)?.packets;
        assert.equal(dropped('blocked', 'block-point'), 4n);
        assert.equal(dropped('short', 'mtu-exceeded'), 3n);
      }
      // And in: tags off, the frame as it was.
      const [, one] = outs;
      writeFrames(
        file('back'),
        frames.map((frame) => tagged(frame, one?.tags ?? '')),
      );
      await engine.apply([
        pcapPort('sink', '', file('sink'), mtu),
        untagged('sink', 'x'),
        pcapPort('one', file('back'), file('one-again'), mtu),
        { case: 'setStaticMac', value: macAtSink(to) },
      ]);
      assert.deepEqual(hex(await framesIn(file('sink'), frames.length)), hex(frames));
    } finally {
      assert.equal(await engine.stop(), 0);
      rmSync(folder, { recursive: true });
    }

    async function receives(name: string, packets: bigint): Promise<void> {
      for (;;) {
        const counters = (await engine.logicalPorts()).get(name)?.counters;
        if (counters !== undefined && counters.inUnicast >= packets) return;
      }
    }
  });
}

const macAtSink = (to: number) => ({
  name: 'sink',
  bridgeDomain: 'x',
  logicalPort: 'sink',
  mac: Uint8Array.of(2, 0, 0, 0, 0, to),
});

const remove = (kind: number, name: string): EngineOperation => ({ case: 'delete', value: { kind, name } });

const hex = (frames: readonly Buffer[]): string[] => frames.map((frame) => frame.toString('hex'));
