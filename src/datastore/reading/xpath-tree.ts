/** The accessible tree of RFC 7950 section 6.4.1 over a view: default values in use and all non-presence containers. */
import type { DataSchemaNode, LeafListNode, LeafNode, ListNode } from '../../yang/schema/node.ts';
import type { XPathTree } from '../../yang/xpath/tree.ts';
import type { KeySpace } from '../key/key.ts';
import { asRow } from '../row/shape.ts';
import type { Row, RowKey, RowNode, View } from '../view/view.ts';
import { defaultOf, isInUse } from './defaults.ts';

/** A node of the tree: a row, or something in the row of `key`. */
export interface ViewNode {
  /** Undefined: the root. */
  readonly schema: DataSchemaNode | undefined;
  readonly key: RowKey;
  /** A leaf's or leaf-list entry's. */
  readonly value?: string;
  /** The value is a default in use. */
  readonly isDefault?: boolean;
}

const root: ViewNode = { schema: undefined, key: '' };
const none: readonly ViewNode[] = [];
const noChildren: ReadonlyMap<string, DataSchemaNode> = new Map();

export class ViewTree implements XPathTree<ViewNode> {
  readonly #view: View;
  readonly #keys: KeySpace;
  /** The row read last: expressions look at several columns of one row. */
  #lastKey: RowKey | undefined;
  #lastRow: Row | undefined;
  /** Whether the conditions of containers in one row hold, and of which. */
  #conditions = new Map<DataSchemaNode, boolean>();
  #conditionsKey: RowKey | undefined;

  /** The view must not change while the tree is in use. */
  constructor(view: View, keys: KeySpace) {
    this.#view = view;
    this.#keys = keys;
  }

  root(): ViewNode {
    return root;
  }

