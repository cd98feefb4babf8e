/**
 * Changes that wait to be sent, one for each node (RFC 8641 section 3.3): what happened last counts, and what is below a
 * row that is sent as a whole is part of that. Values are not held: they are read when the update is written.
 */
import sortedTree from 'sorted-btree';
import type { KeySpace } from '../../../../datastore/key/key.ts';
import { END } from '../../../../datastore/key/key.ts';
import type { ColumnNode } from '../../../../datastore/row/shape.ts';
import type { RowKey, RowNode } from '../../../../datastore/view/view.ts';
import type { ChangeType } from '../subscription/terms.ts';
import type { Entry } from './changes.ts';

// A CommonJS package whose class is the property `default` of what Node imports.
const BTree = sortedTree.default;
type BTree<K, V> = InstanceType<typeof sortedTree.default<K, V>>;

interface PendingRow {
  readonly node: RowNode | undefined;
  operation: ChangeType | undefined;
  readonly columns: Map<ColumnNode, ChangeType>;
}

/** Nodes that may wait for one subscription. */
const MAX_PENDING = 20_000;

const WHOLE: ReadonlySet<ChangeType> = new Set<ChangeType>(['create', 'insert', 'replace']);

export class Pending {
  readonly #keys: KeySpace;
  #rows: BTree<RowKey, PendingRow> = tree();
  #size = 0;

  constructor(keys: KeySpace) {
    this.#keys = keys;
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  clear(): void {
    this.#rows = tree();
    this.#size = 0;
  }

  /** False: there is no room. */
  add(entry: Entry): boolean {
    const { key, node, column, operation } = entry;
    if (this.#isCovered(key, column)) return true;
    if (this.#size >= MAX_PENDING) return false;
    let row = this.#rows.get(key);
    if (column === undefined && operation !== 'move') {
      this.#forgetBelow(key, node);
      row?.columns.clear();
    }
    if (row === undefined) {
      row = { node, operation: undefined, columns: new Map() };
      this.#rows.set(key, row);
    }
    if (column === undefined) row.operation = merged(row.operation, operation);
    else row.columns.set(column, merged(row.columns.get(column), operation));
    this.#size++;
    return true;
  }

  /** All that waits, in key order; nothing does then. */
  take(): readonly Entry[] {
    const entries: Entry[] = [];
    for (const [key, { node, operation, columns }] of this.#rows.entries()) {
      if (operation !== undefined) entries.push({ key, node, operation });
      for (const [column, change] of columns) entries.push({ key, node, column, operation: change });
    }
    this.clear();
    return entries;
  }

  /** Whether it is part of a row that is sent as a whole. */
  #isCovered(key: RowKey, column: ColumnNode | undefined): boolean {
    if (this.#rows.size === 0) return false;
    const steps = this.#keys.decode(key);
    const above = column === undefined ? steps.slice(0, -1) : steps;
    return above.some((step) => {
      const operation = this.#rows.get(step.key)?.operation;
      return operation !== undefined && WHOLE.has(operation);
    });
  }

  #forgetBelow(key: RowKey, node: RowNode | undefined): void {
    if (this.#rows.size === 0 || this.#keys.shape.of(node).rows.length === 0) return;
    const below = this.#rows.getRange(key, key + END).filter(([at]) => at !== key);
    for (const [at] of below) this.#rows.delete(at);
  }
}

function tree(): BTree<RowKey, PendingRow> {
  return new BTree<RowKey, PendingRow>(undefined, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Two changes of one node as one. */
function merged(old: ChangeType | undefined, now: ChangeType): ChangeType {
  if (old === undefined || old === 'delete' || now === 'delete') return now;
  if (old === 'create' || old === 'insert') return old;
  return now === 'move' && old === 'replace' ? 'insert' : now;
}
