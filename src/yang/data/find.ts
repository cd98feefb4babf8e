/** Looking into DataNodes, as those do who read an rpc's input or test a notification. */
import type { DataSchemaNode, ListNode, OperationNode, Parent } from '../schema/node.ts';
import type { DataNode } from './node.ts';

/** The first child with the name, in whichever module. */
export function findChild(nodes: readonly DataNode[] | undefined, name: string): DataNode | undefined {
  return nodes?.find(({ schema }) => schema.name === name);
}

/** The node that the names lead to, from the given siblings down. */
export function findNode(nodes: readonly DataNode[] | undefined, ...names: readonly string[]): DataNode | undefined {
  let found: DataNode | undefined;
  let siblings = nodes;
  for (const name of names) {
    found = findChild(siblings, name);
    siblings = found?.children;
  }
  return found;
}

/** Value of the leaf that the names lead to. */
export function findValue(nodes: readonly DataNode[] | undefined, ...names: readonly string[]): string | undefined {
  return findNode(nodes, ...names)?.value;
}

/** All children with the name: entries of a list or leaf-list. */
export function findAll(nodes: readonly DataNode[] | undefined, name: string): readonly DataNode[] {
  return nodes?.filter(({ schema }) => schema.name === name) ?? [];
}

/** Canonical values of a list entry's keys; undefined where one is missing. */
export function keysOf(list: ListNode, entry: DataNode): readonly (string | undefined)[] {
  return list.keys.map((key) => entry.children?.find((child) => child.schema === key)?.value);
}

/** The schema of a child by name: of the parent's own module, else of whichever module has it. */
export function childSchema(
  parent: Parent & Partial<Pick<DataSchemaNode | OperationNode, 'module'>>,
  name: string,
): DataSchemaNode {
  const own = parent.module && parent.dataChildren.get(`${parent.module.name}:${name}`);
  if (own !== undefined) return own;
  for (const child of parent.dataChildren.values())
    if (child.name === name || `${child.module.name}:${child.name}` === name) return child;
  throw new Error(`the schema has no child ${name} here`);
}
