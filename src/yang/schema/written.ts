/** What was written about a compiled node, for those who print schemas: its substatements after refines and deviations. */
import type { Definition } from './module.ts';
import type { SchemaNode } from './node.ts';

const substatements = new WeakMap<SchemaNode, readonly Definition[]>();

export function remember(node: SchemaNode, properties: readonly Definition[]): void {
  substatements.set(node, properties);
}

/** Substatements in force, without child nodes. */
export function written(node: SchemaNode): readonly Definition[] {
  return substatements.get(node) ?? [];
}
