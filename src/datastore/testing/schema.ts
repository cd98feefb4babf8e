/** The schema that the store's tests share. */
import { fileURLToPath } from 'node:url';
import { loadSchema } from '../../yang/schema/load.ts';
import type { DataSchemaNode, LeafListNode, LeafNode, ListNode, Schema } from '../../yang/schema/node.ts';
import { KeySpace } from '../key/key.ts';
import type { RowKey, RowNode } from '../view/view.ts';

let schema: Schema | undefined;

export function testSchema(): Schema {
  schema ??= loadSchema({
    paths: [fileURLToPath(new URL('.', import.meta.url))],
    modules: [{ name: 'sluice-store-test' }],
  });
  return schema;
}

/** Short names for nodes and keys of the test module. */
export class TestKeys {
  keys: KeySpace;
  readonly box: RowKey;

  constructor(keys = new KeySpace(testSchema())) {
    this.keys = keys;
    this.box = keys.child('', this.row(''));
  }

  /** A node by its path below `box`. */
  node(path: string): DataSchemaNode {
    const full = `/sluice-store-test:box${path && `/${path}`}`;
    const node = this.keys.schema.find(full);
    if (node === undefined) throw new Error(`no ${full}`);
    return node;
  }

  row(path: string): RowNode {
    return this.node(path) as RowNode;
  }

  list(path: string): ListNode {
    return this.node(path) as ListNode;
  }

  leafList(path: string): LeafListNode {
    return this.node(path) as LeafListNode;
  }

  leaf(path: string): LeafNode {
    return this.node(path) as LeafNode;
  }

  interface(name: string): RowKey {
    return this.keys.child(this.box, this.row('interface'), [name]);
  }

  rule(name: string): RowKey {
    return this.keys.child(this.box, this.row('rule'), [name]);
  }

  /** A row's columns by their paths below `box`. */
  columns(values: Readonly<Record<string, string>>): { leaves: Map<LeafNode, string> } {
    return { leaves: new Map(Object.entries(values).map(([path, value]) => [this.leaf(path), value])) };
  }
}
