/** Whether peers live, and whether this PE reaches the transfer network: BFD sessions and links → events of the decision. */
import { BfdState, type QueryReply } from '../../../engine/gen/sluice_pb.js';
import type { CoreTracking } from '../decision/event.ts';
import { bfdPeers, type ForeignEdge, type ProviderEdge, peerSession, targetSession } from '../model.ts';
import type { SegmentEngine } from './engine.ts';

/** The longest that targets have to answer when they are asked. */
const CHECK_MS = 1000;

/** As the engine says of a session, by a query or an event. */
export interface BfdReport {
  readonly state: BfdState;
  readonly diagnostic: number;
  /** CLOCK_REALTIME of the last change. */
  readonly sinceNs: bigint;
  /** Whether it was up before. */
  readonly hasBeenUp: boolean;
}

export interface TrackingEvents {
  readonly onLiveness: (peer: string, alive: boolean) => void;
  /** A peer that lives has not been heard for most of its detection time, or has been again. */
  readonly onLate: (peer: string, late: boolean) => void;
  readonly onTracking: (tracking: CoreTracking) => void;
}

export class Tracking {
  readonly #events: TrackingEvents;
  readonly #engine: Pick<SegmentEngine, 'bfdAsk'>;
  readonly #sessions = new Map<string, BfdReport>();
  readonly #linksDown = new Set<string>();
  /** By session of a target: until when it is left out unless it answers. */
  readonly #until = new Map<string, number>();
  readonly #alive = new Map<string, boolean>();
  #edge: ProviderEdge | undefined;
  /** Ours and foreign ones. */
  #peers: readonly ForeignEdge[] = [];
  #tracking: CoreTracking = 'full';
  #timer: NodeJS.Timeout | undefined;
  readonly #late = new Set<string>();
  /** Of one turn of the event loop. */
  #checking: Promise<boolean> | undefined;

  constructor(events: TrackingEvents, engine: Pick<SegmentEngine, 'bfdAsk'>) {
    this.#events = events;
    this.#engine = engine;
  }

  get tracking(): CoreTracking {
    return this.#tracking;
  }

  /** Undefined: nothing says so but a session with it (no BFD). */
  isAlive(peer: string): boolean | undefined {
    const found = this.#peers.find(({ address }) => address === peer);
    if (found?.bfd === undefined) return undefined;
    return this.#sessions.get(peerSession(peer))?.state === BfdState.BFD_UP;
  }

  session(name: string): BfdReport | undefined {
    return this.#sessions.get(name);
  }

  isCounted(target: string): boolean {
    const name = targetSession(target);
    return this.#sessions.get(name)?.hasBeenUp === true || performance.now() >= (this.#until.get(name) ?? 0);
  }

  /** Takes the configuration, and what a query said of all sessions and links. */
  sync(edge: ProviderEdge | undefined, sessions: ReadonlyMap<string, BfdReport>, linksDown: Iterable<string>): void {
    this.#edge = edge;
    this.#peers = edge === undefined ? [] : bfdPeers(edge);
    this.#sessions.clear();
    for (const [name, report] of sessions) this.#sessions.set(name, report);
    this.#linksDown.clear();
    for (const port of linksDown) this.#linksDown.add(port);
    // What the engine would say by an event may have been lost.
    for (const peer of this.#late) this.#setLate(peer, false);
    const targets = new Set((edge?.targets ?? []).map(({ address }) => targetSession(address)));
    for (const name of this.#until.keys()) if (!targets.has(name)) this.#until.delete(name);
    const until = performance.now() + (edge?.initialSeconds ?? 0) * 1000;
    for (const name of targets) this.#until.set(name, Math.min(this.#until.get(name) ?? until, until));
    this.#judge();
  }

  onBfd(name: string, report: Omit<BfdReport, 'hasBeenUp'>, late: boolean): void {
    const before = this.#sessions.get(name);
    const hasBeenUp = before?.hasBeenUp === true || report.state === BfdState.BFD_UP;
    const peer = this.#peers.find(({ address }) => peerSession(address) === name)?.address;
    const isLateness = peer !== undefined && this.#late.has(peer) !== late && before?.state === report.state;
    // `sinceNs` is of the state, and lateness no change of it.
    if (!isLateness) this.#sessions.set(name, { ...report, hasBeenUp });
    this.#judge();
    if (peer !== undefined) this.#setLate(peer, late);
  }

  /**
   * Whether all targets of core tracking answer now, and no uplink says otherwise: what is known of them may be as old as
   * their detection time.
   */
  check(): Promise<boolean> {
    if (this.#checking === undefined) {
      this.#checking = this.#check();
      setImmediate(() => {
        this.#checking = undefined;
      });
    }
    return this.#checking;
  }

  onLink(port: string, isUp: boolean): void {
    if (isUp) this.#linksDown.delete(port);
    else this.#linksDown.add(port);
    this.#judge();
  }

  async #check(): Promise<boolean> {
    if (this.#tracking !== 'full') return false;
    const targets = (this.#edge?.targets ?? []).filter(({ address }) => this.isCounted(address));
    if (targets.length === 0) return true;
    const sessions = targets.map(({ address }) => targetSession(address));
    const silent = await this.#engine.bfdAsk(sessions, CHECK_MS);
    return silent?.length === 0;
  }

  #setLate(peer: string, late: boolean): void {
    if (this.#late.has(peer) === late) return;
    if (late) this.#late.add(peer);
    else this.#late.delete(peer);
    // One that is lost has been told of by its loss.
    if (late || this.isAlive(peer) === true) this.#events.onLate(peer, late);
  }

  /** The engine is away: what it said is forgotten. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#sessions.clear();
    this.#linksDown.clear();
    this.#until.clear();
    this.#alive.clear();
    this.#late.clear();
  }

  #judge(): void {
    for (const { address } of this.#peers) {
      const alive = this.isAlive(address);
      if (alive === undefined) this.#alive.delete(address);
      else if ((this.#alive.get(address) ?? false) !== alive) {
        this.#alive.set(address, alive);
        this.#events.onLiveness(address, alive);
      }
    }
    const tracking = this.#judgeTracking();
    if (tracking === this.#tracking) return;
    this.#tracking = tracking;
    this.#events.onTracking(tracking);
  }

  #judgeTracking(): CoreTracking {
    const { targets = [], uplinks = [] } = this.#edge ?? {};
    if (uplinks.length > 0 && uplinks.every((port) => this.#linksDown.has(port))) return 'isolated';
    const counted = targets.filter(({ address }) => this.isCounted(address));
    if (counted.length < targets.length) this.#judgeAgain();
    const answering = counted.filter(
      ({ address }) => this.#sessions.get(targetSession(address))?.state === BfdState.BFD_UP,
    );
    if (answering.length === counted.length) return 'full';
    return answering.length === 0 ? 'isolated' : 'degraded';
  }

  /** When the next initial time ends. */
  #judgeAgain(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    const next = Math.min(...[...this.#until.values()].filter((until) => until > now));
    if (Number.isFinite(next)) this.#timer = setTimeout(() => this.#judge(), next - now + 1).unref();
  }
}

/** What a query said of all sessions, by the engine's names. */
export function bfdReports(parts: readonly QueryReply[]): ReadonlyMap<string, BfdReport> {
  const sessions = parts.flatMap((part) => part.bfdSessions);
  return new Map(
    sessions.map(({ name, state, diagnostic, sinceNs, becameUp }) => [
      name,
      { state, diagnostic, sinceNs, hasBeenUp: becameUp > 0n },
    ]),
  );
}
