/** Addresses that move to and fro: reported, counted, and held where they were. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../lab/run.ts';
import type { MacMoveEvent } from '../../src/engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../src/engine/operation.ts';
import { Engine, framesIn, pcapPort, udpFrame, untagged, writeFrames } from '../engine.ts';

const domain = (more: object): EngineOperation => ({
  case: 'setBridgeDomain',
  value: { name: 'x', learning: true, floodUnknownUnicast: true, ageingSeconds: 300, ...more },
});

test('an address that moves to and fro is reported once, and held where it was', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-move-'));
  const engine = await Engine.start(join(folder, 'socket'));
  const file = (name: string): string => join(folder, name);
  let round = 0;
  /** The station says a word at a port, which is opened anew for that. */
  const speak = async (port: string): Promise<void> => {
    round += 1;
    const before = (await engine.logicalPorts()).get(port)?.counters?.inUnicast ?? 0n;
    writeFrames(file(`w${round}`), [udpFrame({ from: 7, to: 9, flow: 1, sequence: round })]);
    await engine.apply([pcapPort(port, file(`w${round}`), file(`${port}-${round}`))]);
    await until(`the word at ${port}`, 5000, async () =>
      ((await engine.logicalPorts()).get(port)?.counters?.inUnicast ?? 0n) > before ? true : undefined,
    );
  };
  const events = (): MacMoveEvent[] =>
    engine.events.flatMap(({ what }) => (what.case === 'macMove' ? [what.value] : []));
  try {
    await engine.apply([
      domain({ macMoveLimit: 3, macMoveSeconds: 60, macMoveHoldSeconds: 2 }),
      ...['a', 'b', 'c'].flatMap((name) => [pcapPort(name, '', file(name)), untagged(name, 'x')]),
    ]);
    for (const port of ['a', 'b', 'a', 'b']) await speak(port);
    assert.deepEqual(events(), []);
    await speak('a');
    const [event] = await until('the event', 5000, () => (events().length > 0 ? events() : undefined));
    assert.equal(event?.bridgeDomain, 'x');
    assert.equal(Buffer.from(event?.mac ?? []).toString('hex'), '020000000007');
    assert.deepEqual([event?.fromLogicalPort, event?.toLogicalPort, event?.moves], ['b', 'a', 4]);
    const state = (await engine.bridgeDomains()).get('x');
    assert.deepEqual([state?.moveDetections, state?.heldMacs, state?.staticMacs], [1n, 1, 0]);
    // It is held at b: words at a do not bring it there.
    await speak('a');
    writeFrames(file('to'), [udpFrame({ from: 1, to: 7, flow: 2, sequence: 0 })]);
    await engine.apply([pcapPort('b', '', file('b-held')), pcapPort('c', file('to'), file('c'))]);
    assert.equal((await framesIn(file('b-held'), 1)).length, 1);
    assert.equal(events().length, 1);
    // And then no longer.
    await until('the end of the hold', 10_000, async () =>
      (await engine.bridgeDomains()).get('x')?.heldMacs === 0 ? true : undefined,
    );
    await speak('a');
    writeFrames(file('again'), [udpFrame({ from: 1, to: 7, flow: 2, sequence: 1 })]);
    await engine.apply([pcapPort('a', '', file('a-after')), pcapPort('c', file('again'), file('c'))]);
    assert.equal((await framesIn(file('a-after'), 1)).length, 1);
  } finally {
    assert.equal(await engine.stop(), 0);
    rmSync(folder, { recursive: true });
  }
});
