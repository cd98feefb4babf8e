/**
 * The accessible tree of RFC 7950 section 6.4.1 over DataNodes: a forest, and where one is given another tree behind
 * it (the configuration and state of the server), which absolute paths lead into.
 *
 *   operation (an rpc's input, a notification) ── its parent is the root
 *     └ data nodes, default values and non-presence containers filled in
 *   root ── the other tree's root, or without one the top of the forest itself
 */
import type { DataSchemaNode, ListNode, Parent, Schema } from '../schema/node.ts';
import type { XPathTree } from '../xpath/tree.ts';
import type { DataNode } from './node.ts';
import { presentChildren } from './present.ts';

/** A node of the forest, or of the tree behind it. */
export type DataTreeHandle<B = never> = ForestHandle | { readonly kind: 'behind'; readonly node: B };

export interface ForestHandle {
  readonly kind: 'forest';
  /** Undefined: the top of the forest. */
  readonly node: DataNode | undefined;
  readonly parent: ForestHandle | undefined;
  /** Place among the siblings. */
  readonly index: number;
  /** Not given, but there: a default value in use or a non-presence container. */
  readonly implicit: boolean;
}

export interface DataTreeOptions<B> {
  readonly schema: Pick<Schema, 'derivedFromOrSelf'>;
  /** What the top-level nodes are children of: the schema, or an operation. */
  readonly top: Parent;
  readonly nodes: readonly DataNode[];
  /** Where absolute paths lead. Left out: into the forest. */
  readonly behind?: XPathTree<B>;
  /** The node behind that the forest hangs at: that of an action. Left out: the root. */
  readonly above?: B;
}

export class DataTree<B = never> implements XPathTree<DataTreeHandle<B>> {
  readonly #options: DataTreeOptions<B>;
  readonly #top: ForestHandle = { kind: 'forest', node: undefined, parent: undefined, index: 0, implicit: false };
  /** Children whose conditions are being evaluated. */
  readonly #asked = new Set<ForestHandle>();
  readonly #children = new WeakMap<ForestHandle, readonly ForestHandle[]>();

  constructor(options: DataTreeOptions<B>) {
    this.#options = options;
  }

  /** The top of the forest: the context of what is said of an operation as a whole. */
  top(): ForestHandle {
    return this.#top;
  }

  root(): DataTreeHandle<B> {
    const { behind } = this.#options;
    return behind === undefined ? this.#top : { kind: 'behind', node: behind.root() };
  }

  parent(handle: DataTreeHandle<B>): DataTreeHandle<B> | undefined {
    const { behind, above } = this.#options;
    if (handle.kind === 'forest') {
      return handle.parent ?? (behind === undefined ? undefined : { kind: 'behind', node: above ?? behind.root() });
    }
    const parent = behind?.parent(handle.node);
    return parent === undefined ? undefined : { kind: 'behind', node: parent };
  }

  schema(handle: DataTreeHandle<B>): DataSchemaNode | undefined {
    return handle.kind === 'forest' ? handle.node?.schema : this.#options.behind?.schema(handle.node);
  }

  *children(handle: DataTreeHandle<B>, schema?: DataSchemaNode): Iterable<DataTreeHandle<B>> {
    if (handle.kind === 'behind') {
      for (const child of this.#options.behind?.children(handle.node, schema) ?? [])
        yield { kind: 'behind', node: child };
      return;
    }
    for (const child of this.#forestChildren(handle)) {
      if ((schema === undefined || child.node?.schema === schema) && this.#exists(child, handle)) yield child;
    }
  }

  /** What is not given is there only where its conditions hold. One that looks at itself holds. */
  #exists(child: ForestHandle, parent: ForestHandle): boolean {
    const whens = child.node?.schema.whens ?? [];
    if (!child.implicit || whens.length === 0 || this.#asked.has(child)) return true;
    this.#asked.add(child);
    const holds = whens.every(({ expression, context }) => expression.test(this, context === 'self' ? child : parent));
    this.#asked.delete(child);
    return holds;
  }

  #forestChildren(handle: ForestHandle): readonly ForestHandle[] {
    const cached = this.#children.get(handle);
    if (cached !== undefined) return cached;
    const parent = handle.node === undefined ? this.#options.top : handle.node.schema;
    const given = handle.node === undefined ? this.#options.nodes : (handle.node.children ?? []);
    const nodes = 'dataChildren' in parent ? presentChildren(parent, given) : [];
    const known = new Set(given);
    const children = nodes.map((node, index): ForestHandle => {
      return { kind: 'forest', node, parent: handle, index, implicit: !known.has(node) };
    });
    this.#children.set(handle, children);
    return children;
  }

  childSchemas(handle: DataTreeHandle<B>): ReadonlyMap<string, DataSchemaNode> {
    if (handle.kind === 'behind') return this.#options.behind?.childSchemas(handle.node) ?? noChildren;
    const parent = handle.node === undefined ? this.#options.top : handle.node.schema;
    return 'dataChildren' in parent ? parent.dataChildren : noChildren;
  }

  entry(handle: DataTreeHandle<B>, list: ListNode, keys: readonly string[]): DataTreeHandle<B> | undefined {
    if (handle.kind === 'behind') {
      const entry = this.#options.behind?.entry(handle.node, list, keys);
      return entry === undefined ? undefined : { kind: 'behind', node: entry };
    }
    return this.#forestChildren(handle).find(
      ({ node }) =>
        node?.schema === list &&
        list.keys.every((key, index) => node.children?.find((child) => child.schema === key)?.value === keys[index]),
    );
  }

  value(handle: DataTreeHandle<B>): string | undefined {
    return handle.kind === 'forest' ? handle.node?.value : this.#options.behind?.value(handle.node);
  }

  id(handle: DataTreeHandle<B>): string {
    if (handle.kind === 'behind') return `behind ${this.#options.behind?.id(handle.node)}`;
    return pathOf(handle).join('/');
  }

  /** The forest comes after what is behind it, but for its own top, which is nothing's child there. */
  compare(a: DataTreeHandle<B>, b: DataTreeHandle<B>): number {
    if (a.kind === 'behind' && b.kind === 'behind') return this.#options.behind?.compare(a.node, b.node) ?? 0;
    if (a.kind === 'behind') return -1;
    if (b.kind === 'behind') return 1;
    const one = pathOf(a);
    const other = pathOf(b);
    for (let i = 0; i < one.length && i < other.length; i++) {
      if (one[i] !== other[i]) return (one[i] as number) - (other[i] as number);
    }
    return one.length - other.length;
  }

  derivedFromOrSelf(identity: string, base: string): boolean {
    return this.#options.schema.derivedFromOrSelf(identity, base);
  }
}

const noChildren: ReadonlyMap<string, DataSchemaNode> = new Map();

/** Indexes from the top down. */
function pathOf(handle: ForestHandle): number[] {
  const path: number[] = [];
  for (let at: ForestHandle | undefined = handle; at?.parent !== undefined; at = at.parent) path.unshift(at.index);
  return path;
}
