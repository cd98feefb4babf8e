/**
 * A configuration that stays what it is while running changes, kept as what it says differently from running: a copy from
 * running empties the table, and each commit adds what its rows said before, where they are not in it yet. So neither
 * costs what the configuration costs.
 *
 *     row key → 0x01 packed row, or 0x00: no row
 */

import { END, type KeySpace } from './key/key.ts';
import type { Environment } from './lmdb/environment.ts';
import type { Reading } from './lmdb/table.ts';
import type { WriteSet } from './lmdb/write-set.ts';
import { atOnce } from './reading/steps.ts';
import { packedNode, packRow, unpackRow } from './row/row-codec.ts';
import { Absent } from './view/absent.ts';
import { rowKeyOf, storedRowKey } from './view/lmdb-view.ts';
import { Overlay } from './view/overlay.ts';
import type { SourceView } from './view/source.ts';
import type { Row, RowChange, RowNode } from './view/view.ts';

const noRow = '\0';

/** Rows between two steps: about 2 ms. */
const rowsPerStep = 500;

export class KeptConfiguration {
  readonly #keys: KeySpace;
  readonly #environment: Environment;
  readonly #table: 'startup' | 'checkpoint';
  /** What the last snapshot that was read is known not to hold. */
  #absent: { readonly reading: Reading; readonly keys: Absent } | undefined;

  constructor(keys: KeySpace, environment: Environment, table: 'startup' | 'checkpoint') {
    this.#keys = keys;
    this.#environment = environment;
    this.#table = table;
  }

  /** Over `running` of the same snapshot. */
  view(running: SourceView, reading: Reading): Overlay {
    return atOnce(this.viewSteps(running, reading));
  }

  /** The same in steps of a few milliseconds. */
  *viewSteps(running: SourceView, reading: Reading): Generator<void, Overlay> {
    const overlay = new Overlay(running);
    let part: RowChange[] = [];
    for (const change of this.#differences(reading)) {
      part.push(change);
      if (part.length < rowsPerStep) continue;
      overlay.apply(part);
      part = [];
      yield;
    }
    overlay.apply(part);
    return overlay;
  }

  /** Keeps what it says when a row of running changes. Without a `reading` the table is empty. */
  follow(change: RowChange, set: WriteSet, reading: Reading | undefined): void {
    const key = storedRowKey(change.key);
    const said = reading && this.#said(key, reading);
    if (said === undefined) set.put(this.#table, key, this.#pack(change.node, change.before));
    else if (said === this.#pack(change.node, change.after)) set.remove(this.#table, key);
  }

  #said(key: string, reading: Reading): string | undefined {
    const table = this.#environment.tables[this.#table];
    if (this.#absent?.reading !== reading) this.#absent = { reading, keys: new Absent(table, reading) };
    const { keys } = this.#absent;
    if (keys.has(key)) return undefined;
    const said = table.get(key, reading);
    if (said === undefined) keys.missed(key);
    return said;
  }

  /** Makes it what running becomes by `changes`; without any, what running is. */
  copy(changes: Iterable<RowChange>, set: WriteSet): void {
    set.clear(this.#table);
    for (const { key, node, after } of changes) set.put(this.#table, storedRowKey(key), this.#pack(node, after));
  }

  *#differences(reading: Reading): Iterable<RowChange> {
    for (const [stored, value] of this.#environment.tables[this.#table].range('\0', END, reading)) {
      const key = rowKeyOf(stored);
      if (value === noRow) {
        const steps = this.#keys.tryDecode(key);
        if (steps !== undefined) yield { key, node: steps.at(-1)?.node, before: undefined, after: undefined };
        continue;
      }
      const packed = value.slice(1);
      const node = packedNode(this.#keys, packed);
      if (node === undefined) continue;
      yield { key, node: node ?? undefined, before: undefined, after: unpackRow(this.#keys, packed) };
    }
  }

  #pack(node: RowNode | undefined, row: Row | undefined): string {
    return row === undefined ? noRow : `\x01${packRow(this.#keys, node, row)}`;
  }
}
