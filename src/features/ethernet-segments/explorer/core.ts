/**
 * The core between simulated PEs, by pairs: liveness detection that takes its time, and connections that delay, that the core
 * cuts and either end gives up.
 */
import type { Event } from '../decision/event.ts';
import type { Message } from '../decision/message.ts';
import type { Pair, Pe } from './site.ts';

/** Whose time it is, and who takes events. */
export interface Clockwork {
  readonly now: number;
  at(ms: number, run: () => void): void;
  between(from: number, to: number): number;
  step(pe: Pe, event: Event): void;
}

export class Core {
  readonly pairs: readonly Pair[];
  readonly #world: Clockwork;
  #connections = 0;

  constructor(pes: readonly Pe[], world: Clockwork) {
    this.#world = world;
    const pairs: Pair[] = [];
    for (const [at, a] of pes.entries()) {
      for (const b of pes.slice(at + 1)) {
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
    this.pairs = pairs;
  }

  pair(at: number): Pair {
    return this.pairs[at % this.pairs.length] as Pair;
  }

  of(a: string, b: string): Pair {
    return this.pairs.find(({ ends }) => ends.every(({ address }) => address === a || address === b)) as Pair;
  }

  #hasPath({ ends: [a, b], isCorePath }: Pair): boolean {
    return isCorePath && a.isAlive && b.isAlive && !a.isIsolated && !b.isIsolated;
  }

  /** Liveness detection of every pair begins to notice. */
  changed(): void {
    for (const pair of this.pairs) {
      const hasPath = this.#hasPath(pair);
      if (pair.hadPath !== hasPath) pair.changes += 1;
      pair.hadPath = hasPath;
      const { changes } = pair;
      for (const [end, pe] of pair.ends.entries()) {
        if (!pe.isAlive || pair.alive[end as 0 | 1] === hasPath) continue;
        const { life } = pe;
        const detection = this.#world.between(20, 40);
        if (!hasPath) this.#grewLate(pair, end, detection);
        this.#world.at(this.#world.now + detection, () => {
          if (pe.life !== life || !pe.isAlive || pair.changes !== changes) return;
          if (pair.alive[end as 0 | 1] === hasPath) return;
          pair.alive[end as 0 | 1] = hasPath;
          this.#world.step(pe, { type: 'liveness', peer: (pair.ends[1 - end] as Pe).address, alive: hasPath });
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
    this.#world.at(this.#world.now + this.#world.between(0.4, 1) * detectionMs, () => {
      const isStill = pe.isAlive && pe.control === control && pair.alive[end as 0 | 1];
      if (!isStill || pair.changes !== changes) return;
      this.#world.step(pe, { type: 'late', peer, on: true });
      this.#world.at(this.#world.now + this.#world.between(0, detectionMs), () => {
        if (pe.isAlive && pe.control === control && pair.alive[end as 0 | 1] && this.#hasPath(pair))
          this.#world.step(pe, { type: 'late', peer, on: false });
      });
    });
  }

  #connect(pair: Pair): void {
    if (pair.connection !== 0 || pair.isConnecting || !this.#hasPath(pair)) return;
    pair.isConnecting = true;
    this.#world.at(this.#world.now + this.#world.between(20, 120), () => {
      pair.isConnecting = false;
      if (pair.connection !== 0 || !this.#hasPath(pair)) return;
      if (!pair.alive[0] || !pair.alive[1]) return this.#connect(pair);
      pair.connection = ++this.#connections;
      pair.lastAt[0] = pair.lastAt[1] = this.#world.now;
      pair.queues[0].length = pair.queues[1].length = 0;
      const { connection } = pair;
      for (const end of [0, 1] as const) {
        const pe = pair.ends[end];
        this.#world.at(this.#world.now + this.#world.between(0, 15), () => {
          if (pair.connection !== connection || pair.dropped === connection || !pe.isAlive) return;
          pair.session[end] = true;
          this.#world.step(pe, { type: 'session', peer: pair.ends[end === 0 ? 1 : 0].address, up: true });
        });
      }
    });
  }

  send(pe: Pe, address: string, message: Message): void {
    const pair = this.of(pe.address, address);
    const end = pair.ends.indexOf(pe) as 0 | 1;
    if (!pair.session[end] || pair.connection === 0) return;
    const to = pair.ends[end === 0 ? 1 : 0];
    const { connection } = pair;
    const at = Math.max(this.#world.now + this.#world.between(0.2, 8), pair.lastAt[end]);
    pair.lastAt[end] = at;
    pair.queues[end].push(message);
    const deliver = (): void => {
      if (pair.connection !== connection || !to.isAlive) return;
      // Sent again by TCP; later ones wait behind it.
      if (!this.#hasPath(pair) || !pair.session[end === 0 ? 1 : 0]) {
        pair.lastAt[end] = Math.max(pair.lastAt[end], this.#world.now + 10);
        this.#world.at(this.#world.now + 10, deliver);
        return;
      }
      const first = pair.queues[end].shift();
      if (first !== undefined) this.#world.step(to, { type: 'message', peer: pe.address, message: first });
    };
    this.#world.at(at, deliver);
  }

  /** One end gives the connection up: the other hears of it where there is a path. */
  drop(pair: Pair, end: number): void {
    if (pair.connection === 0) return;
    const { connection } = pair;
    pair.session[end as 0 | 1] = false;
    pair.dropped = connection;
    const other = (1 - end) as 0 | 1;
    const tell = (): void => {
      if (pair.connection !== connection) return;
      const pe = pair.ends[other];
      if (pe.isAlive && pair.session[other] && !this.#hasPath(pair)) {
        this.#world.at(this.#world.now + 10, tell);
        return;
      }
      pair.connection = 0;
      const had = pair.session[other];
      pair.session[other] = false;
      if (pe.isAlive && had)
        this.#world.step(pe, { type: 'session', peer: pair.ends[end as 0 | 1].address, up: false });
      this.#connect(pair);
    };
    this.#world.at(this.#world.now + this.#world.between(0.2, 8), tell);
  }

  break(pair: Pair): void {
    pair.connection = 0;
    for (const end of [0, 1] as const) {
      const pe = pair.ends[end];
      const { control } = pe;
      const peer = pair.ends[end === 0 ? 1 : 0].address;
      pair.session[end] = false;
      this.#world.at(this.#world.now + this.#world.between(0, 20), () => {
        if (pe.isAlive && pe.control === control && !pair.session[end]) {
          this.#world.step(pe, { type: 'session', peer, up: false });
        }
      });
    }
    this.#world.at(this.#world.now + 25, () => this.#connect(pair));
  }
}
