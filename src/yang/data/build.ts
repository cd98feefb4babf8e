/**
 * Makes DataNodes from plain objects, for outputs and notifications that our own code writes:
 *
 *   build(notification, { port: 'uplink1', 'vlan-id': '10', method: [{ name: 'mvrp' }] })
 *
 * Names are the schema's, with `module:` in front where the parent has several of one name. Values are canonical.
 */
import type { DataSchemaNode, OperationNode, Parent } from '../schema/node.ts';
import { childSchema } from './find.ts';
import type { DataNode } from './node.ts';

export type PlainValue = string | number | boolean | PlainData | readonly (string | number | PlainData)[] | undefined;

export interface PlainData {
  readonly [name: string]: PlainValue;
}

/** Throws a plain Error where the schema has no such node: that is a bug of the caller. Undefined values are left out. */
export function build(
  parent: Parent & Partial<Pick<DataSchemaNode | OperationNode, 'module'>>,
  data: PlainData,
): readonly DataNode[] {
  const nodes: DataNode[] = [];
  for (const [name, value] of Object.entries(data)) {
    if (value === undefined) continue;
    const schema = childSchema(parent, name);
    for (const each of Array.isArray(value) ? value : [value]) nodes.push(node(schema, each));
  }
  return nodes;
}

function node(schema: DataSchemaNode, value: string | number | boolean | PlainData): DataNode {
  switch (schema.kind) {
    case 'container':
    case 'list': {
      if (typeof value !== 'object') throw new Error(`${schema.path} needs an object`);
      const children = build(schema, value);
      if (schema.kind === 'container') return { schema, children };
      const keys = schema.keys.flatMap((key) => children.find((child) => child.schema === key) ?? []);
      return { schema, children: [...keys, ...children.filter((child) => !keys.includes(child))] };
    }
    case 'leaf':
    case 'leaf-list':
      if (typeof value === 'object') throw new Error(`${schema.path} needs a value`);
      return { schema, value: String(value) };
    case 'anydata':
    case 'anyxml':
      return { schema, xml: String(value) };
  }
}
