/** What was written about a compiled node, for those who print schemas: its substatements after refines and deviations. */
import type { Statement } from '../statement/statement.ts';
import type { Definition, LoadedModule } from './module.ts';
import type { Module, SchemaNode } from './node.ts';

const substatements = new WeakMap<SchemaNode, readonly Definition[]>();

export function remember(node: SchemaNode, properties: readonly Definition[]): void {
  substatements.set(node, properties);
}

/** Substatements in force, without child nodes. */
export function written(node: SchemaNode): readonly Definition[] {
  return substatements.get(node) ?? [];
}

/** The `module` statement. */
export function rootStatement(module: Module): Statement {
  return (module as LoadedModule).main.root;
}
