/** A table of addresses that several routes may announce: an address is in it while one of them does. */
import type { MacTable } from '../exchange/mac-table.ts';

export class CountedMacs {
  readonly #table: MacTable;
  /** Of addresses that more than one route announces. */
  readonly #more = new Map<string, number>();

  constructor(table: MacTable) {
    this.#table = table;
  }

  add(vlan: number, mac: number): void {
    if (this.#table.add(vlan, mac)) return;
    const key = `${vlan} ${mac}`;
    this.#more.set(key, (this.#more.get(key) ?? 0) + 1);
  }

  remove(vlan: number, mac: number): void {
    const key = `${vlan} ${mac}`;
    const more = this.#more.get(key) ?? 0;
    if (more === 0) this.#table.remove(vlan, mac);
    else if (more === 1) this.#more.delete(key);
    else this.#more.set(key, more - 1);
  }
}
