/**
 * Two or three PEs on one segment, in simulated time: engines that take their time, a core that delays, cuts and gives up
 * connections, a CE that delays, reorders and loses probes, PEs that die and return. Everything follows from a seed.
 * Watches the VLANs: how many PEs forward each one.
 */
import { randomOf } from '../../testing/random.ts';
import type { CoreTracking, Event } from '../decision/event.ts';
import type { Message, Pin, Probe } from '../decision/message.ts';
import type { Output } from '../decision/output.ts';
import { initialState, step } from '../decision/step.ts';
import { eventText, outputText } from '../decision/text.ts';
import { difference, hasVlan, isEmpty, NO_VLANS, union, type VlanSet } from '../decision/vlan-set.ts';
import { Queue } from './queue.ts';
import { type ForeignEnd, type Forwarder, type Pair, type Pe, type SiteOptions, segmentOf } from './site.ts';
import { Watch } from './watch.ts';

export const ADDRESSES = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;

export interface WorldOptions extends SiteOptions {
  readonly seed: number;
  readonly pes: number;
  readonly vlans: VlanSet;
  /** Probability that a probe is lost on its way to a PE. */
  readonly loss?: number;
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
  readonly #pairs: readonly Pair[];
  readonly #forwarders: Forwarder[];
  /** A PE that speaks EVPN alone (foreign-pe.ts). */
  foreign: ForeignEnd | undefined;
  readonly #log: ((line: string) => void) | undefined;
  #connections = 0;
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
    const pairs: Pair[] = [];
    for (const [at, a] of this.pes.entries()) {
      for (const b of this.pes.slice(at + 1)) {
        pairs.push({
          ends: [a, b],
          isCorePath: true,
          isSeen: false,
          isCePath: true,
          alive: [false, false],
          session: [false, false],
          connection: 0,
          dropped: 0,
          lastAt: [0, 0],
          queues: [[], []],
          isConnecting: false,
          hadPath: false,
          changes: 0,
        });
      }
    }
    this.#pairs = pairs;
    this.watch = new Watch(options.vlans, this.#forwarders, pairs);
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
    return this.#between(from, to);
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
    for (const pair of this.#pairs) {
      const end = pair.ends.indexOf(pe);
      if (end >= 0) this.#dropConnection(pair, end);
    }
    this.#startControl(pe);
    this.#pathsChanged();
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
    for (const pair of this.#pairs) {
      const end = pair.ends.indexOf(pe);
      if (end < 0) continue;
      pair.alive[end] = false;
      pair.session[end] = false;
    }
    this.#pathsChanged();
  }

  /** Ends on purpose, and takes its time for it. */
  leave(pe: Pe): void {
    if (!pe.isAlive) return;
    const { life } = pe;
    this.#step(pe, { type: 'leave' });
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
    for (const pair of this.#pairs) {
      const end = pair.ends.indexOf(pe);
      if (end >= 0) this.#dropConnection(pair, end);
    }
    this.#startControl(pe);
    this.#pathsChanged();
  }

