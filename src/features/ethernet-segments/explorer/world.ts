/**
 * Two or three PEs on one segment, in simulated time: engines that take their time, a core that delays, cuts and gives up
 * connections, a CE that delays, reorders and loses probes, PEs that die and return. Everything follows from a seed.
 * Watches the VLANs: how many PEs forward each one.
 */
import { randomOf } from '../../testing/random.ts';
import type { CoreTracking, Event } from '../decision/event.ts';
import type { Pin, Probe } from '../decision/message.ts';
import type { Output } from '../decision/output.ts';
import { initialState, step } from '../decision/step.ts';
import { eventText, outputText } from '../decision/text.ts';
import { difference, hasVlan, isEmpty, NO_VLANS, union, type VlanSet } from '../decision/vlan-set.ts';
import { Core } from './core.ts';
import { Queue } from './queue.ts';
import { type ForeignEnd, type Forwarder, type Pe, type SiteOptions, segmentOf } from './site.ts';
import { Watch } from './watch.ts';

export const ADDRESSES = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;

export interface WorldOptions extends SiteOptions {
  readonly seed: number;
  readonly pes: number;
  readonly vlans: VlanSet;
  /** Probability that a probe is lost on its way to a PE. */
  readonly loss?: number;
  /** ms from a change of the core to what core tracking says of it: at least, at most. 20 to 40. */
  readonly trackingMs?: readonly [number, number];
  /** Whoever asks the core is told that it answers: for showing what the question prevents. */
  readonly coreAnswers?: true;
  /** After so many time stands still: PEs that answer each other for ever. */
  readonly mostSteps?: number;
  /** Takes what happens, for people. */
  readonly log?: (line: string) => void;
}

