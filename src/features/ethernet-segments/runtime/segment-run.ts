/**
 * One segment at work: feeds the decision with what is configured, commanded and found, and has the engine do what it asks.
 * There is an agent while the engine is there; each begins with what the engine forwards then.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { orLate } from '../../or-late.ts';
import { type Notice, SegmentAgent } from '../agent/segment-agent.ts';
import type { CoreTracking, Event } from '../decision/event.ts';
import type { Advert, Message, Probe } from '../decision/message.ts';
import { attempted, mayForward, type State } from '../decision/state.ts';
import { difference, intersection, isEmpty, NO_VLANS, sameVlans, union, type VlanSet } from '../decision/vlan-set.ts';
import { MacTable } from '../exchange/mac-table.ts';
import { MacReplica } from '../exchange/replication.ts';
import type { SegmentTables } from '../exchange/session.ts';
import { type EthernetSegment, hexText } from '../model.ts';
import { vlanBytes } from '../vlan-ranges.ts';
import { Announcer } from './announcer.ts';
import { NO_COMMANDS, type SegmentCommands } from './commands.ts';
import type { SegmentEngine } from './engine.ts';
import type { FoundSegment } from './engine-report.ts';
import { Orders } from './orders.ts';
import { probeKinds } from './probe-kinds.ts';
import { type Move, SegmentRecord } from './record.ts';

/** At the end of the router: the longest that peers have to take over, and how long what still comes is redirected to them. */
const GIVING_MS = 1000;
const LINGER_MS = 500;

/** What state says of an agent, beside attempts. */
const SHOWN = [
  'phase',
  'isUp',
  'isDraining',
  'open',
  'opening',
  'closing',
  'circuitsDown',
  'elected',
  'peers',
  'announced',
] as const satisfies readonly (keyof State)[];

export interface RunParts {
  readonly engine: Pick<SegmentEngine, 'segmentOrder' | 'segmentProbe' | 'announceMacs'>;
  readonly send: (peer: string, esi: Uint8Array, message: Message) => boolean;
  readonly resetSession: (peer: string) => void;
  readonly checkCore: () => Promise<boolean>;
  /** Tells foreign PEs. */
  readonly announce: (esi: Uint8Array, advert: Advert | undefined) => void;
  /** Hosts elsewhere, as foreign PEs know them. */
  readonly foreignRemote: MacTable;
  readonly notify: (run: SegmentRun, notice: Notice, move: Move | undefined) => void;
  /** What the segment's state shows is another, but for counters. */
  readonly changed: (run: SegmentRun) => void;
  readonly log: (message: string) => void;
}

/** What an agent begins with. */
export interface Found extends FoundSegment {
  readonly tracking: CoreTracking;
  readonly alive: readonly string[];
}

/** What follows from the configuration beside the segment itself. */
export interface Surroundings {
  readonly circuitsDown: VlanSet;
  /** Of which the MEP hears nothing of the CE. */
  readonly circuitFaults: VlanSet;
  /** The logical port of each VLAN's attachment circuit. */
  readonly circuits: ReadonlyMap<number, string>;
  /** Methods by which the CE is told. */
  readonly methods: readonly string[];
  /** When addresses are announced, in milliseconds after a release. */
  readonly offsetsMs: readonly number[];
}

export class SegmentRun {
  readonly record = new SegmentRecord();
  /** What is exchanged with each peer: ours once, theirs by peer. */
  readonly own = { remote: new MacTable(), segment: new MacTable() };
  readonly #theirs = new Map<string, SegmentTables['theirs']>();
  /** Behind the segment, as foreign PEs know them. */
  readonly foreignMacs = new MacTable();
  readonly #parts: RunParts;
  readonly #announcer: Announcer;
  readonly #orders: Orders;
  #configured: EthernetSegment;
  #surroundings: Surroundings;
  #agent: SegmentAgent | undefined;
  #isUp = false;
  #commands: SegmentCommands = NO_COMMANDS;
  #isDeparting = false;
  #drained = Promise.withResolvers<void>();
  #left = Promise.withResolvers<void>();
  #given = Promise.withResolvers<void>();
  #lastElection: { readonly elected: State['elected']; readonly at: number } | undefined;
  /** The state that was told of last. */
  #shown: State | undefined;
  /** What the last agent knew to be forwarded. */
  #openBefore: VlanSet = NO_VLANS;

