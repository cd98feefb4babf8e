/** The schema nodes that a feature works with, by path. One that is missing is a bug: the feature's module is not served. */

import type { Row } from '../datastore/view/view.ts';
import type { ContainerNode, DataSchemaNode, LeafListNode, LeafNode, ListNode, Schema } from '../yang/schema/node.ts';

type Kinds = { container: ContainerNode; list: ListNode; leaf: LeafNode; 'leaf-list': LeafListNode };

function find<K extends keyof Kinds>(schema: Schema, path: string, kind: K): Kinds[K] {
  const node: DataSchemaNode | undefined = schema.find(path);
  if (node?.kind !== kind) throw new Error(`the schema has no ${kind} ${path}`);
  return node as Kinds[K];
}

export const containerAt = (schema: Schema, path: string): ContainerNode => find(schema, path, 'container');
export const listAt = (schema: Schema, path: string): ListNode => find(schema, path, 'list');
export const leafAt = (schema: Schema, path: string): LeafNode => find(schema, path, 'leaf');
export const leafListAt = (schema: Schema, path: string): LeafListNode => find(schema, path, 'leaf-list');

/** The value of a leaf in its row, or its default. */
export function leafValue(row: Row, leaf: LeafNode): string | undefined {
  return row.leaves.get(leaf) ?? leaf.default;
}

/** The value of a leaf that has a default or is mandatory: a row without it has passed no validation. */
export function requiredValue(row: Row, leaf: LeafNode): string {
  const value = leafValue(row, leaf);
  if (value === undefined) throw new Error(`${leaf.path} has no value`);
  return value;
}

/** A number; 0 where the leaf is not set and has no default (the engine's word for "no limit of its own"). */
export function numberOf(row: Row, leaf: LeafNode): number {
  return Number(leafValue(row, leaf) ?? 0);
}
