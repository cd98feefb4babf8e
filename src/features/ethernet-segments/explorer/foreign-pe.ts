/**
 * A PE that follows the RFCs and nothing else: ES and A-D routes over BGP sessions, service carving with AC-DF. Two kinds:
 * - rfc-8584: elects anew at once, and assumes non-DF before DF (section 2.1);
 * - rfc-7432: elects after a timer, and keeps its roles until it ends (section 8.5).
 * It takes a PE for gone as soon as the session with it is lost.
 */
import { compareAddresses } from '../decision/election/candidate.ts';
import type { Advert } from '../decision/message.ts';
import {
  difference,
  hasVlan,
  NO_VLANS,
  union,
  type VlanSet,
  vlanSet,
  vlansOf,
  vlansText,
} from '../decision/vlan-set.ts';
import type { ForeignEnd, Forwarder, Pe } from './site.ts';
import type { World } from './world.ts';

export type ForeignKind = 'rfc-8584' | 'rfc-7432';

export const FOREIGN_ADDRESS = '192.0.2.9';
/** DF_WAIT, shortened as that of ours. */
const WAIT_MS = 300;

/** The session with one of ours. */
interface Session {
  readonly pe: Pe;
  isPath: boolean;
  /** Number of the session; 0: none. */
  session: number;
  /** Since when both ends have each other's routes. */
  routes: Advert | undefined;
  /** What it would be told anew. */
  latest: Advert | undefined;
  lastAt: [number, number];
  /** When both ends know that the session before is lost: a new one stands later. */
  noticedAt: number;
}

export class ForeignPe implements ForeignEnd {
  readonly forwarder: Forwarder = { address: FOREIGN_ADDRESS, isAlive: false, isPortUp: true, forwarding: NO_VLANS };
  readonly #world: World;
  readonly #kind: ForeignKind;
  readonly #vlans: VlanSet;
  readonly #sessions: readonly Session[];
  #circuitsDown: VlanSet = NO_VLANS;
  #phase: 'INIT' | 'DF_WAIT' | 'DF_DONE' = 'INIT';
  #life = 0;
  #count = 0;
  #isTimerSet = false;
  /** Grows with every DF_WAIT. */
  #waits = 0;
  #engineFreeAt = 0;
  /** Intervals in which a session stood. */
  readonly stood: { readonly address: string; readonly from: number; to: number }[] = [];

