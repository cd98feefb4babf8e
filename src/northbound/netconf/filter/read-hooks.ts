/**
 * What one reader gets of a view: what the filter wants and access control permits, as hooks of the walk over rows. The
 * walk goes depth first and asks of a parent before its children, so the way to where it is stands on a stack.
 */
import type { Decisions } from '../../../commit/access/access.ts';
import type { Verdict, WalkHooks } from '../../../datastore/reading/walk.ts';
import type { ColumnNode } from '../../../datastore/row/shape.ts';
import type { Row, RowKey, RowNode } from '../../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';
import type { Narrowing } from './narrowing.ts';
import type { Selector, Wanted } from './selector.ts';

interface Level {
  readonly node: DataSchemaNode | undefined;
  readonly wanted: Wanted;
  /** Levels from the selected node on, that one included; 0 where none is selected yet. Counted where a depth matters. */
  readonly depth: number;
  /** What selected `all`, or something above it: it may select again further down. */
  readonly selector: Selector | undefined;
}

export class ReadHooks implements WalkHooks {
  readonly #root: Level;
  readonly #decisions: Decisions;
  /** Only configuration: get-config. */
  readonly #configOnly: boolean;
  readonly #narrowing: Narrowing | undefined;
  readonly #stack: Level[] = [];

  constructor(root: Wanted, decisions: Decisions, configOnly: boolean, narrowing?: Narrowing) {
    this.#root = { node: undefined, wanted: root, depth: 0, selector: typeof root === 'object' ? root : undefined };
    this.#decisions = decisions;
    this.#configOnly = configOnly;
    this.#narrowing = narrowing;
  }

  enter(node: DataSchemaNode, key: RowKey, row: Row | undefined): Verdict {
    if (this.#configOnly && !node.config) return 'skip';
    const parent = this.#parent(node);
    const { wanted: above } = parent;
    const wanted = above === 'all' || above === 'none' ? above : above.child(node, key, row);
    if (wanted === 'none') return 'skip';
    const access = this.#decisions.readable(node);
    if (access === 'deny') return 'skip';
    if (access === 'depends' && !this.#decisions.read(node, key)) return 'skip';
    if (this.#narrowing !== undefined) return this.#narrowed(this.#narrowing, node, key, row, wanted, parent);
    if (wanted === 'all' && access === 'permit') return 'all';
    if (node.kind === 'leaf-list') return 'all';
    this.#stack.push({ node, wanted, depth: 0, selector: undefined });
    return 'descend';
  }

  leaf(node: ColumnNode, key: RowKey, row: Row): boolean | 'along' {
    if (this.#configOnly && !node.config) return false;
    const parent = this.#parent(node);
    const { wanted: above } = parent;
    let wanted = above === 'all' ? true : above === 'none' ? false : above.leaf(node, key);
    if (this.#narrowing !== undefined && wanted === true) {
      const depth = this.#depthOf(parent, this.#narrowing, () => parent.selector?.leaf(node, key) === true);
      const isKey = node.kind === 'leaf' && node.isKey;
      if (!this.#narrowing.leaf(node, key, row, depth)) wanted = isKey && 'along';
    }
    if (wanted === false) return false;
    const access = this.#decisions.readable(node);
    if (access === 'deny') return false;
    return access === 'depends' && !this.#decisions.read(node, key) ? false : wanted;
  }

  select(node: RowNode, parentKey: RowKey): 'all' | 'none' | readonly RowKey[] {
    if (this.#configOnly && !node.config) return 'none';
    if (this.#narrowing?.excludes(node)) return 'none';
    if (this.#decisions.readable(node) === 'deny') return 'none';
    const parent = this.#peek(node.dataParent);
    return parent === 'all' || parent === 'none' ? parent : parent.rows(node, parentKey);
  }

  #narrowed(
    narrowing: Narrowing,
    node: DataSchemaNode,
    key: RowKey,
    row: Row | undefined,
    wanted: Selector | 'all',
    parent: Level,
  ): Verdict {
    const selector = typeof wanted === 'object' ? wanted : parent.selector;
    let again: Wanted = 'none';
    const isAgain = () => {
      again = parent.selector?.child(node, key, row) ?? 'none';
      return again === 'all';
    };
    const depth = wanted === 'all' ? this.#depthOf(parent, narrowing, isAgain) : 0;
    if (narrowing.isBelow(depth) && typeof again === 'object') {
      this.#stack.push({ node, wanted: again, depth: 0, selector: again });
      return 'descend';
    }
    const verdict = narrowing.enter(node, key, row, wanted === 'all', depth);
    if (verdict === 'skip') return 'skip';
    if (node.kind === 'leaf-list') return verdict === 'open' ? 'all' : 'skip';
    this.#stack.push({ node, wanted, depth, selector });
    return verdict;
  }

  /** The level of a selected node; below the last one, a node that is selected by itself begins anew. */
  #depthOf(parent: Level, narrowing: Narrowing, isSelectedAgain: () => boolean): number {
    const depth = parent.wanted === 'all' ? parent.depth + 1 : 1;
    return narrowing.isBelow(depth) && isSelectedAgain() ? 1 : depth;
  }

  /** The parent's level, which is where the walk is: what the stack holds beyond it has been left. */
  #parent(node: DataSchemaNode): Level {
    const above = node.dataParent;
    for (let level = this.#stack.at(-1); level !== undefined; level = this.#stack.at(-1)) {
      if (level.node === above) return level;
      this.#stack.pop();
    }
    return this.#root;
  }

  /** What is wanted of a node that may be a folded container which was not entered yet. */
  #peek(node: DataSchemaNode['dataParent']): Wanted {
    if (node === undefined || !('index' in node)) return this.#root.wanted;
    for (let i = this.#stack.length - 1; i >= 0; i--) {
      const level = this.#stack[i];
      if (level?.node === node) return level.wanted;
    }
    const above = this.#peek(node.dataParent);
    return above === 'all' || above === 'none' ? above : above.peek(node);
  }
}
