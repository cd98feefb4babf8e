/**
 * Addresses that another PE knew behind the segment when a VLAN came from there. A station that is silent since is nowhere else
 * known any more: our bridge has not heard it, and the other's has forgotten it. Yet the transfer network sends its frames here,
 * because we said so; so the next PE has to hear of it, to say it again.
 *
 * They count for as long as a bridge would know them, and in each VLAN until somebody hears them elsewhere.
 */
import { type VlanSet, vlansOf } from '../decision/vlan-set.ts';

/** The ageing time of IEEE 802.1Q, 8.8.3. */
const KNOWN_MS = 300_000;
/** After the VLAN has gone on: until the next PE has taken them over. */
const GONE_MS = 10_000;
/** Further ones are left out. */
const MACS_MAX = 131_072;

export class Inherited {
  /** By VLAN and address: until when. */
  readonly #vlans = new Map<number, Map<number, number>>();
  #size = 0;

  take(vlan: number, macs: Iterable<number>, now = performance.now()): void {
    let known = this.#vlans.get(vlan);
    if (known === undefined) {
      known = new Map();
      this.#vlans.set(vlan, known);
    }
    for (const mac of macs) {
      if (!known.has(mac)) {
        if (this.#size === MACS_MAX) return;
        this.#size += 1;
      }
      known.set(mac, now + KNOWN_MS);
    }
  }

  /** The VLANs go to another PE. */
  pass(vlans: VlanSet, now = performance.now()): void {
    if (this.#size === 0) return;
    for (const vlan of vlansOf(vlans)) {
      const known = this.#vlans.get(vlan);
      if (known === undefined) continue;
      for (const [mac, until] of known) known.set(mac, Math.min(until, now + GONE_MS));
    }
  }

  /** Those that still count, and are not heard elsewhere. */
  of(vlan: number, elsewhere: ReadonlySet<number>, now = performance.now()): Iterable<number> {
    const known = this.#vlans.get(vlan);
    if (known === undefined) return [];
    for (const [mac, until] of known) {
      if (until > now && !elsewhere.has(mac)) continue;
      known.delete(mac);
      this.#size -= 1;
    }
    if (known.size === 0) this.#vlans.delete(vlan);
    return known.keys();
  }
}