  setPort(pe: Pe, isUp: boolean): void {
    if (pe.isPortUp === isUp) return;
    this.#say(`${pe.address} port ${isUp ? 'up' : 'down'}`);
    pe.isPortUp = isUp;
    this.#watch();
    const { control } = pe;
    // What the port is by then: a flap may not be seen.
    this.at(this.now + this.#between(0.5, 3), () => {
      if (pe.isAlive && pe.control === control) this.#step(pe, { type: 'segment', up: pe.isPortUp });
    });
  }

  setIsolated(pe: Pe, isIsolated: boolean): void {
    if (pe.isIsolated === isIsolated) return;
    this.#say(`${pe.address} ${isIsolated ? 'is cut off the core' : 'reaches the core'}`);
    pe.isIsolated = isIsolated;
    this.#track(pe);
    this.#pathsChanged();
  }

  /** Cuts or heals the path of a pair; `isSeen`: core tracking of both notices. */
  setCorePath(at: number, isUp: boolean, isSeen: boolean): void {
    const pair = this.#pair(at);
    if (pair.isCorePath === isUp) return;
    this.#say(`core ${isUp ? 'joins' : 'parts'} ${pair.ends.map(({ address }) => address).join(' ')}`);
    pair.isCorePath = isUp;
    pair.isSeen = !isUp && isSeen;
    for (const pe of pair.ends) this.#track(pe);
    this.#pathsChanged();
  }

  /** All paths work, and all living PEs reach the core. */
  heal(): void {
    for (const pe of this.pes) this.setIsolated(pe, false);
    for (const at of this.#pairs.keys()) {
      this.setCorePath(at, true, false);
      this.setCePath(at, true);
    }
  }

  setCePath(at: number, isUp: boolean): void {
    const pair = this.#pair(at);
    if (pair.isCePath === isUp) return;
    this.#say(`CE ${isUp ? 'joins' : 'parts'} ${pair.ends.map(({ address }) => address).join(' ')}`);
    pair.isCePath = isUp;
    this.#watch();
  }

  /** The connection breaks, the path does not. */
  cutSession(at: number): void {
    const pair = this.#pair(at);
    if (pair.connection === 0) return;
    this.#say(`session of ${pair.ends.map(({ address }) => address).join(' ')} breaks`);
    this.#breakConnection(pair);
  }

  setDrain(pe: Pe, isDraining: boolean): void {
    pe.isDraining = isDraining;
    this.#step(pe, { type: 'drain', on: isDraining });
  }

  setPins(pe: Pe, pins: readonly Pin[]): void {
    pe.pins = pins;
    this.#step(pe, { type: 'pins', pins });
  }

  setCircuits(pe: Pe, down: VlanSet): void {
    pe.circuitsDown = down;
    this.#step(pe, { type: 'circuits', down });
  }

  setCommand(pe: Pe, blocked: VlanSet): void {
    pe.commandBlocked = blocked;
    this.#step(pe, { type: 'command', blocked });
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
    this.#step(pe, { type: 'start' });
    this.#step(pe, { type: 'core', tracking: pe.tracking });
    if (!isEmpty(pe.circuitsDown)) this.#step(pe, { type: 'circuits', down: pe.circuitsDown });
    if (!isEmpty(pe.commandBlocked)) this.#step(pe, { type: 'command', blocked: pe.commandBlocked });
    if (pe.isDraining) this.#step(pe, { type: 'drain', on: true });
    if (pe.pins.length > 0) this.#step(pe, { type: 'pins', pins: pe.pins });
    this.#step(pe, { type: 'segment', up: pe.isPortUp });
    for (const pair of this.#pairs) {
      const end = pair.ends.indexOf(pe);
      if (end >= 0 && pair.alive[end]) {
        this.#step(pe, { type: 'liveness', peer: (pair.ends[1 - end] as Pe).address, alive: true });
      }
    }
  }

  #track(pe: Pe): void {
    this.at(this.now + this.#between(20, 40), () => {
      pe.tracking = this.#trackingOf(pe);
      if (pe.isAlive) this.#step(pe, { type: 'core', tracking: pe.tracking });
    });
  }

  #trackingOf(pe: Pe): CoreTracking {
    if (pe.isIsolated) return 'isolated';
    return this.#pairs.some(({ ends, isSeen }) => isSeen && ends.includes(pe)) ? 'degraded' : 'full';
  }

  #tell(pe: Pe, afterMs: number, event: Event): void {
    const { control } = pe;
    this.at(this.now + afterMs, () => {
      if (pe.isAlive && pe.control === control) this.#step(pe, event);
    });
  }

  #hasPath({ ends: [a, b], isCorePath }: Pair): boolean {
    return isCorePath && a.isAlive && b.isAlive && !a.isIsolated && !b.isIsolated;
  }

  /** Liveness detection of every pair begins to notice. */
  #pathsChanged(): void {
    for (const pair of this.#pairs) {
      const hasPath = this.#hasPath(pair);
      if (pair.hadPath !== hasPath) pair.changes += 1;
      pair.hadPath = hasPath;
      const { changes } = pair;
      for (const [end, pe] of pair.ends.entries()) {
        if (!pe.isAlive || pair.alive[end as 0 | 1] === hasPath) continue;
        const { life } = pe;
        const detection = this.#between(20, 40);
        if (!hasPath) this.#grewLate(pair, end, detection);
        this.at(this.now + detection, () => {
          if (pe.life !== life || !pe.isAlive || pair.changes !== changes) return;
          if (pair.alive[end as 0 | 1] === hasPath) return;
          pair.alive[end as 0 | 1] = hasPath;
          this.#step(pe, { type: 'liveness', peer: (pair.ends[1 - end] as Pe).address, alive: hasPath });
          this.#connect(pair);
        });
      }
      this.#connect(pair);
    }
  }

  /** Before its time is over detection says that the peer is late, and where it is heard again, that too. */
  #grewLate(pair: Pair, end: number, detectionMs: number): void {
    const pe = pair.ends[end] as Pe;
    const peer = (pair.ends[1 - end] as Pe).address;
    const { control } = pe;
    const { changes } = pair;
    this.at(this.now + this.#between(0.4, 1) * detectionMs, () => {
      const isStill = pe.isAlive && pe.control === control && pair.alive[end as 0 | 1];
      if (!isStill || pair.changes !== changes) return;
      this.#step(pe, { type: 'late', peer, on: true });
      this.at(this.now + this.#between(0, detectionMs), () => {
        if (pe.isAlive && pe.control === control && pair.alive[end as 0 | 1] && this.#hasPath(pair))
          this.#step(pe, { type: 'late', peer, on: false });
      });
    });
  }

  #connect(pair: Pair): void {
    if (pair.connection !== 0 || pair.isConnecting || !this.#hasPath(pair)) return;
    pair.isConnecting = true;
    this.at(this.now + this.#between(20, 120), () => {
      pair.isConnecting = false;
      if (pair.connection !== 0 || !this.#hasPath(pair)) return;
      if (!pair.alive[0] || !pair.alive[1]) return this.#connect(pair);
      pair.connection = ++this.#connections;
      pair.lastAt[0] = pair.lastAt[1] = this.now;
      pair.queues[0].length = pair.queues[1].length = 0;
      const { connection } = pair;
      for (const end of [0, 1] as const) {
        const pe = pair.ends[end];
        this.at(this.now + this.#between(0, 15), () => {
          if (pair.connection !== connection || pair.dropped === connection || !pe.isAlive) return;
          pair.session[end] = true;
          this.#step(pe, { type: 'session', peer: pair.ends[end === 0 ? 1 : 0].address, up: true });
        });
      }
    });
  }

  #send(pe: Pe, address: string, message: Message): void {
    const pair = this.#pairOf(pe.address, address);
    const end = pair.ends.indexOf(pe) as 0 | 1;
    if (!pair.session[end] || pair.connection === 0) return;
    const to = pair.ends[end === 0 ? 1 : 0];
    const { connection } = pair;
    const at = Math.max(this.now + this.#between(0.2, 8), pair.lastAt[end]);
    pair.lastAt[end] = at;
    pair.queues[end].push(message);
    const deliver = (): void => {
      if (pair.connection !== connection || !to.isAlive) return;
      // Sent again by TCP; later ones wait behind it.
      if (!this.#hasPath(pair) || !pair.session[end === 0 ? 1 : 0]) {
        pair.lastAt[end] = Math.max(pair.lastAt[end], this.now + 10);
        this.at(this.now + 10, deliver);
        return;
      }
      const first = pair.queues[end].shift();
      if (first !== undefined) this.#step(to, { type: 'message', peer: pe.address, message: first });
    };
    this.at(at, deliver);
  }

  /** One end gives the connection up: the other hears of it where there is a path. */
  #dropConnection(pair: Pair, end: number): void {
    if (pair.connection === 0) return;
    const { connection } = pair;
    pair.session[end as 0 | 1] = false;
    pair.dropped = connection;
    const other = (1 - end) as 0 | 1;
    const tell = (): void => {
      if (pair.connection !== connection) return;
      const pe = pair.ends[other];
      if (pe.isAlive && pair.session[other] && !this.#hasPath(pair)) {
        this.at(this.now + 10, tell);
        return;
      }
      pair.connection = 0;
      const had = pair.session[other];
      pair.session[other] = false;
      if (pe.isAlive && had) this.#step(pe, { type: 'session', peer: pair.ends[end as 0 | 1].address, up: false });
      this.#connect(pair);
    };
    this.at(this.now + this.#between(0.2, 8), tell);
  }

  #breakConnection(pair: Pair): void {
    pair.connection = 0;
    for (const end of [0, 1] as const) {
      const pe = pair.ends[end];
      const { control } = pe;
      const peer = pair.ends[end === 0 ? 1 : 0].address;
      pair.session[end] = false;
      this.at(this.now + this.#between(0, 20), () => {
        if (pe.isAlive && pe.control === control && !pair.session[end]) {
          this.#step(pe, { type: 'session', peer, up: false });
        }
      });
    }
    this.at(this.now + 25, () => this.#connect(pair));
  }

  #probe(from: Pe, probe: Probe): void {
    if (!from.isPortUp) return;
    for (const pair of this.#pairs) {
      const end = pair.ends.indexOf(from);
      if (end < 0) continue;
      const to = pair.ends[1 - end] as Pe;
      if (!pair.isCePath || this.#random() < (this.#options.loss ?? 0)) continue;
      this.at(this.now + this.#between(0.1, 4), () => {
        if (to.isAlive && to.isPortUp && pair.isCePath) this.#step(to, { type: 'probe', from: from.address, probe });
      });
    }
  }

  #order(pe: Pe, order: number, vlans: VlanSet, isBlock: boolean): void {
    const { life, control } = pe;
    pe.engineFreeAt = Math.max(pe.engineFreeAt, this.now) + this.#between(0.1, 4);
    this.at(pe.engineFreeAt, () => {
      if (pe.life !== life || pe.control !== control) return;
      pe.forwarding = isBlock ? difference(pe.forwarding, vlans) : union(pe.forwarding, vlans);
      this.#watch();
      this.#tell(pe, this.#between(0, 1), { type: 'confirmed', order });
    });
    // Confirmations in order too.
    pe.engineFreeAt += 1;
  }

  #step(pe: Pe, event: Event): void {
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
        this.#send(pe, output.peer, output.message);
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
          this.#step(pe, { type: 'timer', timer: output.timer });
        });
        return;
      }
      case 'reset-session': {
        const pair = this.#pairOf(pe.address, output.peer);
        this.#dropConnection(pair, pair.ends.indexOf(pe));
        return;
      }
      case 'announce':
        this.foreign?.announced(pe, output.advert);
        return;
      case 'check-core': {
        const { id } = output;
        const { control } = pe;
        this.at(this.now + this.#between(0.5, 8), () => {
          if (!pe.isAlive || pe.control !== control) return;
          this.#step(pe, { type: 'core-checked', id, full: this.#trackingOf(pe) === 'full' });
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

  #pair(at: number): Pair {
    return this.#pairs[at % this.#pairs.length] as Pair;
  }

  #pairOf(a: string, b: string): Pair {
    return this.#pairs.find(({ ends }) => ends.every(({ address }) => address === a || address === b)) as Pair;
  }

  #between(from: number, to: number): number {
    return from + (to - from) * this.#random();
  }

  #say(line: string): void {
    this.#log?.(`${this.now.toFixed(1).padStart(8)} ${line}`);
  }
}