export class World {
  readonly pes: readonly Pe[];
  now = 0;
  readonly watch: Watch;
  readonly #options: WorldOptions;
  readonly #addresses: readonly string[];
  readonly #random: () => number;
  readonly #queue = new Queue();
  readonly #core: Core;
  readonly #forwarders: Forwarder[];
  /** A PE that speaks EVPN alone (foreign-pe.ts). */
  foreign: ForeignEnd | undefined;
  readonly #log: ((line: string) => void) | undefined;
  steps = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#random = randomOf(options.seed);
    this.#log = options.log;
    this.#addresses = ADDRESSES.slice(0, options.pes);
    this.pes = this.#addresses.map((address) => ({
      address,
      isAlive: false,
      life: 0,
      control: 0,
      state: initialState(segmentOf(address, this.#addresses, options), { vlans: options.vlans }),
      forwarding: NO_VLANS,
      engineFreeAt: 0,
      isPortUp: true,
      isIsolated: false,
      tracking: 'full',
      timers: new Map(),
      circuitsDown: NO_VLANS,
      commandBlocked: NO_VLANS,
      isDraining: false,
      pins: [],
    }));
    this.#forwarders = [...this.pes];
    this.#core = new Core(this.pes, this);
    this.watch = new Watch(options.vlans, this.#forwarders, this.#core.pairs);
  }

  /** Lets time pass. */
  run(untilMs: number): void {
    for (let at = this.#queue.nextAt; at !== undefined && at <= untilMs; at = this.#queue.nextAt) {
      if (this.steps > (this.#options.mostSteps ?? Number.POSITIVE_INFINITY)) return;
      this.now = at;
      this.#queue.pop()?.run();
    }
    this.now = untilMs;
  }

  attach(foreign: ForeignEnd, forwarder: Forwarder): void {
    this.foreign = foreign;
    this.#forwarders.push(forwarder);
  }

  /** An event from outside of the pairs; lost where the PE's control plane is another one by then. */
  give(pe: Pe, afterMs: number, event: Event): void {
    this.#tell(pe, afterMs, event);
  }

  /** Something that forwards has changed. */
  look(): void {
    this.#watch();
  }

  between(from: number, to: number): number {
    return from + (to - from) * this.#random();
  }

  say(line: string): void {
    this.#say(line);
  }

  at(ms: number, run: () => void): void {
    this.#queue.push(ms, run);
  }

  pe(at: number): Pe {
    return this.pes[at % this.pes.length] as Pe;
  }

  /** Powers a PE on. */
  boot(pe: Pe): void {
    if (pe.isAlive) return;
    this.#say(`${pe.address} boots`);
    pe.isAlive = true;
    pe.tracking = this.#trackingOf(pe);
    pe.forwarding = NO_VLANS;
    // Its peers may not have noticed that it was away: their connections end at the first segment that it answers.
    for (const pair of this.#core.pairs) {
      const end = pair.ends.indexOf(pe);
      if (end >= 0) this.#core.drop(pair, end);
    }
    this.#startControl(pe);
    this.#core.changed();
  }

  kill(pe: Pe): void {
    if (!pe.isAlive) return;
    this.#say(`${pe.address} dies`);
    pe.isAlive = false;
    pe.life += 1;
    pe.control += 1;
    pe.forwarding = NO_VLANS;
    this.foreign?.died(pe);
    this.#watch();
    for (const pair of this.#core.pairs) {
      const end = pair.ends.indexOf(pe);
      if (end < 0) continue;
      pair.alive[end] = false;
      pair.session[end] = false;
    }
    this.#core.changed();
  }

  /** Ends on purpose, and takes its time for it. */
  leave(pe: Pe): void {
    if (!pe.isAlive) return;
    const { life } = pe;
    this.step(pe, { type: 'leave' });
    this.at(this.now + 100, () => {
      if (pe.life === life) this.kill(pe);
    });
  }

  /** The control plane restarts; its engine goes on. */
  restart(pe: Pe): void {
    if (!pe.isAlive) return;
    this.#say(`${pe.address} restarts its control plane`);
    pe.control += 1;
    pe.engineFreeAt = this.now;
    for (const pair of this.#core.pairs) {
      const end = pair.ends.indexOf(pe);
      if (end >= 0) this.#core.drop(pair, end);
    }
    this.#startControl(pe);
    this.#core.changed();
  }

  setPort(pe: Pe, isUp: boolean): void {
    if (pe.isPortUp === isUp) return;
    this.#say(`${pe.address} port ${isUp ? 'up' : 'down'}`);
    pe.isPortUp = isUp;
    this.#watch();
    const { control } = pe;
    // What the port is by then: a flap may not be seen.
    this.at(this.now + this.between(0.5, 3), () => {
      if (pe.isAlive && pe.control === control) this.step(pe, { type: 'segment', up: pe.isPortUp });
    });
  }

  setIsolated(pe: Pe, isIsolated: boolean): void {
    if (pe.isIsolated === isIsolated) return;
    this.#say(`${pe.address} ${isIsolated ? 'is cut off the core' : 'reaches the core'}`);
    pe.isIsolated = isIsolated;
    this.#track(pe);
    this.#core.changed();
  }

  /** Cuts or heals the path of a pair; `isSeen`: core tracking of both notices. */
  setCorePath(at: number, isUp: boolean, isSeen: boolean): void {
    const pair = this.#core.pair(at);
    if (pair.isCorePath === isUp) return;
    this.#say(`core ${isUp ? 'joins' : 'parts'} ${pair.ends.map(({ address }) => address).join(' ')}`);
    pair.isCorePath = isUp;
    pair.isSeen = !isUp && isSeen;
    for (const pe of pair.ends) this.#track(pe);
    this.#core.changed();
  }

  /** All paths work, and all living PEs reach the core. */
  heal(): void {
    for (const pe of this.pes) this.setIsolated(pe, false);
    for (const at of this.#core.pairs.keys()) {
      this.setCorePath(at, true, false);
      this.setCePath(at, true);
    }
  }

  setCePath(at: number, isUp: boolean): void {
    const pair = this.#core.pair(at);
    if (pair.isCePath === isUp) return;
    this.#say(`CE ${isUp ? 'joins' : 'parts'} ${pair.ends.map(({ address }) => address).join(' ')}`);
    pair.isCePath = isUp;
    this.#watch();
  }

  /** The connection breaks, the path does not. */
  cutSession(at: number): void {
    const pair = this.#core.pair(at);
    if (pair.connection === 0) return;
    this.#say(`session of ${pair.ends.map(({ address }) => address).join(' ')} breaks`);
    this.#core.break(pair);
  }

  setDrain(pe: Pe, isDraining: boolean): void {
    pe.isDraining = isDraining;
    this.step(pe, { type: 'drain', on: isDraining });
  }

  setPins(pe: Pe, pins: readonly Pin[]): void {
    pe.pins = pins;
    this.step(pe, { type: 'pins', pins });
  }

  setCircuits(pe: Pe, down: VlanSet): void {
    pe.circuitsDown = down;
    this.step(pe, { type: 'circuits', down });
  }

  setCommand(pe: Pe, blocked: VlanSet): void {
    pe.commandBlocked = blocked;
    this.step(pe, { type: 'command', blocked });
  }

  /** Whether one could, as far as the network goes. */
  isReachable(vlan: number): boolean {
    return this.pes.some(
      (pe) =>
        pe.isAlive &&
        pe.isPortUp &&
        !pe.isIsolated &&
        !hasVlan(pe.circuitsDown, vlan) &&
        !hasVlan(pe.commandBlocked, vlan),
    );
  }

  #startControl(pe: Pe): void {
    pe.control += 1;
    this.foreign?.restarted(pe);
    pe.timers.clear();
    const open = pe.forwarding;
    pe.state = initialState(segmentOf(pe.address, this.#addresses, this.#options), {
      vlans: this.#options.vlans,
      open,
      stamp: Math.ceil(this.now * 10) + 1,
    });
    this.step(pe, { type: 'start' });
    this.step(pe, { type: 'core', tracking: pe.tracking });
    if (!isEmpty(pe.circuitsDown)) this.step(pe, { type: 'circuits', down: pe.circuitsDown });
    if (!isEmpty(pe.commandBlocked)) this.step(pe, { type: 'command', blocked: pe.commandBlocked });
    if (pe.isDraining) this.step(pe, { type: 'drain', on: true });
    if (pe.pins.length > 0) this.step(pe, { type: 'pins', pins: pe.pins });
    this.step(pe, { type: 'segment', up: pe.isPortUp });
    for (const pair of this.#core.pairs) {
      const end = pair.ends.indexOf(pe);
      if (end >= 0 && pair.alive[end]) {
        this.step(pe, { type: 'liveness', peer: (pair.ends[1 - end] as Pe).address, alive: true });
      }
    }
  }

  #track(pe: Pe): void {
    const [least, most] = this.#options.trackingMs ?? [20, 40];
    this.at(this.now + this.between(least, most), () => {
      pe.tracking = this.#trackingOf(pe);
      if (pe.isAlive) this.step(pe, { type: 'core', tracking: pe.tracking });
    });
  }

  #trackingOf(pe: Pe): CoreTracking {
    if (pe.isIsolated) return 'isolated';
    return this.#core.pairs.some(({ ends, isSeen }) => isSeen && ends.includes(pe)) ? 'degraded' : 'full';
  }

  #tell(pe: Pe, afterMs: number, event: Event): void {
    const { control } = pe;
    this.at(this.now + afterMs, () => {
      if (pe.isAlive && pe.control === control) this.step(pe, event);
    });
  }

  #probe(from: Pe, probe: Probe): void {
    if (!from.isPortUp) return;
    for (const pair of this.#core.pairs) {
      const end = pair.ends.indexOf(from);
      if (end < 0) continue;
      const to = pair.ends[1 - end] as Pe;
      if (!pair.isCePath || this.#random() < (this.#options.loss ?? 0)) continue;
      this.at(this.now + this.between(0.1, 4), () => {
        if (to.isAlive && to.isPortUp && pair.isCePath) this.step(to, { type: 'probe', from: from.address, probe });
      });
    }
  }

  #order(pe: Pe, order: number, vlans: VlanSet, isBlock: boolean): void {
    const { life, control } = pe;
    pe.engineFreeAt = Math.max(pe.engineFreeAt, this.now) + this.between(0.1, 4);
    this.at(pe.engineFreeAt, () => {
      if (pe.life !== life || pe.control !== control) return;
      pe.forwarding = isBlock ? difference(pe.forwarding, vlans) : union(pe.forwarding, vlans);
      this.#watch();
      this.#tell(pe, this.between(0, 1), { type: 'confirmed', order });
    });
    // Confirmations in order too.
    pe.engineFreeAt += 1;
  }

  step(pe: Pe, event: Event): void {
    this.steps += 1;
    const { state, outputs } = step(pe.state, event);
    if (this.#log !== undefined && !(event.type === 'timer' && event.timer === 'probe')) {
      this.#say(`${pe.address} ${eventText(event)}`);
      for (const output of outputs) if (output.type !== 'timer') this.#say(`    ${outputText(output)}`);
    }
    pe.state = state;
    for (const output of outputs) this.#act(pe, output);
  }

  #act(pe: Pe, output: Output): void {
    switch (output.type) {
      case 'send':
        this.#core.send(pe, output.peer, output.message);
        return;
      case 'block':
      case 'release':
        this.#order(pe, output.order, output.vlans, output.type === 'block');
        return;
      case 'probe':
        this.#probe(pe, output.probe);
        return;
      case 'timer': {
        const until = this.now + output.afterMs;
        pe.timers.set(output.timer, until);
        const { control } = pe;
        this.at(until, () => {
          if (!pe.isAlive || pe.control !== control || pe.timers.get(output.timer) !== until) return;
          pe.timers.delete(output.timer);
          this.step(pe, { type: 'timer', timer: output.timer });
        });
        return;
      }
      case 'reset-session': {
        const pair = this.#core.of(pe.address, output.peer);
        this.#core.drop(pair, pair.ends.indexOf(pe));
        return;
      }
      case 'announce':
        this.foreign?.announced(pe, output.advert);
        return;
      case 'check-core': {
        const { id } = output;
        const { control } = pe;
        this.at(this.now + this.between(0.5, 8), () => {
          if (!pe.isAlive || pe.control !== control) return;
          this.step(pe, {
            type: 'core-checked',
            id,
            full: this.#options.coreAnswers ?? this.#trackingOf(pe) === 'full',
          });
        });
        return;
      }
      case 'drained':
      case 'notify':
    }
  }

  #watch(): void {
    const found = this.watch.look(this.now);
    if (found !== undefined) this.#say(`TWO FORWARDERS of VLAN ${found}`);
  }

  #say(line: string): void {
    this.#log?.(`${this.now.toFixed(1).padStart(8)} ${line}`);
  }
}