  constructor(configured: EthernetSegment, surroundings: Surroundings, parts: RunParts) {
    this.#configured = configured;
    this.#surroundings = surroundings;
    this.#parts = parts;
    this.#announcer = new Announcer({
      engine: parts.engine,
      circuit: (vlan) => this.#surroundings.circuits.get(vlan),
      own: this.own,
      theirs: () => [
        ...Array.from(this.#theirs.values(), ({ remote, segment }) => ({
          remote: remote.table,
          segment: segment.table,
        })),
        { remote: parts.foreignRemote, segment: this.foreignMacs },
      ],
      tellsCe: () => this.#surroundings.methods.includes('mac-move'),
      offsetsMs: () => this.#surroundings.offsetsMs,
      open: () => this.#agent?.state.open ?? NO_VLANS,
      log: parts.log,
    });
    this.#orders = new Orders(
      { configured, methods: surroundings.methods, inEngine: NO_VLANS },
      { engine: parts.engine, releasing: (vlans) => this.#announcer.releasing(vlans), log: parts.log },
    );
  }

  get configured(): EthernetSegment {
    return this.#configured;
  }

  get state(): State | undefined {
    return this.#agent?.state;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** What operators have commanded. */
  get commands(): SegmentCommands {
    return this.#commands;
  }

  /** VLANs whose circuits are down, or not configured. */
  get circuitsDown(): VlanSet {
    return this.#surroundings.circuitsDown;
  }

  /** VLANs whose circuits are down since CFM says so. */
  get circuitFaults(): VlanSet {
    return this.#configured.followsCfm ? this.#surroundings.circuitFaults : NO_VLANS;
  }

  /** Milliseconds since 1970. */
  get lastElection(): number | undefined {
    return this.#lastElection?.at;
  }

  /** With each peer the same of ours, and what that peer said. */
  tables(peer: string): SegmentTables {
    return { esi: this.#configured.segment.esi, own: this.own, theirs: this.theirs(peer) };
  }

  theirs(peer: string): SegmentTables['theirs'] {
    let theirs = this.#theirs.get(peer);
    if (theirs === undefined) {
      theirs = { remote: new MacReplica(new MacTable()), segment: new MacReplica(new MacTable()) };
      this.#theirs.set(peer, theirs);
    }
    return theirs;
  }

  /** Takes the configuration, and where there is no agent yet, or another one is needed, begins with what was found. */
  sync(configured: EthernetSegment, surroundings: Surroundings, found: Found): void {
    const { segment: before } = this.#configured;
    const { segment } = configured;
    const isSame = hexText(before.esi) === hexText(segment.esi) && before.address === segment.address;
    this.#configured = configured;
    this.#surroundings = surroundings;
    this.#orders.configure({ configured, methods: surroundings.methods, inEngine: found.vlans });
    if (!isSame) this.detach();
    if (this.#agent === undefined) {
      for (const [vlan, since] of found.since) this.record.found(vlan, since);
      this.#begin(found);
    } else {
      if (!isDeepStrictEqual(before, segment)) this.take({ type: 'configured', segment });
      this.take({ type: 'vlans', vlans: configured.vlans });
    }
    this.#takeCircuits();
    this.#takePins();
    this.onLink(found.isUp);
    this.#parts.changed(this);
  }

  /** The engine is away: what it forwards it goes on forwarding. */
  detach(): void {
    if (this.#agent !== undefined) {
      const { open: ordered, opening } = this.#agent.state;
      this.#openBefore = difference(ordered, opening);
      this.#agent.close();
      this.#parts.changed(this);
    }
    this.#agent = undefined;
    this.#announcer.stop();
    this.#orders.forget();
  }

  take(event: Event): void {
    const agent = this.#agent;
    if (agent === undefined) return;
    if (event.type === 'message') this.record.received(event.message, Date.now());
    agent.take(event);
  }

  onLink(isUp: boolean): void {
    this.#isUp = isUp;
    this.take({ type: 'segment', up: isUp });
  }

  onFaults(circuitFaults: VlanSet): void {
    this.#surroundings = { ...this.#surroundings, circuitFaults };
    this.#takeCircuits();
  }

  /** Acts upon what operators have commanded; all of it, each time. */
  command(commands: SegmentCommands): void {
    const drained = this.#drains;
    this.#commands = commands;
    this.#takePins();
    this.take({ type: 'command', blocked: commands.blocked });
    if (this.#drains !== drained) this.take({ type: 'drain', on: this.#drains });
    this.#parts.changed(this);
  }

  /** Resolves when this PE drains and other PEs forward all VLANs, as they said themselves. */
  drained(): Promise<void> {
    const earlier = this.#drained;
    this.#drained = Promise.withResolvers();
    const { promise } = this.#drained;
    void promise.then(earlier.resolve);
    this.take({ type: 'drain', on: this.#drains });
    return promise;
  }

  /** The machine is to restart: drains, which no restart remembers. Resolves as `drained`. */
  depart(): Promise<void> {
    this.#isDeparting = true;
    return this.drained();
  }

  /** It stays after all: drains only where it was commanded. */
  stay(): void {
    this.#isDeparting = false;
    this.take({ type: 'drain', on: this.#drains });
  }

  get #drains(): boolean {
    return this.#commands.isDraining || this.#isDeparting;
  }

  /**
   * Gives away what a peer takes, as a drain that no restart remembers, and goes on redirecting to it for LINGER_MS. Resolves
   * when nothing is left but what nobody takes, after GIVING_MS at the latest.
   */
  async giveAway(): Promise<void> {
    if (this.#agent === undefined) return;
    this.#given = Promise.withResolvers();
    const had = this.#agent.state.open;
    this.take({ type: 'drain', on: true });
    this.#noticeGiven();
    await orLate(GIVING_MS, this.#given.promise);
    const gone = difference(had, this.state?.open ?? had);
    if (this.#configured.redirect !== undefined && !isEmpty(gone)) await sleep(LINGER_MS);
  }

  /** Blocks all and tells the peers; resolves when both is done, or there is no agent. */
  async leave(): Promise<void> {
    if (this.#agent === undefined) return;
    this.#left = Promise.withResolvers();
    const { promise } = this.#left;
    this.take({ type: 'leave' });
    this.#noticeLeft();
    await promise;
  }

  #begin({ open, tracking, alive }: Found): void {
    const { segment, vlans } = this.#configured;
    const inEngine = intersection(open, vlans);
    // An engine that began anew says so by no event.
    const lost = difference(this.#openBefore, inEngine);
    this.#openBefore = NO_VLANS;
    if (!isEmpty(lost)) {
      this.#parts.notify(this, { type: 'notify', vlans: lost, state: 'disabled', cause: 'segment-down' }, undefined);
    }
    this.#agent = new SegmentAgent(segment, { vlans, open: inEngine, stamp: Date.now() }, this.#ports(segment.esi));
    this.take({ type: 'core', tracking });
    this.take({ type: 'command', blocked: this.#commands.blocked });
    if (this.#drains) this.take({ type: 'drain', on: true });
    for (const peer of alive) this.take({ type: 'liveness', peer, alive: true });
  }

  #ports(esi: Uint8Array): ConstructorParameters<typeof SegmentAgent>[2] {
    const { send, resetSession, checkCore } = this.#parts;
    return {
      send: (peer, message) => {
        this.record.sent(message, Date.now());
        return send(peer, esi, message);
      },
      order: (order) => {
        const move = this.record.ordered(order, this.#surroundings.methods, Date.now());
        const done = this.#orders.carryOut(order).then((at) => this.record.effective(move, at));
        // After the agent has taken the confirmation, which it does before this.
        void done.then(() => setImmediate(() => this.#noticeLeft()));
        return done;
      },
      probe: (probe) => this.#probe(probe),
      notify: (notice) => {
        const state = notice.state === 'enabled' ? 'forwarding' : 'blocked';
        if (state === 'forwarding') this.#announcer.released(notice.vlans);
        const move = this.record.notified(notice.vlans, state, Date.now());
        this.#parts.notify(this, notice, move);
      },
      resetSession,
      checkCore,
      announce: (advert) => this.#parts.announce(esi, advert),
      drained: () => this.#drained.resolve(),
      stepped: () => this.#stepped(),
    };
  }

  #takeCircuits(): void {
    const { circuitsDown } = this.#surroundings;
    this.take({ type: 'circuits', down: union(circuitsDown, this.circuitFaults) });
  }

  /** After each event of the agent, timers and confirmations among them. */
  #stepped(): void {
    const { state } = this;
    if (state === undefined) return;
    if (state.elected !== this.#lastElection?.elected) {
      this.#lastElection = { elected: state.elected, at: Date.now() };
    }
    this.#noticeGiven();
    const before = this.#shown;
    if (before !== undefined && SHOWN.every((what) => before[what] === state[what])) {
      if (sameVlans(attempted(before), attempted(state))) return;
    }
    this.#shown = state;
    this.#parts.changed(this);
  }

  /** Pins by command go before those that are configured. */
  #takePins(): void {
    const commanded = this.#commands.pins.reduce<VlanSet>((all, { vlans }) => union(all, vlans), NO_VLANS);
    const configured = this.#configured.pins.map((pin) => ({ ...pin, vlans: difference(pin.vlans, commanded) }));
    const pins = [...this.#commands.pins, ...configured].filter(({ vlans }) => !isEmpty(vlans));
    this.take({ type: 'pins', pins });
  }

  #probe({ kind, vlans, stamp }: Probe): void {
    const there = intersection(vlans, this.#orders.inEngine);
    if (isEmpty(there) || this.#configured.probeKey.length === 0) return;
    const { name: segment } = this.#configured;
    this.#parts.engine.segmentProbe({ segment, kind: probeKinds[kind], vlans: vlanBytes(there), stamp: BigInt(stamp) });
  }

  /** Nothing is left that another PE is elected for, and what went is forwarded there. */
  #noticeGiven(): void {
    const { state } = this;
    const own = state?.elected.get(this.#configured.segment.address) ?? NO_VLANS;
    if (state === undefined || isEmpty(union(difference(mayForward(state), own), state.handedOver)))
      this.#given.resolve();
  }

  #noticeLeft(): void {
    const { state } = this;
    if (state === undefined || (state.isLeaving && state.isDone)) this.#left.resolve();
  }
}
