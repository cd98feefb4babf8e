/** Data in running that the schema has no place for: kept in the store, not shown, reported (fitting.ts). */

import { readId } from '../key/id.ts';
import { END, type KeySpace } from '../key/key.ts';
import { moduleOf, namesById, parseName, type StoredName, storedPath } from '../key/stored-name.ts';
import type { Environment } from '../lmdb/environment.ts';
import type { Reading } from '../lmdb/table.ts';
import { rootId, unknownOf, unpackRow } from '../row/row-codec.ts';
import { rowKeyOf } from '../view/lmdb-view.ts';

export type UnfitReason =
  /** The module of the node is not served. */
  | 'module-absent'
  /** The module is, without this node. */
  | 'node-absent'
  /** The node is of another kind, has other keys, or one above it. */
  | 'node-changed'
  /** The type of the leaf, leaf-list or key does not accept the value. */
  | 'value-invalid';

export interface Unfit {
  /** Instance path (fault.ts) of a row, or of a leaf in one. */
  readonly path: string;
  /** Name of the module that the node is or was of. */
  readonly module: string;
  readonly reason: UnfitReason;
  /** Of a leaf: as it is stored, canonical. */
  readonly value?: string;
}

export interface UnfitReport {
  /** Of all rows and leaves that do not fit. */
  readonly count: number;
  /** The first of them, in the order of the store. */
  readonly entries: readonly Unfit[];
}

/** Entries of a report. */
const UNFIT_LIMIT = 1000;

export const nothingUnfit: UnfitReport = { count: 0, entries: [] };

/** Looks through running only where the store holds numbers of nodes that the schema does not have. */
export function findUnfit(keys: KeySpace, environment: Environment, reading: Reading): UnfitReport {
  const names = namesById(keys.ids);
  const gone = new Map<number, StoredName>();
  for (const [id, name] of names) if (!keys.knows(id)) gone.set(id, parseName(name));
  if (gone.size === 0) return nothingUnfit;
  const entries: Unfit[] = [];
  let count = 0;
  const add = (unfit: () => Unfit): void => {
    if (count++ < UNFIT_LIMIT) entries.push(unfit());
  };
  for (const [stored, packed] of environment.tables.running.range('\0', END, reading)) {
    const key = rowKeyOf(stored);
    const id = readId(packed, 0);
    const row = unpackRow(keys, packed);
    const node = gone.get(id);
    if (node !== undefined) {
      const hasPlace = keys.tryDecode(key) !== undefined;
      add(() => unfit(keys, storedPath(names, key), node, hasPlace ? 'value-invalid' : 'node-changed'));
      for (const [column, value] of row.leaves) {
        if (isKeyOf(node, column)) continue;
        const path = `${storedPath(names, key)}${column.path.slice(node.path.length)}`;
        add(() => ({ path, module: moduleOf(column.path), reason: 'node-changed', value }));
      }
    } else if (unknownOf(row).size === 0) continue;
    const above = node?.path ?? (id === rootId ? '' : parseName(names.get(id) ?? '').path);
    for (const [column, value] of unknownOf(row)) {
      const leaf = gone.get(column);
      if (leaf === undefined || (node !== undefined && isKeyOf(node, leaf))) continue;
      const path = (): string => (id === rootId ? leaf.path : storedPath(names, key) + leaf.path.slice(above.length));
      add(() => ({ ...unfit(keys, path(), leaf, 'value-invalid'), value }));
    }
  }
  return { count, entries };
}

function unfit(keys: KeySpace, path: string, node: StoredName, whenHidden: UnfitReason): Unfit {
  const module = moduleOf(node.path);
  const reason = (): UnfitReason => {
    if (keys.schema.modules.get(module)?.implemented !== true) return 'module-absent';
    if (node.isHidden) return whenHidden;
    return keys.schema.find(node.path) === undefined ? 'node-absent' : 'node-changed';
  };
  return { path, module, reason: reason() };
}

function isKeyOf(list: StoredName, leaf: { readonly path: string }): boolean {
  return list.keys.some((key) => `${list.path}/${key}` === leaf.path);
}
