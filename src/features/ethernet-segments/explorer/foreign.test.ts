/**
 * One or two of our PEs and a foreign one that follows RFC 8584 or RFC 7432, with random faults. SLUICE_EXPLORE and
 * SLUICE_EXPLORE_SEED as for explorer.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomOf } from '../../testing/random.ts';
import { hasVlan, NO_VLANS, vlanRange, vlanSet, vlansOf } from '../decision/vlan-set.ts';
import { ForeignPe } from './foreign-pe.ts';
import { World } from './world.ts';

const schedules = Math.ceil(Number(process.env['SLUICE_EXPLORE'] ?? 2000) / 4);
const firstSeed = Number(process.env['SLUICE_EXPLORE_SEED'] ?? 0);

/**
 * ms. One of ours: none, but where a circuit of the foreign PE comes back, a route's way and our engine (8 + 5). Two: also
 * what they learn at different times: where one dies as it announces, the other never, and the foreign PE by its detection (40).
 */
const BOUND_MS = { 1: 13, 2: 53 } as const;
/** What a foreign PE still forwards after it has our routes: its own timer, a route's way, its engine. */
const AFTER_MS = { 'rfc-8584': 15, 'rfc-7432': 320 } as const;
const VLANS = vlanRange(0, 3);
const SETTLE_MS = 350;

interface Result {
  readonly problem: string | undefined;
  readonly worstMs: number;
}

/** `isWhole`: the core holds, and no control plane restarts beside an engine that goes on. */
function explore(seed: number, isWhole: boolean, settleMs = SETTLE_MS, log?: (line: string) => void): Result {
  const random = randomOf(seed ^ 0xf0e1);
  const pick = (count: number): number => Math.floor(random() * count);
  const count = seed % 2 === 0 ? 1 : 2;
  const kind = Math.floor(seed / 2) % 2 === 0 ? 'rfc-8584' : 'rfc-7432';
  const world = new World({
    seed,
    pes: count,
    vlans: VLANS,
    mostSteps: 20_000,
    segment: { foreign: [], revertive: seed % 8 < 6 },
    timers: { foreignSettleMs: settleMs },
    ...(log === undefined ? {} : { log }),
  });
  const hasCircuits = Math.floor(seed / 4) % 2 === 0;
  const foreign = new ForeignPe(world, kind, VLANS);
  for (const pe of world.pes) world.at(random() * 500, () => world.boot(pe));
  world.at(random() * 500, () => foreign.boot());
  for (let at = 1500; at < 6000; at += 500 + random() * 900) {
    const [pe, vlan, until] = [pick(count), vlanSet([pick(4)]), at + random() * 700];
    const both = (run: () => void, undo: () => void): void => {
      world.at(at, run);
      world.at(until, undo);
    };
    const what = pick(isWhole ? 8 : 10);
    if (what === 2 && !hasCircuits) continue;
    switch (what) {
      case 0:
        both(
          () => foreign.kill(),
          () => foreign.boot(),
        );
        break;
      case 1:
        both(
          () => foreign.setPort(false),
          () => foreign.setPort(true),
        );
        break;
      case 2:
        both(
          () => foreign.setCircuits(vlan),
          () => foreign.setCircuits(NO_VLANS),
        );
        break;
      case 3:
        both(
          () => world.kill(world.pe(pe)),
          () => world.boot(world.pe(pe)),
        );
        break;
      case 4:
        both(
          () => world.setPort(world.pe(pe), false),
          () => world.setPort(world.pe(pe), true),
        );
        break;
      case 5:
        both(
          () => world.setCircuits(world.pe(pe), vlan),
          () => world.setCircuits(world.pe(pe), NO_VLANS),
        );
        break;
      case 6:
        both(
          () => world.setDrain(world.pe(pe), true),
          () => world.setDrain(world.pe(pe), false),
        );
        break;
      case 7:
        both(
          () => world.setCommand(world.pe(pe), vlan),
          () => world.setCommand(world.pe(pe), NO_VLANS),
        );
        break;
      case 8:
        both(
          () => foreign.setPath(pe, false),
          () => foreign.setPath(pe, true),
        );
        break;
      default:
        world.at(at, () => world.restart(world.pe(pe)));
    }
  }
  world.at(7000, () => foreign.heal());
  world.run(10_000);
  world.watch.close(world.now);
  const worstMs = world.watch.overlaps.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  const promised = count === 1 && !hasCircuits ? 0 : BOUND_MS[count];
  if (isWhole && worstMs > promised) return { problem: `two forwarders for ${worstMs.toFixed(1)} ms`, worstMs };
  for (const { from, to } of isWhole ? [] : world.watch.overlaps) {
    // From when all sessions stand again: the detection of ours among each other too.
    const standing = world.pes.map(({ address }) =>
      foreign.stood.findLast((one) => one.address === address && one.from <= to),
    );
    const since = Math.max(from, ...standing.map((one) => (one === undefined || one.to < to ? to : one.from)));
    if (to - since > AFTER_MS[kind] + BOUND_MS[count]) {
      return { problem: `two forwarders ${(to - since).toFixed(1)} ms after all sessions stood (${kind})`, worstMs };
    }
  }
  for (const vlan of vlansOf(VLANS)) {
    const forwarders = world.watch.forwarders(vlan).length;
    const expected = world.isReachable(vlan) || hasVlan(foreign.isServing, vlan) ? 1 : 0;
    if (forwarders !== expected) return { problem: `in the end ${forwarders} forwarders of VLAN ${vlan}`, worstMs };
  }
  return { problem: undefined, worstMs };
}

for (const isWhole of [true, false]) {
  const what = isWhole ? 'the core holds' : 'the core is cut, control planes restart';
  test(`a foreign PE, ${what}: ${schedules} schedules from seed ${firstSeed}`, () => {
    const worst = [0, 0];
    for (let seed = firstSeed; seed < firstSeed + schedules; seed += 1) {
      const { problem, worstMs } = explore(seed, isWhole);
      if (problem !== undefined) {
        const lines: string[] = [];
        explore(seed, isWhole, SETTLE_MS, (line) => lines.push(line));
        assert.fail(`seed ${seed}: ${problem}\n${lines.join('\n')}`);
      }
      worst[seed % 2] = Math.max(worst[seed % 2] as number, worstMs);
    }
    const [one, two] = worst.map((ms) => ms.toFixed(1));
    console.log(`a foreign PE, ${what}: two forwarders for at most ${one} ms with one of ours, ${two} ms with two`);
  });
}

test('the explorer finds two forwarders where a foreign PE gets no time to settle', () => {
  const found = Array.from({ length: 100 }, (_, seed) => seed * 4 + 2).filter(
    (seed) => explore(seed, true, 1).problem?.startsWith('two forwarders') === true,
  );
  assert.ok(found.length > 10, `${found.length} of 100`);
});
