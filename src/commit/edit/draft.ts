/** One row while an edit works on it: columns change here, and the row is written once, when the edit leaves it. */
import type { ColumnNode } from '../../datastore/row/shape.ts';
import type { RowKey, RowNode } from '../../datastore/view/view.ts';
import type { Editable } from './editable.ts';

export class RowDraft {
  readonly key: RowKey;
  /** Undefined: the root row. */
  readonly node: RowNode | undefined;
  /** Whether the row was there before. */
  readonly existed: boolean;
  readonly #rows: Editable;
  readonly #before: ReadonlyMap<ColumnNode, string>;
  #after: Map<ColumnNode, string> | undefined;
  #needed = false;

  constructor(rows: Editable, key: RowKey, node: RowNode | undefined) {
    this.#rows = rows;
    this.key = key;
    this.node = node;
    const row = rows.get(key);
    this.existed = row !== undefined;
    this.#before = row?.leaves ?? new Map();
  }

  has(column: ColumnNode): boolean {
    return (this.#after ?? this.#before).has(column);
  }

  get size(): number {
    return (this.#after ?? this.#before).size;
  }

  set(column: ColumnNode, value: string): void {
    if ((this.#after ?? this.#before).get(column) === value) return;
    this.#after ??= new Map(this.#before);
    this.#after.set(column, value);
  }

  delete(column: ColumnNode): void {
    if (!this.has(column)) return;
    this.#after ??= new Map(this.#before);
    this.#after.delete(column);
  }

  /** The row has to be there, with columns or without (the store keeps no implicit row without). */
  need(): void {
    this.#needed = true;
  }

  /** Writes what changed. Of no effect where nothing did. */
  write(): void {
    if (this.#after || (this.#needed && !this.existed)) {
      this.#rows.put(this.key, this.node, { leaves: this.#after ?? this.#before });
    }
  }
}
