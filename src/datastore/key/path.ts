/**
 * Instance paths in the form of faults and instance-identifiers (RFC 7951 section 6.11):
 * `/ietf-interfaces:interfaces/interface[name='uplink1']/mtu`, to and from row keys.
 */
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import { type PathPredicate, parseInstancePath as parseSteps, quote } from '../../yang/xpath/instance-identifier.ts';
import { asRow, type SchemaShape } from '../row/shape.ts';
import type { RowKey } from '../view/view.ts';
import type { KeySpace, KeyStep } from './key.ts';

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

export function parseInstancePath(keys: KeySpace, path: string): InstanceAddress | undefined {
  if (path === '/') return { key: '', node: undefined };
  const steps = parseSteps(path);
  if (steps === undefined) return undefined;
  let children: ReadonlyMap<string, DataSchemaNode> | undefined = keys.schema.dataChildren;
  let key: RowKey = '';
  let node: DataSchemaNode | undefined;
  for (const step of steps) {
    node = children?.get(`${step.module}:${step.name}`);
    if (node === undefined) return undefined;
    const given = givenValues(step.predicates);
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

/** By the name of the key; `.` for a value, `#` for a position, from 0. */
function givenValues(predicates: readonly PathPredicate[]): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const predicate of predicates) {
    if (predicate.kind === 'position') given.set('#', String(predicate.position - 1));
    else if (predicate.kind === 'value') given.set('.', predicate.value);
    else given.set(`${predicate.module}:${predicate.name}`, predicate.value);
  }
  return given;
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
