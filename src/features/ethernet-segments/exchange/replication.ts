/**
 * A table of addresses at one PE, and its replica at another. Only what differs is sent: at the start of a session the
 * replica says a digest for each VLAN, and the VLANs with another one are sent whole; then each change. The replica keeps
 * what it has meanwhile: nobody waits for a transfer.
 *
 * What waits is bounded by what there is, never by how much happened: of an address only the last change waits. Above
 * PENDING_MAX changes a VLAN waits as a whole, and its changes are forgotten.
 */
import {
  GROUP_HEADER,
  MAC_OCTETS,
  MACS_HEADER,
  type MacGroup,
  type MacSet,
  type MacsBody,
  Operation,
  SUMMARY_VLANS,
  type SummaryBody,
} from './mac-codec.ts';
import { digestOf, type MacTable } from './mac-table.ts';

export const PENDING_MAX = 8_192;
const HIGHEST_VLAN = 4_094;

/** Sends one table over one session. */
export class MacSender {
  readonly #esi: Uint8Array;
  readonly #set: MacSet;
  readonly #table: MacTable;
  readonly #stop: () => void;
  /** VLANs below it were compared; changes of the others show when they are. */
  #comparedTo = 0;
  readonly #pending = new Map<number, Map<number, boolean>>();
  #pendingSize = 0;
  /** VLANs that wait as a whole, and the one that is being sent. */
  readonly #whole = new Set<number>();
  #sending: { readonly vlan: number; readonly macs: Iterator<number> } | undefined;

  constructor(esi: Uint8Array, set: MacSet, table: MacTable) {
    this.#esi = esi;
    this.#set = set;
    this.#table = table;
    this.#stop = table.onChange((vlan, mac, isThere) => this.#changed(vlan, mac, isThere));
  }

  close(): void {
    this.#stop();
  }

  get isIdle(): boolean {
    return this.#pendingSize === 0 && this.#whole.size === 0 && this.#sending === undefined;
  }

  /** Changes that wait one by one. */
  get pending(): number {
    return this.#pendingSize;
  }

