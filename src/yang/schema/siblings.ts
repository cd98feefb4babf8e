/** What is asked of the children of a compiled node together. */
import { at, ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import type { DataSchemaNode, SchemaNode } from './node.ts';

/** A node that must be there when its parent is (RFC 7950 section 3, "mandatory node"). */
export function isMandatory(node: SchemaNode): boolean {
  switch (node.kind) {
    case 'leaf':
    case 'choice':
    case 'anydata':
    case 'anyxml':
      return node.mandatory;
    case 'list':
    case 'leaf-list':
      return node.minElements > 0;
    case 'container':
      return !node.presence && node.children.some(isMandatory);
    default:
      return false;
  }
}

/** Data nodes among `children` and in their choices. */
export function collect(children: readonly SchemaNode[], into: Map<string, DataSchemaNode>): void {
  for (const child of children) {
    switch (child.kind) {
      case 'choice':
        for (const one of child.cases) collect(one.children, into);
        break;
      case 'case':
      case 'rpc':
      case 'action':
      case 'input':
      case 'output':
      case 'notification':
      case 'structure':
        break;
      default:
        into.set(`${child.module.name}:${child.name}`, child);
    }
  }
}

/**
 * Nodes with one parent have names of their own, and so have the data nodes of all cases of a choice
 * (RFC 7950 sections 6.2.1 and 7.9.2).
 */
export function checkNames(children: readonly SchemaNode[], data: Map<string, Statement> = new Map()): void {
  const siblings = new Map<string, Statement>();
  for (const child of children) {
    const key = `${child.module.name}:${child.name}`;
    const isData = child.kind !== 'choice' && child.kind !== 'case';
    const other = siblings.get(key) ?? (isData ? data.get(key) : undefined);
    if (other) throw new ModuleError(child.origin, `"${child.name}" is already defined at ${at(other)}`);
    siblings.set(key, child.origin);
    if (isData) data.set(key, child.origin);
    if (child.kind === 'choice') checkNames(child.cases, data);
    if (child.kind === 'case') checkNames(child.children, data);
  }
}
