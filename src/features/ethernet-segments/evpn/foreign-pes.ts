/**
 * The foreign PEs of one segment, as their routes say: an ES route makes a candidate, A-D routes with the candidate's address
 * as next hop say what it can serve. Several sessions may tell the same (route reflectors): a route is there while one tells
 * it.
 */
import type { Advert } from '../decision/message.ts';
import { NO_VLANS, type VlanSet, vlanSet } from '../decision/vlan-set.ts';
import { type DfElection, NO_DF_ELECTION } from './communities.ts';

/** Candidates at most; ES routes of further ones are not taken. */
export const CANDIDATES_MAX = 64;

interface Pe {
  /** By who tells it. */
  readonly elections: Map<string, DfElection>;
  /** Number of A-D routes of the whole segment. */
  segmentRoutes: number;
  /** Number of A-D routes, by VLAN. */
  readonly vlanRoutes: Map<number, number>;
}

export class ForeignPes {
  /** Of the segment. */
  vlans: VlanSet;
  readonly #pes = new Map<string, Pe>();

  constructor(vlans: VlanSet) {
    this.vlans = vlans;
  }

  addresses(): Iterable<string> {
    return this.#pes.keys();
  }

  /** Returns whether there was room. */
  addElection(address: string, by: string, election: DfElection): boolean {
    const pe = this.#of(address);
    if (pe.elections.size === 0 && this.#candidates() >= CANDIDATES_MAX) {
      this.#tidy(address, pe);
      return false;
    }
    pe.elections.set(by, election);
    return true;
  }

  removeElection(address: string, by: string): void {
    const pe = this.#of(address);
    pe.elections.delete(by);
    this.#tidy(address, pe);
  }

  /** `change`: 1 or -1. */
  countSegmentRoute(address: string, change: number): void {
    const pe = this.#of(address);
    pe.segmentRoutes += change;
    this.#tidy(address, pe);
  }

  countVlanRoute(address: string, vlan: number, change: number): void {
    const pe = this.#of(address);
    const count = (pe.vlanRoutes.get(vlan) ?? 0) + change;
    if (count === 0) pe.vlanRoutes.delete(vlan);
    else pe.vlanRoutes.set(vlan, count);
    this.#tidy(address, pe);
  }

  /** undefined: no ES route of the PE is there. */
  advertOf(address: string): Advert | undefined {
    const pe = this.#pes.get(address);
    if (pe === undefined || pe.elections.size === 0) return undefined;
    // Several that tell different things at a time are on their way to telling the same: any order that does not change.
    const [by = ''] = [...pe.elections.keys()].sort();
    const election = pe.elections.get(by) ?? NO_DF_ELECTION;
    return { ...election, able: this.#ableOf(pe, election), draining: false, pins: [] };
  }

  /** RFC 8584 section 4: without AC-DF the ES route alone counts. */
  #ableOf({ segmentRoutes, vlanRoutes }: Pe, { acDf }: DfElection): VlanSet {
    if (!acDf) return this.vlans;
    return segmentRoutes === 0 ? NO_VLANS : vlanSet(vlanRoutes.keys());
  }

  #candidates(): number {
    let count = 0;
    for (const { elections } of this.#pes.values()) if (elections.size > 0) count += 1;
    return count;
  }

  #of(address: string): Pe {
    const known = this.#pes.get(address);
    if (known !== undefined) return known;
    const pe: Pe = { elections: new Map(), segmentRoutes: 0, vlanRoutes: new Map() };
    this.#pes.set(address, pe);
    return pe;
  }

  #tidy(address: string, pe: Pe): void {
    if (pe.elections.size === 0 && pe.segmentRoutes === 0 && pe.vlanRoutes.size === 0) this.#pes.delete(address);
  }
}
