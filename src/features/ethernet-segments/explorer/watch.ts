/** How many PEs forward each VLAN, over time. */
import { hasVlan, type VlanSet, vlansOf } from '../decision/vlan-set.ts';
import type { Forwarder, Pair } from './site.ts';

/** More than one PE forwarded a VLAN. Times in milliseconds. */
export interface Overlap {
  readonly vlan: number;
  readonly from: number;
  readonly to: number;
}

/** No PE forwarded a VLAN that one forwarded before. */
export type Gap = Overlap;

export class Watch {
  readonly overlaps: Overlap[] = [];
  readonly gaps: Gap[] = [];
  /** The longest time with two forwarders of a VLAN that hear each other on the CE path. */
  worstHeardMs = 0;
  readonly #vlans: VlanSet;
  readonly #pes: readonly Forwarder[];
  readonly #pairs: readonly Pair[];
  readonly #overlapFrom = new Map<number, number>();
  readonly #gapFrom = new Map<number, number>();
  readonly #heardFrom = new Map<number, number>();

  constructor(vlans: VlanSet, pes: readonly Forwarder[], pairs: readonly Pair[]) {
    this.#vlans = vlans;
    this.#pes = pes;
    this.#pairs = pairs;
  }

  /** The PEs that forward the VLAN now. */
  forwarders(vlan: number): readonly Forwarder[] {
    return this.#pes.filter((pe) => doesForward(pe, vlan));
  }

  /** Looks at all VLANs, whenever anything that forwards has changed; a VLAN that has two forwarders since now. */
  look(now: number): number | undefined {
    let found: number | undefined;
    for (const vlan of vlansOf(this.#vlans)) {
      const count = this.forwarders(vlan).length;
      const overlapFrom = this.#overlapFrom.get(vlan);
      if (count > 1 && overlapFrom === undefined) {
        found = vlan;
        this.#overlapFrom.set(vlan, now);
      } else if (count < 2 && overlapFrom !== undefined) {
        this.#overlapFrom.delete(vlan);
        this.overlaps.push({ vlan, from: overlapFrom, to: now });
      }
      this.#hearing(vlan, now);
      const gapFrom = this.#gapFrom.get(vlan);
      if (count === 0 && gapFrom === undefined) this.#gapFrom.set(vlan, now);
      else if (count > 0 && gapFrom !== undefined) {
        this.#gapFrom.delete(vlan);
        if (gapFrom > 0) this.gaps.push({ vlan, from: gapFrom, to: now });
      }
    }
    return found;
  }

  /** Ends what is still going on, for the lists. */
  close(now: number): void {
    for (const [vlan, from] of this.#overlapFrom) this.overlaps.push({ vlan, from, to: now });
    this.#overlapFrom.clear();
    for (const from of this.#heardFrom.values()) this.worstHeardMs = Math.max(this.worstHeardMs, now - from);
  }

  #hearing(vlan: number, now: number): void {
    const doHear = this.#pairs.some(({ isCePath, ends }) => isCePath && ends.every((pe) => doesForward(pe, vlan)));
    const from = this.#heardFrom.get(vlan);
    if (doHear && from === undefined) this.#heardFrom.set(vlan, now);
    else if (!doHear && from !== undefined) {
      this.#heardFrom.delete(vlan);
      this.worstHeardMs = Math.max(this.worstHeardMs, now - from);
    }
  }
}

function doesForward(pe: Forwarder, vlan: number): boolean {
  return pe.isAlive && pe.isPortUp && hasVlan(pe.forwarding, vlan);
}
