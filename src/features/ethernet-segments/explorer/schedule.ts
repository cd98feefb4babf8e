/**
 * Random faults. Three kinds of schedules, by what the failure model (../README.md) promises of them:
 * - single: between two PEs the core path and the CE path are never both cut. Never two forwarders.
 * - tracked: both may be cut, and core tracking sees it: one PE isolated, or both degraded. Overlap is bounded.
 * - any: also partitions that core tracking does not see, and a CE that loses probes. Two forwarders find out when a path is back.
 */
import { randomOf } from '../../testing/random.ts';
import { vlanSet } from '../decision/vlan-set.ts';
import { ADDRESSES, type World } from './world.ts';

export type Kind = 'single' | 'tracked' | 'any';

export interface Fault {
  readonly atMs: number;
  readonly text: string;
  readonly run: (world: World) => void;
}

export const FAULTS_UNTIL_MS = 4_000;
/** From here on the network is whole; PEs that are dead stay so. */
export const HEALED_AT_MS = 5_000;
export const END_MS = 9_000;

/** The faults of a seed, by time. */
export function scheduleOf(seed: number, kind: Kind, pes: number): readonly Fault[] {
  const random = randomOf(seed ^ 0x5eed);
  const faults: Fault[] = [];
  const pick = (count: number): number => Math.floor(random() * count);
  const add = (atMs: number, text: string, run: Fault['run']): void => {
    faults.push({ atMs, text, run });
  };
  for (let at = 0; at < pes; at += 1) {
    const when = random() < 0.7 ? random() * 50 : random() * 1500;
    add(when, `boot ${at}`, (world) => world.boot(world.pe(at)));
  }
  const pairs = pes === 2 ? 1 : 3;
  // Nobody has a session at first: all of them listen, at about the same time.
  if (random() < 0.1) {
    for (let pair = 0; pair < pairs; pair += 1) {
      add(0, `part pair ${pair}`, (world) => world.setCorePath(pair, false, false));
      add(700 + random() * 800, `join pair ${pair}`, (world) => world.setCorePath(pair, true, false));
    }
  }
  // Core faults in some episodes and CE faults in the others: never both where one forwarder is promised.
  let atMs = (faults.some(({ atMs: at }) => at === 0) ? 1900 : 300) + random() * 900;
  let hasDied = false;
  while (atMs < FAULTS_UNTIL_MS) {
    const lengthMs = 100 + random() * 900;
    if (pes === 3 && atMs > 2600 && !hasDied && random() < 0.4) {
      witnessed(atMs, atMs + lengthMs);
      atMs += lengthMs + 400;
      continue;
    }
    const isCore = random() < 0.6;
    const count = 1 + pick(3);
    for (let n = 0; n < count; n += 1) {
      const from = atMs + random() * lengthMs * 0.8;
      // Core tracking sees no cut that is shorter than its detection: nothing is promised of those.
      const to = from + (kind === 'tracked' ? 60 : 0) + random() * (atMs + lengthMs - from);
      const [pe, pair] = [pick(pes), pick(pairs)];
      const isBoth = kind !== 'single' && random() < 0.5;
      if (isBoth) {
        const ceFrom = from + (random() - 0.5) * 200;
        add(ceFrom, `CE path ${pair} down`, (world) => world.setCePath(pair, false));
        add(ceFrom + random() * 1500, `CE path ${pair} up`, (world) => world.setCePath(pair, true));
      }
      if (isCore) coreFault(from, to, pe, pair);
      else {
        add(from, `CE path ${pair} down`, (world) => world.setCePath(pair, false));
        add(to, `CE path ${pair} up`, (world) => world.setCePath(pair, true));
      }
    }
    if (random() < 0.7) otherFault(atMs + random() * lengthMs);
    atMs += lengthMs + 400;
  }
  return faults.sort((a, b) => a.atMs - b.atMs);

  function coreFault(from: number, to: number, pe: number, pair: number): void {
    const what = random();
    if (what < 0.35) {
      add(from, `isolate ${pe}`, (world) => world.setIsolated(world.pe(pe), true));
      add(to, `join ${pe}`, (world) => world.setIsolated(world.pe(pe), false));
    } else {
      const isSeen = kind === 'tracked' || random() < 0.5;
      add(from, `part pair ${pair}${isSeen ? ', seen' : ''}`, (world) => world.setCorePath(pair, false, isSeen));
      add(to, `join pair ${pair}`, (world) => world.setCorePath(pair, true, false));
    }
  }

  /** Two that are cut off from each other on both paths; the third reaches both, and nothing else happens. */
  function witnessed(from: number, to: number): void {
    const pair = pick(pairs);
    const isSeen = kind === 'tracked';
    add(from, `part pair ${pair}`, (world) => world.setCorePath(pair, false, isSeen));
    add(from, `CE path ${pair} down`, (world) => world.setCePath(pair, false));
    add(to, `join pair ${pair}`, (world) => world.setCorePath(pair, true, false));
    add(to + 300, `CE path ${pair} up`, (world) => world.setCePath(pair, true));
  }

  function otherFault(at: number): void {
    const pe = pick(pes);
    const [vlan, other] = [pick(4), pick(pes)];
    const until = at + random() * 800;
    switch (pick(9)) {
      case 0:
        hasDied = true;
        add(at, `kill ${pe}`, (world) => world.kill(world.pe(pe)));
        if (random() < 0.8) add(until, `boot ${pe}`, (world) => world.boot(world.pe(pe)));
        return;
      case 1:
        hasDied = true;
        add(at, `leave ${pe}`, (world) => world.leave(world.pe(pe)));
        if (random() < 0.8) add(at + 150 + random() * 800, `boot ${pe}`, (world) => world.boot(world.pe(pe)));
        return;
      case 2:
        add(at, `port ${pe} down`, (world) => world.setPort(world.pe(pe), false));
        add(until, `port ${pe} up`, (world) => world.setPort(world.pe(pe), true));
        return;
      case 3:
        add(at, `break session ${pe}`, (world) => world.cutSession(pe));
        return;
      case 4:
        add(at, `restart ${pe}`, (world) => world.restart(world.pe(pe)));
        return;
      case 5:
        add(at, `drain ${pe}`, (world) => world.setDrain(world.pe(pe), true));
        if (random() < 0.7) add(until, `undrain ${pe}`, (world) => world.setDrain(world.pe(pe), false));
        return;
      case 6: {
        const address = ADDRESSES[other] as string;
        add(at, `pin ${vlan} to ${other} at ${pe}`, (world) =>
          world.setPins(world.pe(pe), [{ address, vlans: vlanSet([vlan]) }]),
        );
        if (random() < 0.5) add(until, `unpin at ${pe}`, (world) => world.setPins(world.pe(pe), []));
        return;
      }
      case 7:
        add(at, `circuit ${vlan} down at ${pe}`, (world) => world.setCircuits(world.pe(pe), vlanSet([vlan])));
        if (random() < 0.7) add(until, `circuits up at ${pe}`, (world) => world.setCircuits(world.pe(pe), vlanSet([])));
        return;
      default:
        add(at, `block ${vlan} at ${pe}`, (world) => world.setCommand(world.pe(pe), vlanSet([vlan])));
        if (random() < 0.7) add(until, `unblock at ${pe}`, (world) => world.setCommand(world.pe(pe), vlanSet([])));
    }
  }
}
