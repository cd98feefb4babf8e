/** Instance documents as rows. */
import type { DataNode } from '../../yang/data/node.ts';
import type { KeySpace } from '../key/key.ts';
import type { Row, RowKey, RowNode } from '../view/view.ts';
import { asRow, type ColumnNode, isImplicit } from './shape.ts';

export interface DataRow {
  readonly key: RowKey;
  /** Undefined: the root's row. */
  readonly node: RowNode | undefined;
  readonly row: Row;
}

/**
 * The rows of top-level data nodes, parents before their children, entries of ordered-by user lists in the order given:
 * ready to be put into an overlay one after another.
 */
export function* rowsFromData(keys: KeySpace, nodes: readonly DataNode[]): Iterable<DataRow> {
  const sequence = new Map<RowNode, number>();
  yield* rowOf(keys, '', undefined, nodes, sequence);
}

function* rowOf(
  keys: KeySpace,
  key: RowKey,
  node: RowNode | undefined,
  children: readonly DataNode[],
  sequence: Map<RowNode, number>,
): Iterable<DataRow> {
  const leaves = new Map<ColumnNode, string>();
  const below: [RowNode, DataNode][] = [];
  const collect = (nodes: readonly DataNode[]): void => {
    for (const child of nodes) {
      const { schema } = child;
      const row = asRow(schema);
      if (row !== undefined) below.push([row, child]);
      else if (schema.kind === 'container') collect(child.children ?? []);
      else if (schema.kind === 'leaf') leaves.set(schema, child.value ?? '');
      else if (schema.kind === 'anydata' || schema.kind === 'anyxml') leaves.set(schema, child.xml ?? '');
    }
  };
  collect(children);
  if (leaves.size > 0 || !isImplicit(node)) yield { key, node, row: { leaves } };
  for (const [row, child] of below) {
    yield* rowOf(keys, keys.child(key, row, keysOf(row, child, sequence)), row, child.children ?? [], sequence);
  }
}

function keysOf(node: RowNode, data: DataNode, sequence: Map<RowNode, number>): readonly string[] {
  switch (node.kind) {
    case 'container':
      return [];
    case 'leaf-list':
      return [data.value ?? ''];
    case 'list':
      break;
  }
  if (node.keys.length === 0) {
    const next = sequence.get(node) ?? 0;
    sequence.set(node, next + 1);
    return [String(next)];
  }
  return node.keys.map((leaf) => {
    const value = data.children?.find((child) => child.schema === leaf)?.value;
    if (value === undefined) throw new Error(`an entry of ${node.path} has no ${leaf.name}`);
    return value;
  });
}
