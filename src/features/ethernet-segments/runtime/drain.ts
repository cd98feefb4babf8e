/** A drain of all segments at once, before the machine restarts: other PEs forward before this one is gone. */
import { orLate } from '../../or-late.ts';
import type { State } from '../decision/state.ts';
import { mayForward } from '../decision/state.ts';
import { intersection, union, type VlanSet } from '../decision/vlan-set.ts';
import { rangesOf } from '../vlan-ranges.ts';
import type { SegmentRun } from './segment-run.ts';

/** What no other PE took over. */
export interface Remaining {
  readonly segment: string;
  /** As few ranges as there can be. */
  readonly vlans: readonly string[];
  /**
   * engine-away: what is forwarded is not known; no-peer: the segment has no other PE; not-taken: none can forward them, or
   * none has said yet that it does.
   */
  readonly reason: 'engine-away' | 'no-peer' | 'not-taken';
}

export interface Drain {
  /** Nothing: every VLAN is elsewhere, as the PEs that forward them said. */
  readonly remaining: readonly Remaining[];
  /** The machine stays after all: segments that are not drained by command take part again. */
  readonly takeBack: () => void;
}

/** VLANs that this PE may forward, or gave to a PE that has not said that it forwards them. */
export function notElsewhere(state: State): VlanSet {
  return union(mayForward(state), intersection(state.handedOver, state.vlans));
}

/** Resolves when all is elsewhere, after `limitMs` at the latest. Segments without another PE are not waited for. */
export async function drainAll(runs: readonly SegmentRun[], limitMs: number): Promise<Drain> {
  const drained = new Set<SegmentRun>();
  const ends = runs.map((run) => run.depart().then(() => drained.add(run)));
  await orLate(limitMs, Promise.all(ends.filter((_end, at) => hasPeers(runs[at]))));
  return {
    remaining: runs.flatMap((run) => (drained.has(run) ? [] : remainingOf(run))),
    takeBack: () => {
      for (const run of runs) run.stay();
    },
  };
}

function hasPeers(run: SegmentRun | undefined): boolean {
  const { peers = [], foreign } = run?.configured.segment ?? {};
  return peers.length > 0 || foreign !== undefined;
}

function remainingOf(run: SegmentRun): readonly Remaining[] {
  const { state, configured } = run;
  const vlans = rangesOf(state === undefined ? configured.vlans : notElsewhere(state));
  if (vlans.length === 0) return [];
  const reason = state === undefined ? 'engine-away' : hasPeers(run) ? 'not-taken' : 'no-peer';
  return [{ segment: configured.name, vlans, reason }];
}
