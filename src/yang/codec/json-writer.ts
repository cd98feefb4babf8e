/** DataNodes as JSON (RFC 7951). */
import type { DataNode } from '../data/node.ts';
import type { Schema } from '../schema/node.ts';
import { anydataToJson } from './json-anydata.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** @param indent blanks per level; 0: one line */
export function dataToJson(schema: Schema, nodes: readonly DataNode[], indent = 0): string {
  return JSON.stringify(jsonOf(schema, nodes, undefined), undefined, indent);
}

/** @param parentModule module of the node that holds them: its name is not repeated (RFC 7951 section 4) */
export function jsonOf(
  schema: Schema,
  nodes: readonly DataNode[],
  parentModule: string | undefined,
): { [name: string]: Json } {
  // Without a prototype `__proto__` is a name like any other.
  const object: { [name: string]: Json } = Object.create(null);
  for (const node of nodes) {
    const module = node.schema.module.name;
    const name = module === parentModule ? node.schema.name : `${module}:${node.schema.name}`;
    const value = toJson(schema, node);
    if (value === undefined) continue;
    if (node.schema.kind === 'list' || node.schema.kind === 'leaf-list') {
      const entries = object[name] as Json[] | undefined;
      if (entries === undefined) object[name] = [value];
      else entries.push(value);
    } else {
      object[name] = value;
    }
  }
  return object;
}

function toJson(schema: Schema, node: DataNode): Json | undefined {
  switch (node.schema.kind) {
    case 'container':
    case 'list':
      return jsonOf(schema, node.children ?? [], node.schema.module.name);
    case 'leaf':
    case 'leaf-list':
      return node.value === undefined ? undefined : node.schema.type.toJson(node.value);
    case 'anydata':
    case 'anyxml':
      return anydataToJson(schema, node.xml ?? '');
  }
}
