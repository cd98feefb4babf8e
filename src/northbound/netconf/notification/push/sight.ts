/** What one subscriber sees of a view: what the filter selects and access control permits, asked row by row. */
import type { Decisions } from '../../../../commit/access/access.ts';
import { walk } from '../../../../datastore/reading/walk.ts';
import { asRow, type ColumnNode, isImplicit } from '../../../../datastore/row/shape.ts';
import type { SourceView } from '../../../../datastore/view/source.ts';
import type { RowKey, RowNode } from '../../../../datastore/view/view.ts';
import { XmlWriter } from '../../../../yang/codec/xml-writer.ts';
import type { DataSchemaNode } from '../../../../yang/schema/node.ts';
import { ReadHooks } from '../../filter/read-hooks.ts';
import type { Wanted } from '../../filter/selector.ts';

/** Characters after which a row is known to be there. */
const PROBE = 1;

export class Sight {
  readonly view: SourceView;
  readonly #root: Wanted;
  readonly #decisions: Decisions;
  readonly #configOnly: boolean;
  /** The rows above the one asked for last are asked for again by the next. */
  readonly #known = new Map<RowKey, Wanted>();

  /** `root`: what the filter wants of the view's root. */
  constructor(view: SourceView, root: Wanted, decisions: Decisions, configOnly: boolean) {
    this.view = view;
    this.#root = root;
    this.#decisions = decisions;
    this.#configOnly = configOnly;
  }

  /** What is wanted of a row; `none`: it, or one above it, is not selected or may not be read. */
  of(key: RowKey, node: RowNode | undefined): Wanted {
    if (node === undefined) return this.#root;
    let wanted = this.#known.get(key);
    if (wanted === undefined) {
      wanted = this.#find(key, node);
      if (this.#known.size > 1000) this.#known.clear();
      this.#known.set(key, wanted);
    }
    return wanted;
  }

  /** Whether a leaf or anydata is selected and may be read. */
  column(column: ColumnNode, key: RowKey, node: RowNode | undefined): boolean {
    if (this.#configOnly && !column.config) return false;
    const wanted = this.#around(column, key, node);
    const isWanted = wanted === 'all' || (wanted !== 'none' && wanted.leaf(column, key) === true);
    return isWanted && this.mayRead(column, key);
  }

  /** Whether something of the row, or of what is below it, is seen. */
  shows(key: RowKey, node: RowNode): boolean {
    if (this.of(key, node) === 'none') return false;
    if (!isImplicit(node) && this.view.get(key) === undefined) return false;
    const writer = new XmlWriter(this.view.keys.schema);
    for (const _ of this.#write(key, node, writer, PROBE)) break;
    return writer.length > 0;
  }

  /** The row with all that is seen of it, as XML; empty where that is nothing. */
  render(key: RowKey, node: RowNode): string {
    if (this.of(key, node) === 'none') return '';
    if (!isImplicit(node) && this.view.get(key) === undefined) return '';
    const writer = new XmlWriter(this.view.keys.schema);
    let text = '';
    for (const _ of this.#write(key, node, writer)) text += writer.take();
    return text + writer.take();
  }

  #write(key: RowKey, node: RowNode, writer: XmlWriter, pauseAt?: number): Iterable<undefined> {
    const parent = this.view.keys.parentOf(key, node);
    const hooks = new ReadHooks(
      this.#around(node, parent, this.view.keys.shape.of(node).parent),
      this.#decisions,
      this.#configOnly,
    );
    return walk(this.view, writer, { from: key, hooks, ...(pauseAt === undefined ? {} : { pauseAt }) });
  }

  #find(key: RowKey, node: RowNode): Wanted {
    if (this.#configOnly && !node.config) return 'none';
    const { keys } = this.view;
    const parent = keys.parentOf(key, node);
    const above = this.#around(node, parent, keys.shape.of(node).parent);
    if (above === 'none') return 'none';
    const wanted = above === 'all' ? 'all' : above.child(node, key, this.view.get(key));
    return wanted === 'none' || !this.mayRead(node, key) ? 'none' : wanted;
  }

  /** What is wanted of the parent of something in, or directly below, a row: of the row itself or a container folded into it. */
  #around(inside: DataSchemaNode, key: RowKey, node: RowNode | undefined): Wanted {
    const chain: DataSchemaNode[] = [];
    for (let at = inside.dataParent; at !== undefined && 'index' in at && at !== node; at = at.dataParent)
      chain.push(at);
    let wanted = this.of(key, node);
    for (const container of chain.reverse()) {
      if (wanted === 'none' || asRow(container) !== undefined) return 'none';
      if (wanted !== 'all') wanted = wanted.child(container, key, this.view.get(key));
      if (!this.mayRead(container, key)) return 'none';
    }
    return wanted;
  }

  mayRead(node: DataSchemaNode, key: RowKey): boolean {
    const verdict = this.#decisions.readable(node);
    return verdict === 'permit' || (verdict === 'depends' && this.#decisions.read(node, key));
  }
}
