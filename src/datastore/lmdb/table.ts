/**
 * A named database of LMDB with byte strings (latin1) as keys and values, and keys of any length.
 *
 * LMDB takes keys up to 1,978 bytes. A longer one is stored as its first 1,946 bytes and the SHA-256 of the whole, with the
 * whole key (its length as a varint in front) at the head of the value; a stored key of exactly 1,978 bytes is always
 * such a one. Their order in the file is that of the hash, so ranges gather each run with one prefix and sort it.
 */
import { createHash } from 'node:crypto';
import type { Database, RootDatabase, Transaction } from 'lmdb';
import { varint } from '../row/varint.ts';

export const LONGEST_KEY = 1978;
export const prefixLength = LONGEST_KEY - 32;

/** First and largest number of entries that a range reads at a time; no cursor stays open in between. */
const firstChunk = 16;
const largestChunk = 1024;

export type Entry = readonly [key: string, value: string];

/** Reads in a snapshot: `transaction` is asked for at each read, so that an ended snapshot is noticed. */
export interface Reading {
  readonly transaction: Transaction;
}

const keyEncoder = {
  writeKey(key: string, target: Buffer, start: number): number {
    if (key.length === 0) return start; // clearing a database comes with an empty key, as a Buffer
    target.write(key, start, 'latin1');
    return start + key.length;
  },
  readKey(source: Buffer, start: number, end: number): string {
    return source.toString('latin1', start, end);
  },
};

const encoder = {
  encode(value: string): Buffer {
    return Buffer.from(value, 'latin1');
  },
  decode(bytes: Uint8Array): string {
    const { length } = bytes;
    if (bytes instanceof Buffer) return bytes.toString('latin1', 0, length);
    return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
  },
};

export class Table {
  readonly #db: Database<string, string>;

  constructor(root: RootDatabase, name: string) {
    // The options' type leaves the encoders out, which a named database takes like the root.
    const options: object = { name, encoder, keyEncoder, cache: false };
    this.#db = root.openDB<string, string>(options as { name: string });
  }

  get(key: string, reading: Reading): string | undefined {
    const value = this.#db.get(storedKey(key), { transaction: reading.transaction });
    if (value === undefined || key.length < LONGEST_KEY) return value;
    return split(value)[1];
  }

  /** Entries from `from` (inclusive) to `to` (exclusive), in the order of whole keys or against it. */
  *range(from: string, to: string, reading: Reading, reverse = false): Iterable<Entry> {
    let low = from;
    let high = to;
    for (let size = firstChunk; ; size = Math.min(size * 4, largestChunk)) {
      const chunk = this.#chunk(low, high, reading, reverse, size);
      for (const entry of chunk.entries) yield entry;
      if (chunk.rest === undefined) return;
      if (reverse) high = chunk.rest;
      else low = chunk.rest;
    }
  }

  /** The keys next to one that is absent, with nothing between them; undefined where they cannot tell. */
  gap(key: string, { transaction }: Reading): { readonly from: string; readonly to: string } | undefined {
    if (key.length >= prefixLength) return undefined;
    let from = '';
    let to = '\xff';
    // The place of a long key is that of its beginning, which precedes it and no shorter key between.
    for (const below of this.#db.getKeys({ start: key, end: '\0', reverse: true, limit: 1, transaction })) {
      from = below.slice(0, prefixLength);
    }
    for (const above of this.#db.getKeys({ start: key, end: '\xff', limit: 1, transaction }))
      to = above.slice(0, prefixLength);
    return from < key && key < to ? { from, to } : undefined;
  }

  /** Within a write of the environment only. */
  put(key: string, value: string): void {
    void this.#db.put(storedKey(key), key.length < LONGEST_KEY ? value || '\0' : varint(key.length) + key + value);
  }

  /** Within a write of the environment only. */
  remove(key: string): void {
    void this.#db.remove(storedKey(key));
  }

  /** Within a write of the environment only. */
  clear(): void {
    void this.#db.clearAsync();
  }

  /**
   * Up to about `size` entries, whole keys, and where to go on: the lower bound of what is left (its upper bound in
   * reverse), undefined at the end.
   */
  #chunk(from: string, to: string, { transaction }: Reading, reverse: boolean, size: number) {
    // Long keys of one prefix lie side by side; a bound among them has to take in all of them.
    const low = from.length > prefixLength ? from.slice(0, prefixLength) : from;
    const high = to.length > prefixLength ? after(to.slice(0, prefixLength)) : to;
    const options = reverse
      ? { start: high, end: low, reverse: true, inclusiveEnd: true, transaction }
      : { start: low, end: high, transaction };
    const entries: Entry[] = [];
    let run: Entry[] = [];
    let prefix: string | undefined;
    let rest: string | undefined;
    const endRun = (): void => {
      run.sort((a, b) => (a[0] < b[0] !== reverse ? -1 : 1));
      for (const entry of run) if (entry[0] >= from && entry[0] < to) entries.push(entry);
      run = [];
      prefix = undefined;
    };
    for (const { key, value } of this.#db.getRange(options)) {
      if (reverse && key >= high) continue;
      if (prefix !== undefined && !key.startsWith(prefix)) endRun();
      if (prefix === undefined && entries.length >= size) {
        rest = reverse ? above(key) : key;
        break;
      }
      if (key.length < prefixLength) {
        if (key >= from && key < to) entries.push([key, value]);
        continue;
      }
      prefix ??= key.slice(0, prefixLength);
      run.push(key.length < LONGEST_KEY ? [key, value] : split(value));
    }
    endRun();
    return { entries, rest };
  }
}

function storedKey(key: string): string {
  if (key.length < LONGEST_KEY) return key;
  return key.slice(0, prefixLength) + createHash('sha256').update(key, 'latin1').digest().toString('latin1');
}

/** Whole key and value out of the value of a long key. */
function split(value: string): Entry {
  let length = 0;
  let at = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = value.charCodeAt(at++);
    length |= (byte & 0x7f) << shift;
    if (!(byte & 0x80)) break;
  }
  return [value.slice(at, at + length), value.slice(at + length)];
}

/** Above all stored keys that begin with a prefix of the full length. */
function after(prefix: string): string {
  return prefix + '\xff'.repeat(32);
}

/** The upper bound that still takes in a key. A long key's run ends with its prefix. */
function above(key: string): string {
  return key.length < prefixLength ? `${key}\0` : after(key.slice(0, prefixLength));
}
