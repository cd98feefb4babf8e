/**
 * Which connections may stay. Whole connections are limited in all and per source. Connections that have not logged in
 * are limited too, but a new one is never refused for them: the oldest silent one of the source that holds most of them has to go,
 * so that hundreds of half-open sockets cannot delay a login.
 */

export interface AdmissionLimits {
  /** Connections in all; the next is refused. */
  readonly total: number;
  /** Connections of one source address; the next is refused. */
  readonly perSource: number;
  /** Connections that have not logged in, in all; for the next an older one is dropped. */
  readonly halfOpen: number;
  /** Connections of one source address that have not logged in; for the next an older one is dropped. */
  readonly halfOpenPerSource: number;
}

export interface Admitted {
  /** The client has sent its identification. */
  spoke(): void;
  /** Logged in: it counts as half-open no longer. */
  opened(): void;
  closed(): void;
}

interface HalfOpen {
  readonly source: string;
  silent: boolean;
  readonly drop: () => void;
}

export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #connections = new Map<string, number>();
  #total = 0;
  /** In order of arrival. */
  readonly #halfOpen = new Set<HalfOpen>();
  readonly #halfOpenOf = new Map<string, number>();
  #refused = 0;
  #dropped = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Connections refused, and half-open ones dropped, since the start. */
  get counters(): { readonly refused: number; readonly dropped: number } {
    return { refused: this.#refused, dropped: this.#dropped };
  }

  /** Undefined: the connection has to be closed. `drop` is called when it has to make room for another. */
  enter(source: string, drop: () => void): Admitted | undefined {
    const ofSource = this.#connections.get(source) ?? 0;
    const full = this.#total >= this.#limits.total || ofSource >= this.#limits.perSource;
    // A half-open connection in the way of a new one makes room; those that are logged in do not.
    const room = full && this.#evict(ofSource >= this.#limits.perSource ? source : undefined);
    if (full && !room) {
      this.#refused++;
      return undefined;
    }
    if ((this.#halfOpenOf.get(source) ?? 0) >= this.#limits.halfOpenPerSource) this.#evict(source);
    if (this.#halfOpen.size >= this.#limits.halfOpen) this.#evict(this.#heaviestSource());
    return this.#add(source, drop);
  }

  #add(source: string, drop: () => void): Admitted {
    this.#total++;
    increase(this.#connections, source);
    const halfOpen: HalfOpen = { source, silent: true, drop };
    this.#halfOpen.add(halfOpen);
    increase(this.#halfOpenOf, source);
    let counted = true;
    return {
      spoke: () => {
        halfOpen.silent = false;
      },
      opened: () => this.#leaveHalfOpen(halfOpen),
      closed: () => {
        if (!counted) return;
        counted = false;
        this.#leaveHalfOpen(halfOpen);
        this.#total--;
        decrease(this.#connections, source);
      },
    };
  }

  #leaveHalfOpen(halfOpen: HalfOpen): void {
    if (this.#halfOpen.delete(halfOpen)) decrease(this.#halfOpenOf, halfOpen.source);
  }

  /** Drops the oldest silent half-open connection (of the source), or the oldest where all have spoken. */
  #evict(source: string | undefined): boolean {
    let victim: HalfOpen | undefined;
    for (const halfOpen of this.#halfOpen) {
      if (source !== undefined && halfOpen.source !== source) continue;
      victim ??= halfOpen;
      if (halfOpen.silent) {
        victim = halfOpen;
        break;
      }
    }
    if (victim === undefined) return false;
    this.#leaveHalfOpen(victim);
    this.#dropped++;
    victim.drop();
    return true;
  }

  #heaviestSource(): string | undefined {
    let heaviest: string | undefined;
    let most = 0;
    for (const [source, count] of this.#halfOpenOf) {
      if (count > most) {
        most = count;
        heaviest = source;
      }
    }
    return heaviest;
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function decrease(counts: Map<string, number>, key: string): void {
  const count = (counts.get(key) ?? 0) - 1;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
