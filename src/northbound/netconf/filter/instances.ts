/** The nodes that an XPath filter selected: they come with all that is below them, their ancestors and the keys of those. */
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { ViewNode } from '../../../datastore/reading/xpath-tree.ts';
import { asRow, type ColumnNode } from '../../../datastore/row/shape.ts';
import type { Row, RowKey, RowNode } from '../../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';
import type { Selector, Wanted } from './selector.ts';

/** What is selected in or below one row. */
interface Selected {
  whole: boolean;
  /** Leaves and folded containers of the row. */
  readonly nodes: Set<DataSchemaNode>;
  /** Rows directly below that are selected or lead to something that is. */
  readonly rows: Map<RowNode, Set<RowKey>>;
}

export class SelectedInstances implements Selector {
  readonly #keys: KeySpace;
  readonly #rows = new Map<RowKey, Selected>([['', newSelected()]]);
  #everything = false;

  constructor(keys: KeySpace, nodes: Iterable<ViewNode>) {
    this.#keys = keys;
    for (const node of nodes) this.#add(node);
  }

  /** What is wanted of the root. */
  get wanted(): Wanted {
    return this.#everything ? 'all' : this;
  }

  child(node: DataSchemaNode, key: RowKey, _row: Row | undefined): Wanted {
    const selected = this.#rows.get(key);
    if (selected === undefined) return this.#isDefault(node, key) ? 'all' : 'none';
    if (selected.whole) return 'all';
    // A folded container that is not selected itself may hold something that is.
    return selected.nodes.has(node) ? 'all' : this;
  }

  peek(_node: DataSchemaNode): Wanted {
    return this;
  }

  leaf(node: ColumnNode, key: RowKey): boolean | 'along' {
    if (this.#rows.get(key)?.nodes.has(node)) return true;
    return node.kind === 'leaf' && node.isKey ? 'along' : false;
  }

  rows(node: RowNode, parent: RowKey): 'all' | 'none' | readonly RowKey[] {
    const selected = this.#rows.get(parent);
    if (selected?.nodes.has(node)) return 'all';
    const keys = selected?.rows.get(node);
    return keys === undefined ? 'none' : [...keys].sort();
  }

  sameAs(other: Selector): boolean {
    return other instanceof SelectedInstances;
  }

  /** The rows that are selected, hold something that is, or lead there. */
  keys(): Iterable<RowKey> {
    return this.#rows.keys();
  }

  /** Defaults of a leaf-list have no rows: they are noted where they would stand. */
  #isDefault(node: DataSchemaNode, key: RowKey): boolean {
    return node.kind === 'leaf-list' && this.#rows.get(this.#keys.parent(key) ?? '')?.nodes.has(node) === true;
  }

  #add(node: ViewNode): void {
    const { schema, key } = node;
    if (schema === undefined) {
      this.#everything = true;
      return;
    }
    const selected = this.#row(key);
    if (asRow(schema) === undefined || node.isDefault === true) selected.nodes.add(schema);
    else selected.whole = true;
  }

  /** The row, with the way to it. */
  #row(key: RowKey): Selected {
    let selected = this.#rows.get(key);
    if (selected !== undefined) return selected;
    selected = newSelected();
    this.#rows.set(key, selected);
    const parent = this.#row(this.#keys.parent(key) ?? '');
    const node = this.#keys.node(key);
    if (node === undefined) throw new Error('the root is always there');
    const rows = parent.rows.get(node) ?? new Set();
    rows.add(key);
    parent.rows.set(node, rows);
    return selected;
  }
}

function newSelected(): Selected {
  return { whole: false, nodes: new Set(), rows: new Map() };
}
