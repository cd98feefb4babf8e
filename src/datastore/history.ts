/**
 * The last commits: who, when, why, and the reverse difference of each, which makes the configuration of before.
 *
 *     0x01 id[8]            → the record, as JSON
 *     0x02 id[8] part[4]    → rows, as they were before: (key length, key, value length + 1, packed row)*, lengths as
 *                             varints; a length of 0 says that the row was not there
 */

import type { KeySpace } from './key/key.ts';
import type { Environment } from './lmdb/environment.ts';
import type { Reading } from './lmdb/table.ts';
import type { WriteSet } from './lmdb/write-set.ts';
import { packedNode, packRow, unpackRow } from './row/row-codec.ts';
import { varint } from './row/varint.ts';
import { Fitting } from './upgrade/fitting.ts';
import type { Row, RowChange, RowKey, RowNode } from './view/view.ts';

/** What a client says of a commit. */
export interface CommitAbout {
  /** The user's name; empty for the router itself. */
  readonly user: string;
  /** What it came by: `netconf`, `startup`, `rollback`, … */
  readonly source: string;
  readonly comment?: string;
  /** NETCONF's session-id; absent where the router did it. */
  readonly sessionId?: number;
  /** The commit whose configuration running went back to. */
  readonly restored?: number;
}

export interface CommitRecord extends CommitAbout {
  /** Counts from 1 without gaps. */
  readonly id: number;
  /** RFC 3339, UTC. */
  readonly at: string;
  /** How many rows it changed. */
  readonly rows: number;
}

/** A row as it was before a commit. */
export interface OldRow {
  readonly key: RowKey;
  readonly node: RowNode | undefined;
  readonly row: Row | undefined;
}

interface StoredRecord extends CommitRecord {
  readonly parts: number;
  readonly bytes: number;
}

/** Large enough that few keys are needed, small enough for LMDB to find room. */
const partBytes = 64 * 1024;

export class History {
  readonly #keys: KeySpace;
  readonly #environment: Environment;
  readonly #fitting: Fitting;
  /** The last commit that was written under another schema. */
  #otherSchema = 0;
  readonly #limit: number;
  readonly #byteLimit: number;
  #records: StoredRecord[] = [];
  #bytes = 0;

  /** Keeps at most `limit` commits, and no more than `byteLimit` bytes of reverse differences. */
  constructor(keys: KeySpace, environment: Environment, limit: number, byteLimit: number) {
    this.#keys = keys;
    this.#environment = environment;
    this.#fitting = new Fitting(keys);
    this.#limit = limit;
    this.#byteLimit = byteLimit;
  }

  load(reading: Reading): void {
    const { history, meta } = this.#environment.tables;
    this.#otherSchema = Number(meta.get('other-schema', reading) ?? 0);
    for (const [, text] of history.range('\x01', '\x02', reading)) this.#took(JSON.parse(text) as StoredRecord);
  }

  /** The last commit's id; 0 before the first. */
  get head(): number {
    return this.#records.at(-1)?.id ?? 0;
  }

  /** Oldest first. */
  get records(): readonly CommitRecord[] {
    return this.#records;
  }

