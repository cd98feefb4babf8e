/** Rows that can be changed: the datastore's overlays. */
import type { Place } from '../../datastore/view/overlay.ts';
import type { Row, RowKey, RowNode, View } from '../../datastore/view/view.ts';

export interface Editable extends View {
  /**
   * Sets a row as a whole (undefined node: the root's); one that exists only implicitly goes with its last column. In an
   * ordered-by user list an entry keeps its place, and a new one goes last.
   */
  put(key: RowKey, node: RowNode | undefined, row: Row): void;
  /** Takes the row and all rows below it away. */
  delete(key: RowKey): void;
  /** Moves an entry of an ordered-by user list. */
  place(key: RowKey, place: Place): void;
}