  constructor(world: World, kind: ForeignKind, vlans: VlanSet) {
    this.#world = world;
    this.#kind = kind;
    this.#vlans = vlans;
    this.#sessions = world.pes.map((pe) => ({
      pe,
      isPath: true,
      session: 0,
      routes: undefined,
      latest: undefined,
      lastAt: [0, 0],
      noticedAt: 0,
    }));
    world.attach(this, this.forwarder);
  }

  boot(): void {
    if (this.forwarder.isAlive) return;
    this.#world.say('the foreign PE boots');
    this.forwarder.isAlive = true;
    this.#phase = 'INIT';
    this.#portChanged();
    for (const session of this.#sessions) this.#connect(session);
  }

  kill(): void {
    if (!this.forwarder.isAlive) return;
    this.#world.say('the foreign PE dies');
    this.forwarder.isAlive = false;
    this.forwarder.forwarding = NO_VLANS;
    this.#life += 1;
    this.#isTimerSet = false;
    this.#phase = 'INIT';
    for (const session of this.#sessions) {
      this.#lose(session, 20, 40);
      session.routes = undefined;
    }
    this.#world.look();
  }

  setPort(isUp: boolean): void {
    if (this.forwarder.isPortUp === isUp) return;
    this.#world.say(`the foreign PE's port is ${isUp ? 'up' : 'down'}`);
    this.forwarder.isPortUp = isUp;
    if (this.forwarder.isAlive) this.#portChanged();
    this.#world.look();
  }

  /** Its attachment circuits: what is down forwards nothing. */
  setCircuits(down: VlanSet): void {
    this.#world.say(`the foreign PE's circuits down: ${vlansText(down)}`);
    this.#circuitsDown = down;
    if (!this.forwarder.isAlive) return;
    this.forwarder.forwarding = difference(this.forwarder.forwarding, down);
    this.#world.look();
    this.#advertise();
    this.#changed();
  }

  setPath(at: number, isUp: boolean): void {
    const session = this.#sessions[at % this.#sessions.length] as Session;
    if (session.isPath === isUp) return;
    this.#world.say(`core ${isUp ? 'joins' : 'parts'} ${session.pe.address} and the foreign PE`);
    session.isPath = isUp;
    if (isUp) this.#connect(session);
    else this.#lose(session, 20, 40);
  }

  heal(): void {
    for (const at of this.#sessions.keys()) this.setPath(at, true);
  }

  announced(pe: Pe, advert: Advert | undefined): void {
    const session = this.#of(pe);
    session.latest = advert;
    if (session.session !== 0) this.#carry(session);
  }

  restarted(pe: Pe): void {
    const session = this.#of(pe);
    session.latest = undefined;
    this.#lose(session, 0.2, 8);
    this.#connect(session);
  }

  died(pe: Pe): void {
    this.#of(pe).latest = undefined;
    this.#lose(this.#of(pe), 20, 40);
  }

  get isServing(): VlanSet {
    const { isAlive, isPortUp } = this.forwarder;
    return isAlive && isPortUp ? difference(this.#vlans, this.#circuitsDown) : NO_VLANS;
  }

  #of(pe: Pe): Session {
    return this.#sessions.find((one) => one.pe === pe) as Session;
  }

  #portChanged(): void {
    if (!this.forwarder.isPortUp) {
      this.#phase = 'INIT';
      this.#order(NO_VLANS);
    } else if (this.#phase === 'INIT') {
      this.#phase = 'DF_WAIT';
      const wait = ++this.#waits;
      this.#world.at(this.#world.now + WAIT_MS, () => {
        if (!this.forwarder.isAlive || this.#waits !== wait || this.#phase !== 'DF_WAIT') return;
        this.#phase = 'DF_DONE';
        this.#elect();
      });
    }
    this.#advertise();
  }

  #connect(session: Session): void {
    const at = Math.max(this.#world.now + this.#world.between(20, 120), session.noticedAt);
    this.#world.at(at, () => {
      const { pe } = session;
      if (session.session !== 0 || !session.isPath || !pe.isAlive || !this.forwarder.isAlive) return;
      session.session = ++this.#count;
      session.lastAt = [this.#world.now, this.#world.now];
      this.stood.push({ address: pe.address, from: this.#world.now, to: Number.POSITIVE_INFINITY });
      this.#carry(session);
      this.#advertise(session);
    });
  }

  /** Each end notices in its time, between `from` and `to` ms. */
  #lose(session: Session, from: number, to: number): void {
    if (session.session === 0) return;
    session.session = 0;
    session.noticedAt = this.#world.now + to;
    const { pe } = session;
    const stood = this.stood.findLast(({ address }) => address === pe.address);
    if (stood !== undefined) stood.to = this.#world.now;
    const peer = FOREIGN_ADDRESS;
    const { control } = pe;
    const afterMs = this.#world.between(from, to);
    this.#world.give(pe, afterMs, { type: 'liveness', peer, alive: false });
    this.#world.give(pe, afterMs, { type: 'session', peer, up: false });
    const life = this.#life;
    this.#world.at(this.#world.now + this.#world.between(from, to), () => {
      if (this.#life !== life || (session.session !== 0 && pe.control === control)) return;
      session.routes = undefined;
      this.#changed();
    });
    // Where the path did not break.
    this.#world.at(this.#world.now + to, () => this.#connect(session));
  }

  /** Our PE's announcement, in order, as it is when it was sent. */
  #carry(session: Session): void {
    const { session: number, latest } = session;
    const at = Math.max(this.#world.now + this.#world.between(0.2, 8), session.lastAt[0]);
    session.lastAt[0] = at;
    this.#world.at(at, () => {
      if (session.session !== number || !this.forwarder.isAlive) return;
      session.routes = latest;
      this.#changed();
    });
  }

  /** Its own routes, to one or to all. */
  #advertise(only?: Session): void {
    const { isPortUp } = this.forwarder;
    const able = difference(this.#vlans, this.#circuitsDown);
    const plain = { method: 'default-7432', acDf: true, preference: 32_767, dontPreempt: false } as const;
    const advert: Advert | undefined = isPortUp ? { ...plain, able, draining: false, pins: [] } : undefined;
    for (const session of only === undefined ? this.#sessions : [only]) {
      const { pe, session: number } = session;
      if (number === 0) continue;
      const at = Math.max(this.#world.now + this.#world.between(0.2, 8), session.lastAt[1]);
      session.lastAt[1] = at;
      const { control } = pe;
      this.#world.at(at, () => {
        if (session.session !== number || pe.control !== control) return;
        this.#world.give(pe, 0, { type: 'foreign', peer: FOREIGN_ADDRESS, advert });
        this.#world.give(pe, 0, { type: 'liveness', peer: FOREIGN_ADDRESS, alive: advert !== undefined });
      });
    }
  }

  #changed(): void {
    if (this.#phase !== 'DF_DONE') return;
    if (this.#kind === 'rfc-8584') {
      this.#elect();
      return;
    }
    if (this.#isTimerSet) return;
    this.#isTimerSet = true;
    const life = this.#life;
    this.#world.at(this.#world.now + WAIT_MS, () => {
      if (this.#life !== life) return;
      this.#isTimerSet = false;
      if (this.#phase === 'DF_DONE') this.#elect();
    });
  }

  /** RFC 7432 section 8.5, with the candidates of each VLAN (RFC 8584 section 4): written apart from our election. */
  #elect(): void {
    const won: number[] = [];
    for (const vlan of vlansOf(difference(this.#vlans, this.#circuitsDown))) {
      const candidates = this.#sessions
        .filter(({ routes }) => routes !== undefined && hasVlan(routes.able, vlan))
        .map(({ pe }) => pe.address);
      candidates.push(FOREIGN_ADDRESS);
      candidates.sort(compareAddresses);
      if (candidates[vlan % candidates.length] === FOREIGN_ADDRESS) won.push(vlan);
    }
    this.#order(vlanSet(won));
  }

  /** Blocks first, then releases; the engine takes its time for each. */
  #order(vlans: VlanSet): void {
    this.#world.say(`the foreign PE, ${this.#phase}: forwards ${vlansText(vlans)}`);
    const life = this.#life;
    const later = (run: () => void): void => {
      this.#engineFreeAt = Math.max(this.#engineFreeAt, this.#world.now) + this.#world.between(0.1, 2);
      this.#world.at(this.#engineFreeAt, () => {
        if (this.#life !== life) return;
        run();
        this.#world.look();
      });
    };
    const { forwarder } = this;
    later(() => {
      forwarder.forwarding = difference(forwarder.forwarding, difference(forwarder.forwarding, vlans));
    });
    later(() => {
      if (forwarder.isPortUp) forwarder.forwarding = difference(union(forwarder.forwarding, vlans), this.#circuitsDown);
    });
  }
}