  /** Takes what the replica has; a problem where it is not the next range. */
  onSummary({ key, first, last, digests }: SummaryBody): string | undefined {
    if (first !== this.#comparedTo) return `a summary from VLAN ${first} in place of ${this.#comparedTo}`;
    for (let vlan = first; vlan <= last; vlan += 1) {
      const macs = this.#table.of(vlan);
      const theirs = digests.get(vlan);
      if (macs.size === 0 && theirs === undefined) continue;
      const ours = macs.size === 0 ? undefined : digestOf(macs, key);
      if (ours?.high !== theirs?.high || ours?.low !== theirs?.low) this.#whole.add(vlan);
    }
    this.#comparedTo = last + 1;
    return undefined;
  }

  /** The next body, of at most `octets`; undefined: nothing to send. */
  take(octets: number): MacsBody | undefined {
    const groups: MacGroup[] = [];
    let room = octets - MACS_HEADER;
    const put = (operation: Operation, vlan: number, macs: readonly number[]): void => {
      groups.push({ operation, vlan, macs });
      room -= GROUP_HEADER + macs.length * MAC_OCTETS;
    };
    this.#takePending(put, () => room);
    // An end of a VLAN needs a header; an address one more.
    while (room >= 2 * GROUP_HEADER + MAC_OCTETS && this.#takeWhole(put, room));
    return groups.length === 0 ? undefined : { esi: this.#esi, set: this.#set, groups };
  }

  #takePending(put: Put, room: () => number): void {
    for (const [vlan, changes] of this.#pending) {
      for (const isThere of [true, false]) {
        const macs: number[] = [];
        const most = Math.floor((room() - GROUP_HEADER) / MAC_OCTETS);
        for (const [mac, its] of changes) {
          if (macs.length >= most) break;
          if (its === isThere) macs.push(mac);
        }
        for (const mac of macs) changes.delete(mac);
        this.#pendingSize -= macs.length;
        if (macs.length > 0) put(isThere ? Operation.add : Operation.remove, vlan, macs);
      }
      if (changes.size > 0) return;
      this.#pending.delete(vlan);
    }
  }

  /** Returns whether there may be more. */
  #takeWhole(put: Put, room: number): boolean {
    if (this.#sending === undefined) {
      const [vlan] = this.#whole;
      if (vlan === undefined) return false;
      this.#whole.delete(vlan);
      this.#sending = { vlan, macs: this.#table.of(vlan)[Symbol.iterator]() };
      put(Operation.begin, vlan, []);
      return true;
    }
    const { vlan, macs } = this.#sending;
    const most = Math.floor((room - 2 * GROUP_HEADER) / MAC_OCTETS);
    const some: number[] = [];
    let next = some.length < most ? macs.next() : undefined;
    while (next !== undefined && next.done !== true) {
      some.push(next.value);
      next = some.length < most ? macs.next() : undefined;
    }
    if (some.length > 0) put(Operation.add, vlan, some);
    if (next?.done === true) {
      put(Operation.end, vlan, []);
      this.#sending = undefined;
    }
    return true;
  }

  #changed(vlan: number, mac: number, isThere: boolean): void {
    if (vlan >= this.#comparedTo || this.#whole.has(vlan)) return;
    let changes = this.#pending.get(vlan);
    if (changes === undefined) {
      changes = new Map();
      this.#pending.set(vlan, changes);
    }
    if (!changes.has(mac)) this.#pendingSize += 1;
    changes.set(mac, isThere);
    if (this.#pendingSize <= PENDING_MAX) return;
    this.#pendingSize -= changes.size;
    this.#pending.delete(vlan);
    if (this.#sending?.vlan === vlan) this.#sending = undefined;
    this.#whole.add(vlan);
  }
}

type Put = (operation: Operation, vlan: number, macs: readonly number[]) => void;

/** What another PE has, as far as we know; outlives sessions. */
export class MacReplica {
  readonly table: MacTable;
  readonly #limit: number;
  /** Of VLANs that are being sent whole: what is not there any more as far as was sent. */
  readonly #unsent = new Map<number, Set<number>>();
  #refused = 0;

  constructor(table: MacTable, limit = 262_144) {
    this.table = table;
    this.#limit = limit;
  }

  /** Addresses above the limit that were not taken; the next session sends them again. */
  get refused(): number {
    return this.#refused;
  }

  /** What we have, for each range of VLANs; ends what an earlier session left half done. */
  *summaries(esi: Uint8Array, set: MacSet, key: number): Generator<SummaryBody> {
    this.#unsent.clear();
    for (let first = 0; first <= HIGHEST_VLAN; first += SUMMARY_VLANS) {
      const last = Math.min(first + SUMMARY_VLANS - 1, HIGHEST_VLAN);
      const digests = new Map();
      for (let vlan = first; vlan <= last; vlan += 1) {
        const macs = this.table.of(vlan);
        if (macs.size > 0) digests.set(vlan, digestOf(macs, key));
      }
      yield { esi, set, key, first, last, digests };
    }
  }

  apply({ groups }: MacsBody): void {
    for (const { operation, vlan, macs } of groups) {
      const unsent = this.#unsent.get(vlan);
      switch (operation) {
        case Operation.add:
          for (const mac of macs) {
            unsent?.delete(mac);
            if (this.table.size < this.#limit) this.table.add(vlan, mac);
            else if (!this.table.of(vlan).has(mac)) this.#refused += 1;
          }
          break;
        case Operation.remove:
          for (const mac of macs) {
            unsent?.delete(mac);
            this.table.remove(vlan, mac);
          }
          break;
        case Operation.begin:
          this.#unsent.set(vlan, new Set(this.table.of(vlan)));
          break;
        case Operation.end:
          for (const mac of unsent ?? []) this.table.remove(vlan, mac);
          this.#unsent.delete(vlan);
      }
    }
  }
}
