/** What a filter wants of one instance of a container, a list or the root; filters of every kind are compiled to this. */
import type { ColumnNode } from '../../../datastore/row/shape.ts';
import type { Row, RowKey, RowNode } from '../../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';

/** `all`: it and everything below. */
export type Wanted = Selector | 'all' | 'none';

export interface Selector {
  /** What is wanted of a child container, list entry or leaf-list entry. `key`: the row that it is or is folded into. */
  child(node: DataSchemaNode, key: RowKey, row: Row | undefined): Wanted;
  /** The same for a container before its values are looked at: never less than `child` gives. */
  peek(node: DataSchemaNode): Wanted;
  /** Whether a leaf or anydata of the row is wanted. `along`: if something else of the instance is. */
  leaf(node: ColumnNode, key: RowKey): boolean | 'along';
  /** Which rows of a node have to be looked at; keys are looked up without a scan. */
  rows(node: RowNode, parent: RowKey): 'all' | 'none' | readonly RowKey[];
  /** Whether another selector of the same filter wants the same of what is below, as far as keys and names say. */
  sameAs(other: Selector): boolean;
}
