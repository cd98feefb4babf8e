/** What of a row belongs to a non-presence container: such a container has no row of its own (datastore/view.ts). */
import { asRow, type ColumnNode, isRow } from '../../datastore/row/shape.ts';
import type { RowNode } from '../../datastore/view/view.ts';
import type { ContainerNode, DataSchemaNode } from '../../yang/schema/node.ts';

export interface Fold {
  readonly columns: readonly ColumnNode[];
  readonly rows: readonly RowNode[];
}

/** Whether the container is a non-presence container below the top. */
export function isFolded(container: ContainerNode): boolean {
  return !isRow(container);
}

const folds = new WeakMap<ContainerNode, Fold>();

/** The configuration columns and rows inside a container, down to the next rows. */
export function foldOf(container: ContainerNode): Fold {
  const known = folds.get(container);
  if (known) return known;
  const columns: ColumnNode[] = [];
  const rows: RowNode[] = [];
  const visit = (node: DataSchemaNode) => {
    if (!node.config) return;
    const row = asRow(node);
    if (row) rows.push(row);
    else if (node.kind === 'container') for (const child of node.dataChildren.values()) visit(child);
    else if (node.kind === 'leaf' || node.kind === 'anydata' || node.kind === 'anyxml') columns.push(node);
  };
  for (const child of container.dataChildren.values()) visit(child);
  const fold = { columns, rows };
  folds.set(container, fold);
  return fold;
}
