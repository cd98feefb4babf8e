/**
 * What a datastore looks like to its readers: rows in document order.
 *
 * A row is a list entry, a leaf-list entry, a presence container, a top-level container, or the root
 * (which holds top-level leaves). The leaves below a row, through non-presence containers, choices and cases, are
 * its columns. So one interface is one row, and a change of one leaf is a change of one row.
 */
import type { ContainerNode, DataSchemaNode, LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';

/**
 * The key of a row: its path in an order-preserving binary form (key.ts), as a string of which every code unit is one
 * byte (latin1), so that keys compare with `<`, work in a Map, and a parent's key is a prefix of its children's keys.
 * The root's key is the empty string.
 */
export type RowKey = string;

/** The schema nodes that have rows of their own. */
export type RowNode = ListNode | LeafListNode | ContainerNode;

/**
 * The columns that are set: canonical values by leaf, in a list entry its key leaves included. A row of a leaf-list entry
 * has none: its value is in its key.
 */
export interface Row {
  readonly leaves: ReadonlyMap<LeafNode | AnyColumn, string>;
  /**
   * Entries of ordered-by user lists and leaf-lists: where the entry stands among its siblings, an opaque string that
   * compares in the user's order (position.ts). Writers leave it out: overlays keep it, or append.
   */
  readonly position?: string | undefined;
}
/** anydata and anyxml are columns too: their content as XML text. */
export type AnyColumn = Extract<DataSchemaNode, { kind: 'anydata' | 'anyxml' }>;

export interface KeyedRow {
  readonly key: RowKey;
  readonly node: RowNode;
  readonly row: Row;
}

export interface View {
  get(key: RowKey): Row | undefined;
  /** The row and all rows below it, in document order (entries of ordered-by user lists in the user's order). */
  subtree(key: RowKey): Iterable<KeyedRow>;
  /** The entries of one list or leaf-list (or the one presence container) directly below a row, in document order. */
  entries(parent: RowKey, node: RowNode): Iterable<KeyedRow>;
  /** Whether `entries` would give one. */
  has(parent: RowKey, node: RowNode): boolean;
  /**
   * Keys of the rows in which the leaf (or leaf-list) has this value, from the index. Only for leaves with an index:
   * leafrefs, the leaves that predicates of constraints compare, and those that a feature declares.
   */
  rowsWith(leaf: LeafNode | LeafListNode, value: string): Iterable<RowKey>;
  /**
   * Keys of the rows below `ancestor` whose leaves have these values, defaults included (undefined: the leaf has none), by a
   * combination that a feature declares (`Feature.indexes`) under this name.
   */
  rowsWithAll(name: string, ancestor: RowKey, values: readonly (string | undefined)[]): Iterable<RowKey>;
}

/** One row that differs between two views. */
export interface RowChange {
  readonly key: RowKey;
  readonly node: RowNode | undefined; // undefined: the root row
  /** Undefined: the row did not exist. */
  readonly before: Row | undefined;
  /** Undefined: the row is gone. */
  readonly after: Row | undefined;
}

/** A difference between two views, rows in document order. */
export interface Change {
  readonly before: View;
  readonly after: View;
  readonly rows: readonly RowChange[];
}
