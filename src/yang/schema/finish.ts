/** What can be said only when all nodes are there: unique statements and default values. */
import { ModuleError } from '../statement/error.ts';
import type { NameScope } from '../type/type.ts';
import type { NodeCompiler, OpenLeaf } from './compile.ts';
import type { Definition } from './module.ts';
import type { LeafNode, ListNode, SchemaNode } from './node.ts';

export function resolveUniques(compiler: NodeCompiler): void {
  for (const { node, uniques } of compiler.lists) node.uniques = uniques.map((unique) => uniqueLeaves(node, unique));
}

function uniqueLeaves(list: ListNode, { statement, scope }: Definition): LeafNode[] {
  const leaves: LeafNode[] = [];
  for (const path of (statement.argument as string).trim().split(/\s+/)) {
    let children: readonly SchemaNode[] = list.children;
    let node: SchemaNode | undefined;
    for (const step of path.split('/')) {
      const { module, name } = scope.unit.resolve(step, statement);
      const own = module === scope.unit.module;
      node =
        children.find((one) => one.name === name && one.module.name === module.name) ??
        (own ? children.find((one) => one.name === name && one.module === list.module) : undefined);
      children =
        node?.kind === 'choice' ? node.cases : node?.kind === 'container' || node?.kind === 'case' ? node.children : [];
    }
    if (node?.kind !== 'leaf')
      throw new ModuleError(statement, `unique: list "${list.name}" has no leaf "${path}" below it`);
    if (leaves.includes(node)) throw new ModuleError(statement, `unique: "${path}" is there twice`);
    if (leaves[0] && leaves[0].config !== node.config)
      throw new ModuleError(statement, 'unique: configuration and state together');
    leaves.push(node);
  }
  return leaves;
}

/** Canonical defaults. Leafrefs must be resolved: their values are those of their targets. */
export function setDefaults(leaves: readonly OpenLeaf[]): void {
  for (const { node, defaults } of leaves) {
    if (defaults.length === 0) continue;
    const values = defaults.map((one) => defaultValue(node.name, node.type, one));
    if (node.kind === 'leaf') {
      // A key's default has no meaning (RFC 7950 section 7.8.2).
      if (!node.isKey) node.default = values[0];
      continue;
    }
    if (node.config && new Set(values).size < values.length) {
      throw new ModuleError((defaults[0] as Definition).statement, `leaf-list "${node.name}" has a default twice`);
    }
    node.defaults = values;
  }
}

function defaultValue(name: string, type: OpenLeaf['node']['type'], { statement, scope }: Definition): string {
  const names: NameScope = { moduleOf: (prefix) => scope.unit.moduleOf(prefix)?.name, inModule: true };
  const parsed = type.parse(statement.argument as string, names);
  if (parsed.ok) return parsed.value;
  throw new ModuleError(statement, `the default of "${name}" does not fit its type: ${parsed.message}`);
}
