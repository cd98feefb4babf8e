/**
 * The one implementation of View over what every kind of store offers: rows in key order, entries of ordered-by user
 * lists in the order of their positions, and index keys.
 */
import type { LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import type { IndexPlan } from '../index-plan.ts';
import { END, type KeySpace } from '../key/key.ts';
import { isOrdered } from '../row/shape.ts';
import type { KeyedRow, Row, RowKey, RowNode, View } from './view.ts';

/** An entry of an ordered-by user list. */
export interface Placed {
  readonly position: string;
  readonly key: RowKey;
}

/** Views of this folder know their schema and answer the lookups of `unique`. */
export interface StoreView extends View {
  readonly keys: KeySpace;
  readonly plan: IndexPlan;
  /** Keys of the entries of the list below `parent` that have this combination, defaults included. */
  rowsWithUnique(
    parent: RowKey,
    list: ListNode,
    leaves: readonly LeafNode[],
    values: readonly string[],
  ): Iterable<RowKey>;
}

/** How many rows are stepped over before a range is entered anew behind them. */
const stepLimit = 16;

export const noKeys: readonly RowKey[] = [];

export abstract class SourceView implements StoreView {
  readonly keys: KeySpace;
  readonly plan: IndexPlan;

  constructor(keys: KeySpace, plan: IndexPlan) {
    this.keys = keys;
    this.plan = plan;
  }

  abstract get(key: RowKey): Row | undefined;
  /** Rows with keys from `from` (inclusive) to `to` (exclusive) in key order; never the root's row. */
  abstract scan(from: RowKey, to: RowKey): Iterable<KeyedRow>;
  /** Entries in the order of their positions (or against it) that come after (or before) the position `from`. */
  abstract placed(parent: RowKey, node: RowNode, reverse: boolean, from?: string): Iterable<Placed>;
  /** What follows a prefix in the index: row keys; `noKeys` where it is known that there is nothing. */
  abstract lookup(prefix: string): Iterable<RowKey>;

  *subtree(key: RowKey): Iterable<KeyedRow> {
    const node = this.keys.node(key);
    if (!this.keys.shape.of(node).orderedBelow) {
      yield* this.scan(key, key + END);
      return;
    }
    const row = node && this.get(key);
    if (node !== undefined && row !== undefined) yield { key, node, row };
    yield* this.#below(key, node);
  }

  *#below(key: RowKey, node: RowNode | undefined): Iterable<KeyedRow> {
    for (const child of this.keys.shape.of(node).rows) {
      if (isOrdered(child) || this.keys.shape.of(child).orderedBelow) {
        let entered = false;
        for (const entry of this.entries(key, child)) {
          entered = true;
          yield entry;
          yield* this.#below(entry.key, child);
        }
        // A top-level container has rows below without one of its own.
        if (!entered && child.kind === 'container') yield* this.#below(this.keys.child(key, child), child);
      } else {
        const { from, to } = this.keys.range(key, child);
        yield* this.scan(from, to);
      }
    }
  }

  *entries(parent: RowKey, node: RowNode): Iterable<KeyedRow> {
    if (isOrdered(node)) {
      for (const { key } of this.placed(parent, node, false)) {
        const row = this.get(key);
        if (row !== undefined) yield { key, node, row };
      }
      return;
    }
    const { from, to } = this.keys.range(parent, node);
    if (node.kind === 'container') {
      const row = this.get(from);
      if (row !== undefined) yield { key: from, node, row };
      return;
    }
    if (this.keys.shape.of(node).rows.length === 0) {
      yield* this.scan(from, to);
      return;
    }
    let start: RowKey | undefined = from;
    while (start !== undefined) {
      const begin: RowKey = start;
      start = undefined;
      let above: RowKey | undefined;
      let steps = 0;
      for (const item of this.scan(begin, to)) {
        if (above !== undefined && item.key.startsWith(above)) {
          if (++steps < stepLimit) continue;
          start = above + END;
          break;
        }
        if (item.node !== node) continue;
        yield item;
        above = item.key;
        steps = 0;
      }
    }
  }

  has(parent: RowKey, node: RowNode): boolean {
    const { from, to } = this.keys.range(parent, node);
    if (node.kind === 'container') return this.get(from) !== undefined;
    for (const _ of this.scan(from, to)) return true;
    return false;
  }

  rowsWith(leaf: LeafNode | LeafListNode, value: string): Iterable<RowKey> {
    return this.lookup(this.plan.prefix(leaf, value));
  }

  rowsWithAll(name: string, ancestor: RowKey, values: readonly (string | undefined)[]): Iterable<RowKey> {
    return this.lookup(this.plan.combinedPrefix(name, ancestor, values));
  }

  rowsWithUnique(
    parent: RowKey,
    list: ListNode,
    leaves: readonly LeafNode[],
    values: readonly string[],
  ): Iterable<RowKey> {
    return this.lookup(this.plan.uniquePrefix(this.plan.group(list, leaves), parent, values));
  }
}

/** A view of nothing. */
export class EmptyView extends SourceView {
  get(): undefined {
    return undefined;
  }

  scan(): Iterable<KeyedRow> {
    return [];
  }

  placed(): Iterable<Placed> {
    return [];
  }

  lookup(): Iterable<RowKey> {
    return noKeys;
  }
}
