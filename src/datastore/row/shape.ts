/**
 * Which schema nodes are rows, and what is a column of which row: the schema seen from the store.
 * Lists, leaf-lists, presence containers and top-level containers are rows; every other data node belongs to the row of
 * its nearest row ancestor, or to the root's.
 */
import type { DataSchemaNode, LeafNode, Schema } from '../../yang/schema/node.ts';
import type { AnyColumn, RowNode } from '../view/view.ts';

/** A leaf, anydata or anyxml: what a row holds. */
export type ColumnNode = LeafNode | AnyColumn;

/** What belongs to one row. */
export interface RowShape {
  /** Undefined: the root's. */
  readonly node: RowNode | undefined;
  /** The row node above; undefined: the root. */
  readonly parent: RowNode | undefined;
  /** Leaves, anydata and anyxml in schema order, through non-presence containers, choices and cases. */
  readonly columns: readonly ColumnNode[];
  /** Rows directly below, in schema order. */
  readonly rows: readonly RowNode[];
  /** Whether there is an ordered-by user list or leaf-list among its descendants, so that key order is not document order. */
  orderedBelow: boolean;
}

export class SchemaShape {
  readonly schema: Schema;
  readonly root: RowShape;
  readonly #rows = new Map<RowNode, RowShape>();
  readonly #holders = new Map<DataSchemaNode, RowNode | undefined>();

  constructor(schema: Schema) {
    this.schema = schema;
    this.root = this.#collect(undefined, undefined, schema.dataChildren.values());
  }

  /** The shape of a row; of the root's without a node. */
  of(node: RowNode | undefined): RowShape {
    if (node === undefined) return this.root;
    const shape = this.#rows.get(node);
    if (shape === undefined) throw new Error(`${node.path} is no row of this schema`);
    return shape;
  }

  /** The row node that holds a data node: itself where it is a row; undefined for columns of the root. */
  holder(node: DataSchemaNode): RowNode | undefined {
    if (!this.#holders.has(node)) throw new Error(`${node.path} is no configuration or state of this schema`);
    return this.#holders.get(node);
  }

  /** Every row node, parents first, in schema order. */
  rows(): Iterable<RowShape> {
    return this.#rows.values();
  }

  #collect(node: RowNode | undefined, parent: RowNode | undefined, children: Iterable<DataSchemaNode>): RowShape {
    const columns: ColumnNode[] = [];
    const rows: RowNode[] = [];
    const shape: RowShape = { node, parent, columns, rows, orderedBelow: false };
    if (node !== undefined) this.#rows.set(node, shape);
    const visit = (child: DataSchemaNode): void => {
      const row = asRow(child);
      if (row !== undefined) {
        rows.push(row);
        this.#holders.set(row, row);
        const below = this.#collect(row, node, row.kind === 'leaf-list' ? [] : row.dataChildren.values());
        if (below.orderedBelow || isOrdered(row)) shape.orderedBelow = true;
        return;
      }
      this.#holders.set(child, node);
      if (child.kind === 'container') for (const grandchild of child.dataChildren.values()) visit(grandchild);
      else if (child.kind !== 'list' && child.kind !== 'leaf-list') columns.push(child);
    };
    for (const child of children) visit(child);
    return shape;
  }
}

/** The node as a row node; undefined for what lives in another's row. */
export function asRow(node: DataSchemaNode): RowNode | undefined {
  switch (node.kind) {
    case 'list':
    case 'leaf-list':
      return node;
    case 'container':
      return node.presence || node.dataParent === undefined ? node : undefined;
    default:
      return undefined;
  }
}

export function isRow(node: DataSchemaNode): boolean {
  return asRow(node) !== undefined;
}

/** A row that says nothing by its existence: only its columns and the rows below count. */
export function isImplicit(node: RowNode | undefined): boolean {
  return node === undefined || (node.kind === 'container' && !node.presence);
}

/** An ordered-by user list or leaf-list. */
export function isOrdered(node: RowNode): boolean {
  return node.kind !== 'container' && node.orderedByUser;
}
