/**
 * Small values that outlive a restart beside the configuration and are none: what an operator has commanded. Named by who
 * owns them:
 *
 *     owner NUL name → text
 *
 * All of them are in memory. Bounds: what one owner keeps follows from the configuration (a value for each of its entries);
 * a value has LONGEST characters at most.
 */

import { END } from './key/key.ts';
import { fromUtf8, toUtf8 } from './key/key-codec.ts';
import type { Environment } from './lmdb/environment.ts';
import type { Reading } from './lmdb/table.ts';
import { WriteSet } from './lmdb/write-set.ts';

export const LONGEST = 65_536;

export class KeptValues {
  readonly #environment: Environment;
  readonly #byOwner = new Map<string, Map<string, string>>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  load(reading: Reading): void {
    for (const [key, value] of this.#environment.tables.kept.range('\0', END, reading)) {
      const end = key.indexOf('\0');
      this.#of(fromUtf8(key.slice(0, end))).set(fromUtf8(key.slice(end + 1)), fromUtf8(value));
    }
  }

  /** By name. */
  of(owner: string): ReadonlyMap<string, string> {
    return this.#of(owner);
  }

  /**
   * One durable transaction; undefined removes. Throws a fault where the disk takes it not: nothing has changed then. The
   * caller writes one after the other.
   */
  async write(owner: string, changes: ReadonlyMap<string, string | undefined>): Promise<void> {
    const set = new WriteSet();
    for (const [name, text] of changes) {
      const key = `${toUtf8(owner)}\0${toUtf8(name)}`;
      if (text === undefined) set.remove('kept', key);
      else if (text.length > LONGEST) throw new Error(`${owner}: the value of ${name} has ${text.length} characters`);
      else set.put('kept', key, toUtf8(text));
    }
    await set.write(this.#environment);
    const values = this.#of(owner);
    for (const [name, text] of changes) {
      if (text === undefined) values.delete(name);
      else values.set(name, text);
    }
  }

  #of(owner: string): Map<string, string> {
    let values = this.#byOwner.get(owner);
    if (values === undefined) {
      values = new Map();
      this.#byOwner.set(owner, values);
    }
    return values;
  }
}
