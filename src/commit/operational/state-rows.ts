/**
 * Running with state over it, column by column. State comes by the ten thousand rows and is read once, so nothing is
 * worked out before it is asked for: rows of both sides meet when they are read.
 */

import type { ColumnNode } from '../../datastore/row/shape.ts';
import { isImplicit } from '../../datastore/row/shape.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import { type Placed, SourceView } from '../../datastore/view/source.ts';
import type { KeyedRow, Row, RowKey, RowNode } from '../../datastore/view/view.ts';
import type { RowWriter, StateOrigin } from './state.ts';

/** A row that a provider wrote. */
interface Added {
  readonly key: RowKey;
  readonly node: RowNode;
  readonly leaves: Map<ColumnNode, string>;
  /** Of the configuration among them; `system` where it is left out. */
  origin?: StateOrigin;
  position?: string;
  /** Whether it has the columns that running has. */
  isMerged: boolean;
}

export class StateRows extends SourceView implements RowWriter {
  readonly #base: SourceView;
  readonly #rows = new Map<RowKey, Added>();
  /** The rows in the order of their keys, as far as `#isSorted`. */
  readonly #sorted: Added[] = [];
  #isSorted = true;
  #overlay: Overlay | undefined;
  readonly #notApplied = new Set<RowKey>();

  constructor(base: SourceView) {
    super(base.keys, base.plan);
    this.#base = base;
  }

  /** Adds columns; a later value of a column wins. Rows above that are missing are made. */
  put(key: RowKey, node: RowNode, row: Row, origin?: StateOrigin): void {
    this.#overlay = undefined;
    const known = this.#rows.get(key);
    if (known !== undefined) {
      if (origin !== undefined) known.origin = origin;
      for (const [column, value] of row.leaves) known.leaves.set(column, value);
      return;
    }
    const parent = this.keys.shape.of(node).parent;
    if (parent !== undefined && !isImplicit(parent)) this.#make(this.keys.parentOf(key, node), parent);
    const added: Added = { key, node, leaves: new Map(row.leaves), isMerged: false };
    // Providers name an entry by its row key alone; who reads it finds the keys among its leaves.
    if (node.kind === 'list' && node.keys.length > 0 && this.#base.get(key) === undefined) {
      const values = this.keys.last(key)?.keys ?? [];
      node.keys.forEach((leaf, i) => {
        added.leaves.set(leaf, values[i] ?? '');
      });
    }
    if (row.position !== undefined) added.position = row.position;
    if (origin !== undefined) added.origin = origin;
    const last = this.#sorted.at(-1);
    if (last !== undefined && last.key > key) this.#isSorted = false;
    this.#sorted.push(added);
    this.#rows.set(key, added);
  }

  notApplied(key: RowKey): void {
    this.#notApplied.add(key);
  }

  /** What is in use: without the rows that are not applied. */
  inUse(): SourceView {
    if (this.#notApplied.size === 0) return this;
    const view = new Overlay(this);
    for (const key of this.#notApplied) view.delete(key);
    return view;
  }

  /** What a provider said of the origin of a row's configuration. */
  stateOrigin(key: RowKey): StateOrigin {
    return this.#rows.get(key)?.origin ?? 'system';
  }

  #make(key: RowKey, node: RowNode): void {
    if (this.#rows.has(key) || this.#base.get(key) !== undefined) return;
    this.put(key, node, { leaves: new Map() });
  }

  get(key: RowKey): Row | undefined {
    const added = this.#rows.get(key);
    if (added === undefined) return this.#base.get(key);
    return added.isMerged ? added : merge(added, this.#base.get(key));
  }

  *scan(from: RowKey, to: RowKey): Iterable<KeyedRow> {
    const rows = this.#inOrder();
    let at = firstFrom(rows, from);
    let own = rows[at];
    for (const item of this.#base.scan(from, to)) {
      for (; own !== undefined && own.key < item.key; own = rows[++at]) yield keyed(own, undefined);
      if (own?.key === item.key) {
        yield keyed(own, item.row);
        own = rows[++at];
      } else yield item;
    }
    for (; own !== undefined && own.key < to; own = rows[++at]) yield keyed(own, undefined);
  }

  placed(parent: RowKey, node: RowNode, reverse: boolean, from?: string): Iterable<Placed> {
    return (this.#adds(parent, node) ? this.#whole() : this.#base).placed(parent, node, reverse, from);
  }

  /** Whether there are entries below the parent that running does not have. */
  #adds(parent: RowKey, node: RowNode): boolean {
    const rows = this.#inOrder();
    const { from, to } = this.keys.range(parent, node);
    for (let at = firstFrom(rows, from); at < rows.length; at++) {
      const { key, node: of } = rows[at] as Added;
      if (key >= to) return false;
      if (of === node && this.#base.get(key) === undefined) return true;
    }
    return false;
  }

  lookup(prefix: string): Iterable<RowKey> {
    return this.#whole().lookup(prefix);
  }

  #inOrder(): readonly Added[] {
    if (!this.#isSorted) {
      this.#sorted.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      this.#isSorted = true;
    }
    return this.#sorted;
  }

  /** With indexes and places: only who looks for values, or reads lists that users order and that state adds to, needs them. */
  #whole(): Overlay {
    if (this.#overlay === undefined) {
      this.#overlay = new Overlay(this.#base);
      for (const added of this.#inOrder()) {
        this.#overlay.put(added.key, added.node, this.get(added.key) ?? added);
      }
    }
    return this.#overlay;
  }
}

/** The columns of running that state does not say itself. */
function merge(added: Added, base: Row | undefined): Added {
  added.isMerged = true;
  if (base === undefined) return added;
  for (const [column, value] of base.leaves) if (!added.leaves.has(column)) added.leaves.set(column, value);
  if (base.position !== undefined) added.position ??= base.position;
  return added;
}

function keyed(added: Added, base: Row | undefined): KeyedRow {
  return { key: added.key, node: added.node, row: added.isMerged ? added : merge(added, base) };
}

/** Index of the first row whose key is not below `from`. */
function firstFrom(rows: readonly Added[], from: RowKey): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle] as Added).key < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
