/**
 * What is stored under one schema, seen under a later one. Rows and columns whose nodes are gone stay under their numbers
 * and do not show. What the schema still has but would not accept (a type was narrowed, an identity is gone, a list above
 * has other keys) is put under a number of its own, `hidden …`, and back under the first as soon as it fits again. So
 * readers never meet a value that its type does not know, and nothing is lost.
 */
import type { LeafListNode, LeafNode } from '../../yang/schema/node.ts';
import { idBytes, readId } from '../key/id.ts';
import { END, type KeySpace } from '../key/key.ts';
import { hiddenName, namesById, shownName } from '../key/stored-name.ts';
import type { Environment, TableName } from '../lmdb/environment.ts';
import type { Reading } from '../lmdb/table.ts';
import type { WriteSet } from '../lmdb/write-set.ts';
import { packRow, rootId, StoredRow, unpackRow } from '../row/row-codec.ts';
import type { RowSum } from '../row/row-sum.ts';
import type { ColumnNode } from '../row/shape.ts';
import { rowKeyOf } from '../view/lmdb-view.ts';
import type { RowKey } from '../view/view.ts';

/** Tables of packed rows, and how many bytes stand in front of one. */
const tables: readonly (readonly [table: TableName, head: number])[] = [
  ['running', 0],
  ['startup', 1],
  ['checkpoint', 1],
];

/** Puts into `set` what has to be stored otherwise for the schema of `keys`, into `sum` all rows of running. */
export function* fitAll(
  keys: KeySpace,
  environment: Environment,
  reading: Reading,
  set: WriteSet,
  sum: RowSum,
): Generator<void> {
  const fitting = new Fitting(keys);
  let done = 0;
  for (const [table, head] of tables) {
    for (const [stored, value] of environment.tables[table].range('\0', END, reading)) {
      if (++done % 500 === 0) yield;
      const packed = value.slice(head);
      if (packed.length < 4) continue; // says that there is no row
      const fitted = fitting.fit(rowKeyOf(stored), packed);
      if (table === 'running') sum.add(stored, fitted);
      if (fitted !== packed) set.put(table, stored, value.slice(0, head) + fitted);
    }
  }
}

export class Fitting {
  readonly #keys: KeySpace;
  readonly #names: ReadonlyMap<number, string>;

  constructor(keys: KeySpace) {
    this.#keys = keys;
    this.#names = namesById(keys.ids);
  }

  /** The packed row as it is to be stored under this schema. */
  fit(key: RowKey, packed: string): string {
    const id = readId(packed, 0);
    if (id === rootId) return this.#columns(packed);
    const name = this.#names.get(id);
    if (name === undefined) return packed;
    const shown = this.#keys.ids.of(shownName(name));
    if (!this.#keys.knows(shown)) return packed; // the node is gone
    if (!this.#hasPlace(key, shown)) {
      return idBytes(this.#keys.ids.of(hiddenName(name))) + packed.slice(3);
    }
    return this.#columns(idBytes(shown) + packed.slice(3));
  }

  /** Whether the row is one of this schema, with keys that their types accept, on all the way to it. */
  #hasPlace(key: RowKey, id: number): boolean {
    const steps = this.#keys.tryDecode(key);
    const last = steps?.at(-1);
    if (steps === undefined || last === undefined || this.#keys.rowId(last.node) !== id) return false;
    return steps.every(({ node, keys }) => {
      if (node.kind === 'container') return true;
      const leaves = node.kind === 'leaf-list' ? [node] : node.keys;
      return leaves.every((leaf, index) => isValueOf(leaf, keys[index] ?? ''));
    });
  }

  #columns(packed: string): string {
    const row = unpackRow(this.#keys, packed);
    const leaves = new Map<ColumnNode, string>();
    const unknown = new Map<number, string>();
    let isChanged = false;
    for (const [column, value] of row.leaves) {
      if (column.kind !== 'leaf' || isValueOf(column, value)) leaves.set(column, value);
      else {
        unknown.set(this.#keys.ids.of(hiddenName(`${column.kind} ${column.path}`)), value);
        isChanged = true;
      }
    }
    for (const [id, value] of row.unknown ?? []) {
      const name = this.#names.get(id);
      const column = name === undefined ? undefined : this.#keys.columnById(this.#keys.ids.of(shownName(name)));
      // What was set meanwhile is newer.
      if (column === undefined || leaves.has(column) || (column.kind === 'leaf' && !isValueOf(column, value))) {
        unknown.set(id, value);
      } else {
        leaves.set(column, value);
        isChanged = true;
      }
    }
    if (!isChanged) return packed;
    // The node is known here or the root's, and its number stays.
    return packed.slice(0, 3) + packRow(this.#keys, undefined, new StoredRow(leaves, row.position, unknown)).slice(3);
  }
}

/** Whether a stored (canonical) value is one of the leaf's type as it is now. */
function isValueOf(leaf: LeafNode | LeafListNode, value: string): boolean {
  const parsed = leaf.type.parse(value, { moduleOf: (prefix) => (prefix === '' ? leaf.module.name : prefix) });
  return parsed.ok && parsed.value === value;
}
