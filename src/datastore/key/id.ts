/**
 * Stable numbers of schema nodes. A node gets its number when it is first seen and keeps it for ever, whatever the
 * schema becomes; rows and columns are stored under numbers, so a renamed or removed node never turns into another.
 */

/** Below 0xffffff, so that three bytes of 0xff end every range of keys. */
const highest = 0xfffff0;

export class IdTable {
  readonly #ids = new Map<string, number>();
  #next = 1;
  #fresh: [string, number][] = [];

  /** `known` are the numbers given before, from the `ids` database. */
  constructor(known: Iterable<readonly [string, number]> = []) {
    for (const [name, id] of known) {
      this.#ids.set(name, id);
      if (id >= this.#next) this.#next = id + 1;
    }
  }

  /** The number of a name; a new one where there is none yet. */
  of(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#next++;
    if (id > highest) throw new Error('more schema nodes than numbers');
    this.#ids.set(name, id);
    this.#fresh.push([name, id]);
    return id;
  }

  has(name: string): boolean {
    return this.#ids.has(name);
  }

  /** A further name for the number of a name that is there. */
  alias(name: string, of: string): number {
    const id = this.of(of);
    this.#ids.set(name, id);
    this.#fresh.push([name, id]);
    return id;
  }

  /** Numbers given since the last call, which the caller has to persist before anything is stored under them. */
  takeFresh(): readonly (readonly [string, number])[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  names(): Iterable<readonly [string, number]> {
    return this.#ids;
  }
}

/** A number as the three bytes that keys hold. */
export function idBytes(id: number): string {
  return String.fromCharCode(id >>> 16, (id >>> 8) & 0xff, id & 0xff);
}

export function readId(bytes: string, at: number): number {
  return (bytes.charCodeAt(at) << 16) | (bytes.charCodeAt(at + 1) << 8) | bytes.charCodeAt(at + 2);
}
