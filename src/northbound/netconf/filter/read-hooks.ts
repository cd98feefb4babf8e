/**
 * What one reader gets of a view: what the filter wants and access control permits, as hooks of the walk over rows. The
 * walk goes depth first and asks of a parent before its children, so the way to where it is stands on a stack.
 */
import type { Decisions } from '../../../commit/access.ts';
import type { ColumnNode } from '../../../datastore/shape.ts';
import type { Row, RowKey, RowNode } from '../../../datastore/view.ts';
import type { Verdict, WalkHooks } from '../../../datastore/walk.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';
import type { Wanted } from './selector.ts';

interface Level {
  readonly node: DataSchemaNode;
  readonly wanted: Wanted;
}

export class ReadHooks implements WalkHooks {
  readonly #root: Wanted;
  readonly #decisions: Decisions;
  /** Only configuration: get-config. */
  readonly #configOnly: boolean;
  readonly #stack: Level[] = [];

  constructor(root: Wanted, decisions: Decisions, configOnly: boolean) {
    this.#root = root;
    this.#decisions = decisions;
    this.#configOnly = configOnly;
  }

  enter(node: DataSchemaNode, key: RowKey, row: Row | undefined): Verdict {
    if (this.#configOnly && !node.config) return 'skip';
    const parent = this.#parent(node);
    const wanted = parent === 'all' || parent === 'none' ? parent : parent.child(node, key, row);
    if (wanted === 'none') return 'skip';
    const access = this.#decisions.readable(node);
    if (access === 'deny') return 'skip';
    if (access === 'depends' && !this.#decisions.read(node, key)) return 'skip';
    if (wanted === 'all' && access === 'permit') return 'all';
    if (node.kind !== 'leaf-list') this.#stack.push({ node, wanted });
    return node.kind === 'leaf-list' ? 'all' : 'descend';
  }

  leaf(node: ColumnNode, key: RowKey): boolean | 'along' {
    if (this.#configOnly && !node.config) return false;
    const parent = this.#parent(node);
    const wanted = parent === 'all' ? true : parent === 'none' ? false : parent.leaf(node, key);
    if (wanted === false) return false;
    const access = this.#decisions.readable(node);
    if (access === 'deny') return false;
    return access === 'depends' && !this.#decisions.read(node, key) ? false : wanted;
  }

  select(node: RowNode, parentKey: RowKey): 'all' | 'none' | readonly RowKey[] {
    if (this.#configOnly && !node.config) return 'none';
    if (this.#decisions.readable(node) === 'deny') return 'none';
    const parent = this.#peek(node.dataParent);
    return parent === 'all' || parent === 'none' ? parent : parent.rows(node, parentKey);
  }

  /** What is wanted of the parent, which is where the walk is: what the stack holds beyond it has been left. */
  #parent(node: DataSchemaNode): Wanted {
    const above = node.dataParent;
    for (let level = this.#stack.at(-1); level !== undefined; level = this.#stack.at(-1)) {
      if (level.node === above) return level.wanted;
      this.#stack.pop();
    }
    return this.#root;
  }

  /** What is wanted of a node that may be a folded container which was not entered yet. */
  #peek(node: DataSchemaNode['dataParent']): Wanted {
    if (node === undefined || !('index' in node)) return this.#root;
    for (let i = this.#stack.length - 1; i >= 0; i--) {
      const level = this.#stack[i];
      if (level?.node === node) return level.wanted;
    }
    const above = this.#peek(node.dataParent);
    return above === 'all' || above === 'none' ? above : above.peek(node);
  }
}