  /** The node of a row, or of a container or column in it, whether it exists or not. */
  node(key: RowKey, schema: DataSchemaNode | undefined = this.#keys.node(key)): ViewNode {
    if (schema?.kind === 'leaf') return this.#leaf(key, schema) ?? { schema, key };
    if (schema?.kind === 'leaf-list') return { schema, key, value: this.#keys.last(key)?.keys[0] ?? '' };
    return { schema, key };
  }

  parent(node: ViewNode): ViewNode | undefined {
    const { schema, key } = node;
    if (schema === undefined) return undefined;
    const above = schema.dataParent;
    if (above === undefined || !('index' in above)) return root;
    // Default entries of a leaf-list have no row of their own.
    const inRow = asRow(schema) === undefined || (schema.kind === 'leaf-list' && node.isDefault === true);
    return { schema: above, key: inRow ? key : (this.#keys.parent(key) ?? '') };
  }

  schema(node: ViewNode): DataSchemaNode | undefined {
    return node.schema;
  }

  children(node: ViewNode, schema?: DataSchemaNode): Iterable<ViewNode> {
    return schema === undefined ? this.#children(node) : this.#instances(node.key, schema);
  }

  childSchemas({ schema }: ViewNode): ReadonlyMap<string, DataSchemaNode> {
    if (schema === undefined) return this.#keys.schema.dataChildren;
    return 'dataChildren' in schema ? schema.dataChildren : noChildren;
  }

  entry(node: ViewNode, list: ListNode, keys: readonly string[]): ViewNode | undefined {
    let key: RowKey;
    try {
      key = this.#keys.child(node.key, list, keys);
    } catch {
      return undefined; // no value of the key's type
    }
    return this.#view.get(key) === undefined ? undefined : { schema: list, key };
  }

  value(node: ViewNode): string | undefined {
    return node.value;
  }

  id({ schema, key, value, isDefault }: ViewNode): string {
    if (schema === undefined) return '';
    return schema.kind === 'leaf-list' && isDefault ? `${key} ${value} ${schema.index}` : `${key} ${schema.index}`;
  }

  compare(a: ViewNode, b: ViewNode): number {
    const one = this.#chain(a);
    const other = this.#chain(b);
    for (let i = 0; i < one.length && i < other.length; i++) {
      const x = one[i] as ViewNode;
      const y = other[i] as ViewNode;
      if (x.schema !== y.schema) return (x.schema?.index ?? 0) - (y.schema?.index ?? 0);
      if (x.key !== y.key) return this.#compareEntries(x, y);
      if (x.value !== y.value) return (x.value ?? '') < (y.value ?? '') ? -1 : 1; // defaults of a leaf-list
    }
    return one.length - other.length;
  }

  derivedFromOrSelf(identity: string, base: string): boolean {
    return this.#keys.schema.derivedFromOrSelf(identity, base);
  }

  /** Whether the `when` conditions of a leaf or leaf-list hold, on which its default depends; for writers (RFC 6243). */
  holds(node: LeafNode | LeafListNode, key: RowKey): boolean {
    return this.#holds(node, key, { schema: node, key, value: defaultsOf(node)[0] ?? '', isDefault: true });
  }

  *#children(node: ViewNode): Iterable<ViewNode> {
    for (const child of this.childSchemas(node).values()) yield* this.#instances(node.key, child);
  }

  /** What can only be one is given without an iteration of its own: most steps of paths lead to that. */
  #instances(key: RowKey, schema: DataSchemaNode): Iterable<ViewNode> {
    const row = asRow(schema);
    if (row !== undefined) {
      if (row.kind !== 'container' || row.presence) return this.#entries(key, row);
      return [{ schema, key: this.#keys.child(key, row) }];
    }
    if (schema.kind === 'container') return [{ schema, key }];
    if (schema.kind !== 'leaf') return this.#row(key)?.leaves.has(schema as never) ? [{ schema, key }] : none;
    const leaf = this.#leaf(key, schema);
    return leaf === undefined ? none : [leaf];
  }

  *#entries(key: RowKey, row: RowNode): Iterable<ViewNode> {
    let isEmpty = true;
    for (const entry of this.#view.entries(key, row)) {
      isEmpty = false;
      yield row.kind === 'leaf-list' ? this.node(entry.key, row) : { schema: row, key: entry.key };
    }
    if (isEmpty && row.kind === 'leaf-list') yield* this.#defaults(key, row);
  }

  #leaf(key: RowKey, schema: LeafNode): ViewNode | undefined {
    const value = this.#row(key)?.leaves.get(schema);
    if (value !== undefined) return { schema, key, value };
    if (schema.default === undefined) return undefined;
    const inUse = defaultOf(this.#row(key), schema, (node) => this.#has(key, node));
    if (inUse === undefined) return undefined;
    const node: ViewNode = { schema, key, value: inUse, isDefault: true };
    return this.#holds(schema, key, node) ? node : undefined;
  }

  *#defaults(key: RowKey, schema: LeafListNode): Iterable<ViewNode> {
    if (schema.defaults.length === 0) return;
    if (!isInUse(this.#row(key), schema, (node) => this.#has(key, node))) return;
    for (const value of schema.defaults) {
      const node = { schema, key, value, isDefault: true };
      if (this.#holds(schema, key, node)) yield node;
    }
  }

  /** Whether the `when` conditions of a node that a default would make hold; those of containers around it included. */
  #holds(schema: DataSchemaNode, key: RowKey, self: ViewNode): boolean {
    const parent = this.parent(self);
    if (!this.#test(schema, self, parent)) return false;
    return parent?.schema?.kind !== 'container' || parent.key !== key ? true : this.#holdsAround(parent);
  }

  /** The same of a container that is in the row of `key`, or is that row: asked for each default inside of it. */
  #holdsAround(container: ViewNode): boolean {
    const { schema, key } = container;
    if (schema === undefined) return true;
    if (this.#conditionsKey !== key) {
      this.#conditionsKey = key;
      this.#conditions = new Map();
    }
    const conditions = this.#conditions;
    const known = conditions.get(schema);
    if (known !== undefined) return known;
    const parent = this.parent(container);
    let holds = this.#test(schema, container, parent);
    // A row that exists fulfils its own conditions; a top-level container may be there without one.
    const isRowItself = asRow(schema) !== undefined;
    if (holds && !isRowItself && parent?.schema?.kind === 'container' && parent.key === key) {
      holds = this.#holdsAround(parent);
    }
    conditions.set(schema, holds);
    return holds;
  }

  #test(schema: DataSchemaNode, self: ViewNode, parent: ViewNode | undefined): boolean {
    return schema.whens.every(({ expression, context }) => {
      const where = context === 'self' ? self : parent;
      return where === undefined || expression.test(this, where);
    });
  }

  #has(key: RowKey, node: DataSchemaNode): boolean {
    const row = asRow(node);
    return row !== undefined && this.#view.has(key, row);
  }

  #row(key: RowKey): Row | undefined {
    if (this.#lastKey !== key) {
      this.#lastRow = this.#view.get(key);
      this.#lastKey = key;
    }
    return this.#lastRow;
  }

  #chain(node: ViewNode): ViewNode[] {
    const chain: ViewNode[] = [];
    for (let at: ViewNode | undefined = node; at?.schema !== undefined; at = this.parent(at)) chain.push(at);
    return chain.reverse();
  }

  #compareEntries(a: ViewNode, b: ViewNode): number {
    const node = a.schema as RowNode;
    if (node.kind !== 'container' && node.orderedByUser) {
      const x = this.#view.get(a.key)?.position ?? '';
      const y = this.#view.get(b.key)?.position ?? '';
      if (x !== y) return x < y ? -1 : 1;
    }
    return a.key < b.key ? -1 : 1;
  }
}

function defaultsOf(node: LeafNode | LeafListNode): readonly string[] {
  if (node.kind === 'leaf-list') return node.defaults;
  return node.default === undefined ? [] : [node.default];
}
