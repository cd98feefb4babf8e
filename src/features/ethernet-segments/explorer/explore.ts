/** One random schedule: runs it, says what is wrong with it, and makes it as short as it stays wrong. */

import type { DfElectionMethod } from '../decision/election/candidate.ts';
import type { SplitBrainPolicy } from '../decision/segment.ts';
import { vlanRange, vlansOf } from '../decision/vlan-set.ts';
import { END_MS, type Fault, HEALED_AT_MS, type Kind, scheduleOf } from './schedule.ts';
import { World, type WorldOptions } from './world.ts';

export interface Result {
  readonly problem: string | undefined;
  /** The longest time with two forwarders, ms. */
  readonly worstOverlapMs: number;
  readonly steps: number;
}

const VLANS = vlanRange(0, 3);
/** Kinds of schedules in turn, so that a seed alone says everything. */
const KINDS = ['single', 'single', 'tracked', 'any'] as const satisfies readonly Kind[];
const METHODS = ['default-7432', 'highest-random-weight', 'preference'] as const satisfies readonly DfElectionMethod[];

/** The bound on two forwarders where core tracking sees the partition, ms: ../README.md. */
export const TRACKED_BOUND_MS = 50;

/** Until two forwarders whose CE path is back hear each other (no loss), ms: a probe interval, a frame and the engine. */
export const HEARD_BOUND_MS = 150;

/** Far above what any schedule needs. */
const MOST_STEPS = 10_000;

export function kindOf(seed: number): Kind {
  return KINDS[seed % KINDS.length] as Kind;
}

export function pesOf(seed: number): number {
  return 2 + (Math.floor(seed / KINDS.length) % 2);
}

function isLossy(seed: number): boolean {
  return kindOf(seed) === 'any' && Math.floor(seed / 8) % 3 === 0;
}

export interface Variation {
  /** In place of those of the seed. */
  readonly faults?: readonly Fault[];
  /** In place of the usual ones: for showing that the explorer finds what a rule prevents. */
  readonly timers?: WorldOptions['timers'];
  readonly log?: (line: string) => void;
}

export function explore(seed: number, { faults, timers, log }: Variation = {}): Result {
  const kind = kindOf(seed);
  const mixed = Math.floor(seed / 8);
  const splitBrain: SplitBrainPolicy = mixed % 2 === 0 ? 'block' : 'lowest-address-keeps';
  const world = new World({
    seed,
    pes: pesOf(seed),
    vlans: VLANS,
    mostSteps: MOST_STEPS,
    segment: {
      method: METHODS[mixed % METHODS.length] as DfElectionMethod,
      revertive: mixed % 4 < 3,
      splitBrain,
    },
    loss: isLossy(seed) ? 0.2 : 0,
    ...(timers === undefined ? {} : { timers }),
    ...(log === undefined ? {} : { log }),
  });
  for (const fault of faults ?? scheduleOf(seed, kind, pesOf(seed))) world.at(fault.atMs, () => fault.run(world));
  world.at(HEALED_AT_MS, () => world.heal());
  world.run(END_MS);
  world.watch.close(world.now);
  const worst = world.watch.overlaps.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  return { problem: problemOf(world, seed, worst), worstOverlapMs: worst, steps: world.steps };
}

function problemOf(world: World, seed: number, worstOverlapMs: number): string | undefined {
  const kind = kindOf(seed);
  if (world.steps > MOST_STEPS) return `${world.steps} steps, and no rest`;
  const [overlap] = world.watch.overlaps;
  if (kind === 'single' && overlap !== undefined) {
    return `two forwarders of VLAN ${overlap.vlan} from ${overlap.from.toFixed(1)} to ${overlap.to.toFixed(1)} ms`;
  }
  if (kind === 'tracked' && worstOverlapMs > TRACKED_BOUND_MS) {
    return `two forwarders for ${worstOverlapMs.toFixed(1)} ms, the bound is ${TRACKED_BOUND_MS}`;
  }
  if (!isLossy(seed) && world.watch.worstHeardMs > HEARD_BOUND_MS) {
    return `two forwarders for ${world.watch.worstHeardMs.toFixed(1)} ms that could hear each other`;
  }
  for (const vlan of vlansOf(VLANS)) {
    const count = world.watch.forwarders(vlan).length;
    const expected = world.isReachable(vlan) ? 1 : 0;
    if (count !== expected) return `in the end ${count} forwarders of VLAN ${vlan} in place of ${expected}`;
  }
  return undefined;
}

/** Leaves out faults one by one as long as the schedule stays wrong; its faults and what happened, as text. */
export function explain(seed: number): string {
  let faults: readonly Fault[] = scheduleOf(seed, kindOf(seed), pesOf(seed));
  for (let isShorter = true; isShorter; ) {
    isShorter = false;
    // Without a boot it would be another story.
    for (const fault of faults.filter(({ text }) => !text.startsWith('boot'))) {
      const without = faults.filter((one) => one !== fault);
      if (explore(seed, { faults: without }).problem === undefined) continue;
      faults = without;
      isShorter = true;
    }
  }
  const lines: string[] = [];
  const { problem } = explore(seed, { faults, log: (line) => lines.push(line) });
  return [
    `seed ${seed} (${kindOf(seed)}, ${pesOf(seed)} PEs): ${problem}`,
    ...faults.map(({ atMs, text }) => `  ${atMs.toFixed(1).padStart(8)} ${text}`),
    ...lines,
  ].join('\n');
}
