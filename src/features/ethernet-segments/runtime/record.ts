/** What happened to the VLANs of a segment at this PE: since when and why each is what it is, and the last moves. */
import type { Order } from '../agent/segment-agent.ts';
import type { Message } from '../decision/message.ts';
import type { Cause } from '../decision/output.ts';
import { overlaps, type VlanSet, vlansOf } from '../decision/vlan-set.ts';

const MOVES_MAX = 64;
const VLANS = 4095;
/** Times that differ by less are of one change. */
const CLOCK_MS = 100;

/** Times are milliseconds since 1970, with fractions. */
export interface Move {
  readonly number: number;
  readonly vlans: VlanSet;
  readonly state: 'forwarding' | 'blocked';
  readonly cause: Cause;
  readonly redirectTo?: string;
  readonly methods: readonly string[];
  readonly orderedAt: number;
  claimedAt?: number;
  grantedAt?: number;
  effectiveAt?: number;
  notifiedAt?: number;
}

export type RecordedCause = Cause | 'start';

export class SegmentRecord {
  /** The latest first. */
  readonly moves: Move[] = [];
  readonly #since = new Float64Array(VLANS);
  readonly #cause: (RecordedCause | undefined)[] = [];
  /** When a claim of ours went out, or one of a peer came in; when a grant came in. Of what has not moved since. */
  readonly #claimed = new Float64Array(VLANS);
  readonly #granted = new Float64Array(VLANS);
  #number = 0;

  since(vlan: number): number {
    return this.#since[vlan] ?? 0;
  }

  cause(vlan: number): RecordedCause | undefined {
    return this.#cause[vlan];
  }

  /** As the engine says when an agent begins: an engine that began anew knows of no earlier moves. */
  found(vlan: number, since: number): void {
    if (this.#cause[vlan] !== undefined && since < this.since(vlan) + CLOCK_MS) return;
    this.#since[vlan] = since;
    this.#cause[vlan] = 'start';
  }

  sent(message: Message, now: number): void {
    if (message.type === 'claim') mark(this.#claimed, message.vlans, now);
    if (message.type !== 'grant') return;
    for (const move of this.moves) {
      if (move.state === 'blocked' && move.grantedAt === undefined && overlaps(move.vlans, message.vlans)) {
        move.grantedAt = now;
      }
    }
  }

  received(message: Message, now: number): void {
    if (message.type === 'claim') mark(this.#claimed, message.vlans, now);
    if (message.type === 'grant') mark(this.#granted, message.vlans, now);
  }

  ordered(order: Order, methods: readonly string[], now: number): Move {
    const isRelease = order.type === 'release';
    const [claimedAt, grantedAt] = [latest(this.#claimed, order.vlans), latest(this.#granted, order.vlans)];
    this.#number += 1;
    const move: Move = {
      number: this.#number,
      vlans: order.vlans,
      state: isRelease ? 'forwarding' : 'blocked',
      cause: isRelease ? 'election' : order.cause,
      ...(isRelease || order.redirectTo === undefined ? {} : { redirectTo: order.redirectTo }),
      methods,
      orderedAt: now,
      ...(claimedAt > 0 ? { claimedAt } : {}),
      ...(grantedAt > 0 ? { grantedAt } : {}),
    };
    this.moves.unshift(move);
    if (this.moves.length > MOVES_MAX) this.moves.pop();
    return move;
  }

  effective(move: Move, at: number): void {
    move.effectiveAt = at;
    for (const vlan of vlansOf(move.vlans)) {
      this.#since[vlan] = at;
      this.#cause[vlan] = move.cause;
    }
  }

  /** Returns the latest move that the notice is about. */
  notified(vlans: VlanSet, state: Move['state'], now: number): Move | undefined {
    const moves = this.moves.filter((move) => move.state === state && overlaps(move.vlans, vlans));
    for (const move of moves) move.notifiedAt ??= now;
    return moves[0];
  }
}

function mark(times: Float64Array, vlans: VlanSet, now: number): void {
  for (const vlan of vlansOf(vlans)) times[vlan] = now;
}

/** The latest of the VLANs' times, which begin anew. */
function latest(times: Float64Array, vlans: VlanSet): number {
  let last = 0;
  for (const vlan of vlansOf(vlans)) {
    last = Math.max(last, times[vlan] ?? 0);
    times[vlan] = 0;
  }
  return last;
}