  /** Begins a commit's record; rows follow, then `finish`. */
  begin(about: CommitAbout, set: WriteSet): HistoryWriter {
    return new HistoryWriter(this.#keys, set, this.head + 1, about);
  }

  /** What has to go so that the new commit fits, in the same transaction. Returns the last that goes; 0: none does. */
  drop(next: StoredRecord, set: WriteSet): number {
    let last = 0;
    let count = this.#records.length + 1;
    let bytes = this.#bytes + next.bytes;
    for (const old of this.#records) {
      if (count <= this.#limit && bytes <= this.#byteLimit) break;
      set.remove('history', recordKey(old.id));
      for (let part = 0; part < old.parts; part++) set.remove('history', partKey(old.id, part));
      count--;
      bytes -= old.bytes;
      last = old.id;
    }
    return last;
  }

  /** The new commit is on the disk. */
  stored(record: StoredRecord): void {
    this.#took(record);
    while (this.#records.length > 1 && (this.#records.length > this.#limit || this.#bytes > this.#byteLimit)) {
      this.#bytes -= this.#records.shift()?.bytes ?? 0;
    }
  }

  /** The rows that a commit changed, as they were before; undefined where it is no longer (or not yet) known. */
  before(id: number, reading: Reading): Iterable<OldRow> | undefined {
    const { history } = this.#environment.tables;
    const text = history.get(recordKey(id), reading);
    return text === undefined ? undefined : this.#rows(id, reading);
  }

  *#rows(id: number, reading: Reading): Iterable<OldRow> {
    for (const [, part] of this.#environment.tables.history.range(partKey(id, 0), partKey(id + 1, 0), reading)) {
      let at = 0;
      const text = (): string => {
        let length = 0;
        for (let shift = 0; ; shift += 7) {
          const byte = part.charCodeAt(at++);
          length |= (byte & 0x7f) << shift;
          if (!(byte & 0x80)) break;
        }
        at += length;
        return part.slice(at - length, at);
      };
      while (at < part.length) {
        const key = text();
        const packed = text();
        if (packed === '') {
          // Without a row there is no node in it; a key that no longer fits names nothing.
          const steps = this.#keys.tryDecode(key);
          if (steps !== undefined) yield { key, node: steps.at(-1)?.node, row: undefined };
          continue;
        }
        const fitted = id > this.#otherSchema ? packed : this.#fitting.fit(key, packed);
        const node = packedNode(this.#keys, fitted);
        if (node !== undefined) yield { key, node: node ?? undefined, row: unpackRow(this.#keys, fitted) };
      }
    }
  }

  #took(record: StoredRecord): void {
    this.#records.push(record);
    this.#bytes += record.bytes;
  }
}

/** Collects one commit's reverse difference. */
export class HistoryWriter {
  readonly id: number;
  readonly #keys: KeySpace;
  readonly #set: WriteSet;
  readonly #about: CommitAbout;
  #part = '';
  #parts = 0;
  #bytes = 0;
  #rows = 0;

  constructor(keys: KeySpace, set: WriteSet, id: number, about: CommitAbout) {
    this.#keys = keys;
    this.#set = set;
    this.id = id;
    this.#about = about;
  }

  /** Returns the row as it was packed; empty where there was none. */
  row({ key, node, before }: RowChange): string {
    const packed = before === undefined ? '' : packRow(this.#keys, node, before);
    this.packed(key, packed);
    this.#rows++;
    return packed;
  }

  /** A row as the store has it, of whatever schema. */
  packed(key: RowKey, packed: string): void {
    this.#part += varint(key.length) + key + varint(packed.length) + packed;
    if (this.#part.length >= partBytes) this.#flush();
  }

  finish(): StoredRecord {
    if (this.#part !== '') this.#flush();
    const record: StoredRecord = {
      ...this.#about,
      id: this.id,
      at: new Date().toISOString(),
      rows: this.#rows,
      parts: this.#parts,
      bytes: this.#bytes,
    };
    this.#set.put('history', recordKey(this.id), Buffer.from(JSON.stringify(record)).toString('latin1'));
    return record;
  }

  #flush(): void {
    this.#set.put('history', partKey(this.id, this.#parts++), this.#part);
    this.#bytes += this.#part.length;
    this.#part = '';
  }
}

function recordKey(id: number): string {
  return `\x01${idKey(id)}`;
}

function partKey(id: number, part: number): string {
  return `\x02${idKey(id)}${word(part)}`;
}

function idKey(id: number): string {
  return word(Math.floor(id / 0x100000000)) + word(id >>> 0);
}

function word(n: number): string {
  return String.fromCharCode((n >>> 24) & 0xff, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);
}
