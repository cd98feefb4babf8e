/**
 * Instance paths in the form of faults and instance-identifiers (RFC 7951 section 6.11):
 * `/ietf-interfaces:interfaces/interface[name='uplink1']/mtu`, to and from row keys.
 */
import type { DataSchemaNode } from '../yang/schema/node.ts';
import type { KeySpace, KeyStep } from './key.ts';
import { asRow, type SchemaShape } from './shape.ts';
import type { RowKey } from './view.ts';

/** Where an instance path leads. */
export interface InstanceAddress {
  /** The row, or the row that holds the node. */
  readonly key: RowKey;
  /** The node named; undefined for `/`. A row node, a column, or a non-presence container. */
  readonly node: DataSchemaNode | undefined;
}

export function instancePath(shape: SchemaShape, steps: readonly KeyStep[], inside?: DataSchemaNode): string {
  let path = '';
  let above = 0;
  for (const { node, keys } of steps) {
    path += node.path.slice(above);
    above = node.path.length;
    if (node.kind === 'leaf-list') path += `[.=${quote(keys[0] ?? '')}]`;
    else if (node.kind === 'list') {
      if (node.keys.length === 0) path += `[${Number(keys[0]) + 1}]`;
      else
        for (let i = 0; i < node.keys.length; i++)
          path += predicate(node.keys[i] as DataSchemaNode, node, keys[i] ?? '');
    }
  }
  if (inside !== undefined) {
    const row = asRow(inside);
    const holder = row === undefined ? shape.holder(inside) : shape.of(row).parent;
    if (holder !== steps.at(-1)?.node) throw new Error(`${inside.path} is not in the row ${path || '/'}`);
    path += inside.path.slice(above);
  }
  return path === '' ? '/' : path;
}

function predicate(leaf: DataSchemaNode, list: DataSchemaNode, value: string): string {
  const prefix = leaf.module === list.module ? '' : `${leaf.module.name}:`;
  return `[${prefix}${leaf.name}=${quote(value)}]`;
}

/** A YANG string in quotes (RFC 7950 section 14, instance-identifier); with both kinds inside there is no exact form. */
export function quote(value: string): string {
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

const stepSyntax = /\/(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)/y;
const predicateSyntax =
  /\[\s*(?:(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)|(\.)|(\d+))\s*(?:=\s*(?:'([^']*)'|"([^"]*)")\s*)?\]/y;

export function parseInstancePath(keys: KeySpace, path: string): InstanceAddress | undefined {
  if (path === '/') return { key: '', node: undefined };
  let children: ReadonlyMap<string, DataSchemaNode> | undefined = keys.schema.dataChildren;
  let module: string | undefined;
  let key: RowKey = '';
  let node: DataSchemaNode | undefined;
  let at = 0;
  while (at < path.length) {
    stepSyntax.lastIndex = at;
    const step = stepSyntax.exec(path);
    if (step === null) return undefined;
    at = stepSyntax.lastIndex;
    module = step[1] ?? module;
    node = children?.get(`${module}:${step[2]}`);
    if (node === undefined) return undefined;
    const given = new Map<string, string>();
    for (predicateSyntax.lastIndex = at; path[at] === '['; predicateSyntax.lastIndex = at) {
      const found = predicateSyntax.exec(path);
      if (found === null) return undefined;
      at = predicateSyntax.lastIndex;
      const value = found[5] ?? found[6];
      if (found[4] !== undefined) given.set('#', String(Number(found[4]) - 1));
      else if (value === undefined) return undefined;
      else given.set(found[3] ?? `${found[1] ?? node.module.name}:${found[2]}`, value);
    }
    const row = asRow(node);
    if (row !== undefined) {
      const values = keyValues(row, given);
      if (values === undefined) return undefined;
      try {
        key = keys.child(key, row, values);
      } catch {
        return undefined; // a key that is no value of its type names nothing
      }
    } else if (given.size > 0) return undefined;
    children = 'dataChildren' in node ? node.dataChildren : undefined;
  }
  return node && { key, node };
}

function keyValues(node: DataSchemaNode, given: ReadonlyMap<string, string>): readonly string[] | undefined {
  const names =
    node.kind === 'leaf-list'
      ? ['.']
      : node.kind !== 'list'
        ? []
        : node.keys.length === 0
          ? ['#']
          : node.keys.map((leaf) => `${leaf.module.name}:${leaf.name}`);
  const values = names.flatMap((name) => given.get(name) ?? []);
  return values.length === names.length && given.size === names.length ? values : undefined;
}
