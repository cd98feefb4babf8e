/**
 * Keys that a table does not hold: whoever creates many rows asks for each of them, again and again, whether it exists.
 * After some that did not, the nearest keys on both sides tell between which there is nothing. Snapshots do not change, so
 * what is absent stays so.
 */
import { prefixLength, type Reading, type Table } from '../lmdb/table.ts';

/** How often a look at the neighbours has to pay before the next is taken as early. */
const worthwhile = 8;
const firstPatience = 4;
const largestPatience = 4096;

export class Absent {
  readonly #table: Table;
  readonly #reading: Reading;
  #from = '';
  #to = '';
  #hits = 0;
  #misses = 0;
  /** How many keys have to be missing before the neighbours are looked at. */
  #patience = firstPatience;

  constructor(table: Table, reading: Reading) {
    this.#table = table;
    this.#reading = reading;
  }

  /** Whether the key is known to be absent. */
  has(key: string): boolean {
    if (key <= this.#from || key >= this.#to || key.length >= prefixLength) return false;
    this.#hits++;
    return true;
  }

  /** The key was looked for and is not there. */
  missed(key: string): void {
    if (++this.#misses < this.#patience) return;
    this.#misses = 0;
    this.#patience =
      this.#to === '' || this.#hits >= worthwhile ? firstPatience : Math.min(this.#patience * 2, largestPatience);
    this.#hits = 0;
    const gap = this.#table.gap(key, this.#reading);
    this.#from = gap?.from ?? '';
    this.#to = gap?.to ?? '';
  }
}
