/** Small modules, payloads and views for the tests of this folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KeySpace } from '../../datastore/key/key.ts';
import { MemoryView } from '../../datastore/view/memory.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import type { SourceView } from '../../datastore/view/source.ts';
import type { DataNode, EditOperation, NodeAttributes } from '../../yang/data/node.ts';
import { type Fault, FaultError } from '../../yang/fault.ts';
import { loadSchema } from '../../yang/schema/load.ts';
import type { DataSchemaNode, ListNode, Schema } from '../../yang/schema/node.ts';
import { applyEdit } from '../edit/apply.ts';
import type { EditOptions } from '../edit/options.ts';
import type { StoreChange } from '../validate/validate.ts';

/** Compiles modules given as text; the name is that of each module's first line. */
export function schemaOf(...modules: readonly string[]): Schema {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-commit-'));
  try {
    const names = modules.map((text) => {
      const name = /module\s+([\w.-]+)/.exec(text)?.[1] as string;
      writeFileSync(join(folder, `${name}.yang`), text);
      return name;
    });
    return loadSchema({ paths: [folder], modules: names.map((name) => ({ name })) });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A value with attributes. */
export class Marked {
  readonly attributes: NodeAttributes;
  readonly value: Content | undefined;
  constructor(attributes: NodeAttributes, value: Content | undefined) {
    this.attributes = attributes;
    this.value = value;
  }
}
export type Content = string | Marked | readonly Content[] | { readonly [name: string]: Content };

export function op(operation: EditOperation, value?: Content): Marked {
  return new Marked({ operation }, value);
}

export function at(attributes: NodeAttributes, value?: Content): Marked {
  return new Marked(attributes, value);
}

/** A payload written as an object: lists and leaf-lists as arrays, leaves as canonical strings. */
export function payload(schema: Schema, content: { readonly [name: string]: Content }): DataNode[] {
  return nodesOf(schema.dataChildren, content);
}

function nodesOf(
  children: ReadonlyMap<string, DataSchemaNode>,
  content: { readonly [name: string]: Content },
): DataNode[] {
  return Object.entries(content).flatMap(([name, value]) => {
    const schema = [...children.values()].find((child) => child.name === name || child.path.endsWith(`/${name}`));
    if (!schema) throw new Error(`no node ${name}`);
    return Array.isArray(value)
      ? value.map((one) => nodeOf(schema, one as Content))
      : [nodeOf(schema, value as Content)];
  });
}

function nodeOf(schema: DataSchemaNode, given: Content): DataNode {
  const attributes = given instanceof Marked ? { attributes: given.attributes } : {};
  const value = given instanceof Marked ? given.value : given;
  if (schema.kind === 'leaf' || schema.kind === 'leaf-list') {
    return value === undefined ? { schema, ...attributes } : { schema, value: value as string, ...attributes };
  }
  if (schema.kind !== 'container' && schema.kind !== 'list') return { schema, xml: String(value ?? ''), ...attributes };
  const content = (value ?? {}) as { readonly [name: string]: Content };
  return { schema, children: nodesOf(schema.dataChildren, content), ...attributes };
}

/** A view as lines: rows that exist by themselves, and columns with their values; keys stand in the paths. */
export function lines(view: SourceView): string[] {
  const { keys } = view;
  const found: string[] = [];
  for (const [leaf, value] of view.get('')?.leaves ?? []) found.push(`${keys.path('', leaf)} = ${value}`);
  for (const { key, node, row } of view.subtree('')) {
    if (node.kind !== 'container' || node.presence) found.push(keys.path(key));
    for (const column of keys.shape.of(node).columns) {
      if ((node as ListNode).keys?.includes(column as never)) continue;
      const value = row.leaves.get(column);
      if (value !== undefined) found.push(`${keys.path(key, column)} = ${value}`);
    }
  }
  return found;
}

/** A view that holds the payload. */
export function viewOf(keys: KeySpace, content: readonly DataNode[]): MemoryView {
  const view = new MemoryView(keys);
  applyEdit(view, keys, content);
  return view;
}

/** The overlay that an edit makes. */
export function edited(base: SourceView, edit: readonly DataNode[], options?: EditOptions): Overlay {
  const overlay = new Overlay(base);
  applyEdit(overlay, base.keys, edit, options);
  return overlay;
}

export function changeOf(overlay: Overlay): StoreChange {
  return { before: overlay.base, after: overlay, rows: overlay.changes() };
}

/** The faults that an action throws. */
export function faultsOf(action: () => unknown): readonly Fault[] {
  try {
    action();
  } catch (error) {
    if (error instanceof FaultError) return error.faults;
    throw error;
  }
  return [];
}
