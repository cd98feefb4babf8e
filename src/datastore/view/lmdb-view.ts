/** The running configuration in a snapshot of LMDB. */

import { type IndexPlan, LAST_POSITION, orderPrefix } from '../index-plan.ts';
import { END, type KeySpace } from '../key/key.ts';
import type { TableName } from '../lmdb/environment.ts';
import type { Reading, Table } from '../lmdb/table.ts';
import { PackedRow, packedNode, unpackRow } from '../row/row-codec.ts';
import { Absent } from './absent.ts';
import { noKeys, type Placed, SourceView } from './source.ts';
import type { KeyedRow, Row, RowKey, RowNode } from './view.ts';

/** LMDB takes no empty key: the root's row is stored under this one, which precedes all others. */
const rootKey = '\0';

/** Length of what tells one index from another at the head of its keys. */
const kindLength = 4;

export function storedRowKey(key: RowKey): string {
  return key === '' ? rootKey : key;
}

export function rowKeyOf(stored: string): RowKey {
  return stored === rootKey ? '' : stored;
}

export class LmdbView extends SourceView {
  readonly #tables: Readonly<Record<TableName, Table>>;
  readonly #reading: Reading;
  /** By the kind of an index: from where to where the last look into it found nothing. Snapshots do not change. */
  readonly #absent: Absent;
  readonly #gaps = new Map<string, { readonly from: string; readonly to: string }>();

  constructor(keys: KeySpace, plan: IndexPlan, tables: Readonly<Record<TableName, Table>>, reading: Reading) {
    super(keys, plan);
    this.#tables = tables;
    this.#reading = reading;
    this.#absent = new Absent(tables.running, reading);
  }

  get(key: RowKey): Row | undefined {
    if (this.#absent.has(key) && this.#reading.transaction) return undefined;
    const packed = this.#tables.running.get(storedRowKey(key), this.#reading);
    if (packed !== undefined) return unpackRow(this.keys, packed);
    this.#absent.missed(key);
    return undefined;
  }

  *scan(from: RowKey, to: RowKey): Iterable<KeyedRow> {
    for (const [key, packed] of this.#tables.running.range(from === '' ? `${rootKey}\0` : from, to, this.#reading)) {
      const node = packedNode(this.keys, packed);
      // Rows of nodes that the schema no longer has stay in the store but do not show.
      if (node) yield { key, node, row: new PackedRow(this.keys, packed) };
    }
  }

  *placed(parent: RowKey, node: RowNode, reverse: boolean, from?: string): Iterable<Placed> {
    const prefix = orderPrefix(this.keys, parent, node);
    const low = from === undefined || reverse ? prefix : `${prefix}${from}\0`;
    const high = from === undefined || !reverse ? prefix + LAST_POSITION : prefix + from;
    for (const [at, key] of this.#tables.index.range(low, high, this.#reading, reverse)) {
      yield { position: at.slice(prefix.length), key };
    }
  }

  lookup(prefix: string): Iterable<RowKey> {
    // A change of many rows looks for many values, in their order, that nobody has: one look tells how far that goes on.
    const kind = prefix.slice(0, kindLength);
    const gap = this.#gaps.get(kind);
    if (gap !== undefined && this.#reading.transaction && prefix >= gap.from && prefix + END <= gap.to) return noKeys;
    return this.#lookup(prefix, kind);
  }

  *#lookup(prefix: string, kind: string): Iterable<RowKey> {
    let isEmpty = true;
    for (const [at] of this.#tables.index.range(prefix, kind + END, this.#reading)) {
      if (!at.startsWith(prefix)) {
        if (isEmpty) this.#gaps.set(kind, { from: prefix, to: at });
        return;
      }
      isEmpty = false;
      yield at.slice(prefix.length);
    }
    if (isEmpty) this.#gaps.set(kind, { from: prefix, to: kind + END });
  }
}
