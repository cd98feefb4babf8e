/** Rows that can be changed: the overlay of a candidate, or the one that an edit of running makes for itself. */
import type { Row, RowKey, RowNode, View } from '../../datastore/view.ts';

/** Where an entry of an ordered-by user list or leaf-list goes (RFC 7950 section 7.8.6). */
export type Placement = { readonly at: 'first' | 'last' } | { readonly at: 'before' | 'after'; readonly entry: RowKey };

export interface Editable extends View {
  /** Sets a row as a whole. A new entry of an ordered-by user list goes last. Undefined node: the root. */
  put(key: RowKey, node: RowNode | undefined, row: Row): void;
  /** Takes the row and all rows below it away. */
  remove(key: RowKey): void;
  /** Moves an entry that exists. */
  place(key: RowKey, node: RowNode, where: Placement): void;
}
