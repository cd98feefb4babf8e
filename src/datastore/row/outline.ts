/**
 * What a row looks like as a tree: its columns, the containers that are folded into it, and the rows below, in schema
 * order with the keys of a list in front (RFC 7950 section 7.8.5).
 */
import type { ContainerNode, DataSchemaNode } from '../../yang/schema/node.ts';
import type { KeySpace } from '../key/key.ts';
import type { RowNode } from '../view/view.ts';
import { asRow, type ColumnNode } from './shape.ts';

export type OutlineItem =
  | { readonly kind: 'column'; readonly node: ColumnNode; readonly isKey: boolean }
  | { readonly kind: 'rows'; readonly node: RowNode }
  | {
      readonly kind: 'container';
      readonly node: ContainerNode;
      readonly items: readonly OutlineItem[];
      /** Whether there are rows below it. */
      readonly hasRows: boolean;
    };

export interface Outline {
  readonly items: readonly OutlineItem[];
  readonly hasRows: boolean;
  /**
   * Whether rows below come from the store in the order of the items. Not so where a later version of a module put a new
   * node between old ones.
   */
  readonly inOrder: boolean;
}

const outlines = new WeakMap<KeySpace, Map<RowNode | undefined, Outline>>();

/** The outline of a row; of the root's without a node. */
export function outlineOf(keys: KeySpace, node: RowNode | undefined): Outline {
  let known = outlines.get(keys);
  if (known === undefined) {
    known = new Map();
    outlines.set(keys, known);
  }
  let outline = known.get(node);
  if (outline === undefined) {
    outline = build(keys, node);
    known.set(node, outline);
  }
  return outline;
}

function build(keys: KeySpace, node: RowNode | undefined): Outline {
  const children =
    node === undefined ? keys.schema.dataChildren : 'dataChildren' in node ? node.dataChildren : new Map();
  const items = itemsOf(children.values());
  if (node?.kind === 'list') {
    const first = node.keys.flatMap((leaf) => items.find((item) => item.node === leaf) ?? []);
    items.sort((a, b) => rank(first, a) - rank(first, b));
  }
  const ids = rowsOf(items).map((row) => keys.rowId(row));
  return { items, hasRows: ids.length > 0, inOrder: ids.every((id, i) => i === 0 || id > (ids[i - 1] ?? 0)) };
}

function itemsOf(children: Iterable<DataSchemaNode>): OutlineItem[] {
  const items: OutlineItem[] = [];
  for (const child of children) {
    const row = asRow(child);
    if (row !== undefined) items.push({ kind: 'rows', node: row });
    else if (child.kind === 'container') {
      const below = itemsOf(child.dataChildren.values());
      items.push({ kind: 'container', node: child, items: below, hasRows: rowsOf(below).length > 0 });
    } else if (child.kind !== 'list' && child.kind !== 'leaf-list') {
      items.push({ kind: 'column', node: child, isKey: child.kind === 'leaf' && child.isKey });
    }
  }
  return items;
}

function rowsOf(items: readonly OutlineItem[]): RowNode[] {
  return items.flatMap((item) =>
    item.kind === 'rows' ? [item.node] : item.kind === 'container' ? rowsOf(item.items) : [],
  );
}

function rank(first: readonly OutlineItem[], item: OutlineItem): number {
  const at = first.indexOf(item);
  return at < 0 ? first.length : at;
}
