/** MAC addresses by VLAN. An address is a number of 48 bits: a set of numbers is a third of one of texts. */

export type MacChange = (vlan: number, mac: number, isThere: boolean) => void;

export class MacTable {
  readonly #vlans = new Map<number, Set<number>>();
  readonly #listeners = new Set<MacChange>();
  #size = 0;

  /** Addresses in all VLANs. */
  get size(): number {
    return this.#size;
  }

  of(vlan: number): ReadonlySet<number> {
    return this.#vlans.get(vlan) ?? NONE;
  }

  vlans(): Iterable<number> {
    return this.#vlans.keys();
  }

  /** Returns whether it was new. */
  add(vlan: number, mac: number): boolean {
    let macs = this.#vlans.get(vlan);
    if (macs === undefined) {
      macs = new Set();
      this.#vlans.set(vlan, macs);
    } else if (macs.has(mac)) return false;
    macs.add(mac);
    this.#size += 1;
    for (const listener of this.#listeners) listener(vlan, mac, true);
    return true;
  }

  /** Returns whether it was there. */
  remove(vlan: number, mac: number): boolean {
    const macs = this.#vlans.get(vlan);
    if (macs?.delete(mac) !== true) return false;
    if (macs.size === 0) this.#vlans.delete(vlan);
    this.#size -= 1;
    for (const listener of this.#listeners) listener(vlan, mac, false);
    return true;
  }

  /** Calls the listener with every change until the function returned is called. */
  onChange(listener: MacChange): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

const NONE: ReadonlySet<number> = new Set();

/** 64 bits that say what addresses a VLAN has, in whatever order they came. */
export interface Digest {
  readonly high: number;
  readonly low: number;
}

/**
 * Exclusive or over a mix of each address. The key is new for every session, so that nobody behind a CE can choose
 * addresses whose difference does not show.
 */
export function digestOf(macs: Iterable<number>, key: number): Digest {
  let [high, low] = [0, 0];
  for (const mac of macs) {
    const upper = Math.floor(mac / 0x1_0000_0000) >>> 0;
    const first = mixed(mixed(mac >>> 0, key), upper);
    high ^= first;
    low ^= mixed(first, mac >>> 0);
  }
  return { high: high >>> 0, low: low >>> 0 };
}

/** Finalizer of MurmurHash3. */
function mixed(value: number, key: number): number {
  let hash = value ^ key;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) + 0x9e37_79b9;
}
