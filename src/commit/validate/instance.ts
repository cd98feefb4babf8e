/** Whether nodes exist in a view, and under which conditions they may: what all checks ask. */
import { isInUse } from '../../datastore/reading/defaults.ts';
import { type ViewNode, ViewTree } from '../../datastore/reading/xpath-tree.ts';
import { isImplicit } from '../../datastore/row/shape.ts';
import type { StoreView } from '../../datastore/view/source.ts';
import type { Row, RowKey } from '../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import type { Expression } from '../../yang/xpath/expression.ts';
import { foldOf, isFolded } from '../edit/fold.ts';

export class Instances {
  readonly view: StoreView;
  readonly tree: ViewTree;
  /** What `holds` said of nodes of the row asked about last: the checks of one row come one after another. */
  readonly #held = new Map<DataSchemaNode, boolean>();
  #heldKey: RowKey | undefined;
  /** Of each condition: where it was evaluated last. */
  readonly #heldAt = new Map<Expression, Pick<ViewNode, 'schema' | 'key'> & { readonly held: boolean }>();
  /** The row asked for last. */
  #lastKey: RowKey | undefined;
  #lastRow: Row | undefined;

  /** The view must not change while the instances are asked for. */
  constructor(view: StoreView) {
    this.view = view;
    this.tree = new ViewTree(view, view.keys);
  }

  /** The row, also one that is there only implicitly; undefined where there is none. */
  row(key: RowKey): Row | undefined {
    if (key !== this.#lastKey) {
      const row = this.view.get(key);
      this.#lastRow = row ?? (isImplicit(this.view.keys.node(key)) ? { leaves: new Map() } : undefined);
      this.#lastKey = key;
    }
    return this.#lastRow;
  }

  /** Whether an instance of a child was made (defaults and empty non-presence containers do not count). */
  exists(key: RowKey, row: Row, node: DataSchemaNode): boolean {
    switch (node.kind) {
      case 'leaf':
      case 'anydata':
      case 'anyxml':
        return row.leaves.has(node);
      case 'list':
      case 'leaf-list':
        return this.view.has(key, node);
      case 'container': {
        if (!isFolded(node)) return this.view.has(key, node);
        const { columns, rows } = foldOf(node);
        return columns.some((column) => row.leaves.has(column)) || rows.some((child) => this.view.has(key, child));
      }
    }
  }

  /** Whether cases let what is implicit in the row (a default, a non-presence container) be there. */
  isInUse(key: RowKey, row: Row, node: DataSchemaNode): boolean {
    return isInUse(row, node, (child) => this.exists(key, row, child));
  }

  /** Whether the conditions of the node, and of the non-presence containers between it and its row, hold. */
  isPossible(key: RowKey, node: DataSchemaNode): boolean {
    for (let at: DataSchemaNode | undefined = node; at; ) {
      if (at.whens.length > 0 && !this.holds(key, at)) return false;
      const above: DataSchemaNode['dataParent'] = at.dataParent;
      at = above?.kind === 'container' && isFolded(above) ? above : undefined;
    }
    return true;
  }

  /** Whether the `when`s of a node hold; `key` is the row that the node is, or is in. */
  holds(key: RowKey, node: DataSchemaNode): boolean {
    if (key !== this.#heldKey) {
      this.#held.clear();
      this.#heldKey = key;
    }
    const known = this.#held.get(node);
    if (known !== undefined) return known;
    const context = this.tree.node(key, node);
    const parent = this.tree.parent(context) ?? this.tree.root();
    const held = node.whens.every(({ expression, context: where }) =>
      where === 'self' ? expression.test(this.tree, context) : this.#holdsAt(expression, parent),
    );
    this.#held.set(node, held);
    return held;
  }

  /** A condition of an augment or a choice is asked for each of the nodes that it is about, at one and the same parent. */
  #holdsAt(expression: Expression, parent: ViewNode): boolean {
    const known = this.#heldAt.get(expression);
    if (known !== undefined && known.key === parent.key && known.schema === parent.schema) return known.held;
    const held = expression.test(this.tree, parent);
    this.#heldAt.set(expression, { schema: parent.schema, key: parent.key, held });
    return held;
  }
}
