/**
 * What get-data leaves out of what its filter selects (RFC 8526 section 3.1.1): configuration or state alone, levels below
 * a depth, configuration of other origins.
 */
import type { Decisions } from '../../../commit/access/access.ts';
import type { Origins } from '../../../commit/operational/origins.ts';
import { type DefaultsMode, type WalkHooks, walk } from '../../../datastore/reading/walk.ts';
import { type ColumnNode, isRow } from '../../../datastore/row/shape.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import type { Row, RowKey, RowNode } from '../../../datastore/view/view.ts';
import type { ContainerNode, DataSchemaNode } from '../../../yang/schema/node.ts';
import { Found } from './found.ts';

export interface NarrowingOptions {
  /** `config-filter`: only configuration, or only state. */
  readonly config?: boolean;
  /** Levels from each selected node on, that node included; Infinity: all. */
  readonly maxDepth: number;
  /** `origin-filter` and `negated-origin-filter`. */
  readonly origins?: { readonly of: Origins; readonly matches: (origin: string) => boolean };
  /** Whether defaults are reported, and so count as content. */
  readonly defaults: DefaultsMode;
}

const DEFAULT = 'ietf-origin:default';

export class Narrowing {
  readonly #view: SourceView;
  readonly #options: NarrowingOptions;
  readonly #decisions: Decisions;

  constructor(view: SourceView, decisions: Decisions, options: NarrowingOptions) {
    this.#view = view;
    this.#decisions = decisions;
    this.#options = options;
  }

  /** Whether the level is below the last one. */
  isBelow(depth: number): boolean {
    return depth > this.#options.maxDepth;
  }

  /** `open`: the element itself is wanted; `descend`: what is below it may be. */
  enter(
    node: DataSchemaNode,
    key: RowKey,
    row: Row | undefined,
    isSelected: boolean,
    depth: number,
  ): 'open' | 'descend' | 'skip' {
    const { config, maxDepth } = this.#options;
    if (this.isBelow(depth)) return 'skip';
    if (config !== undefined && node.config !== config) return node.config && hasState(node) ? 'descend' : 'skip';
    if (!isSelected) return 'descend';
    if (node.kind === 'container' && !node.presence)
      return depth < maxDepth ? 'descend' : this.#hasContent(node, key) ? 'open' : 'skip';
    if (node.config && !this.#hasOrigin(node, key, row === undefined)) return 'descend';
    return 'open';
  }

  leaf(node: ColumnNode, key: RowKey, row: Row, depth: number): boolean {
    const { config } = this.#options;
    if (this.isBelow(depth)) return false;
    if (config !== undefined && node.config !== config) return false;
    return !node.config || this.#hasOrigin(node, key, !row.leaves.has(node));
  }

  /** Whether rows of a node can be skipped unseen. */
  excludes(node: RowNode): boolean {
    const { config } = this.#options;
    return config !== undefined && node.config !== config && !(node.config && hasState(node));
  }

  #hasOrigin(node: DataSchemaNode, key: RowKey, isDefault: boolean): boolean {
    const { origins } = this.#options;
    return origins === undefined || origins.matches(isDefault ? DEFAULT : origins.of.of(node, key));
  }

  /** Whether there is something in a container without presence that the reader may see: nothing of it will be shown. */
  #hasContent(container: ContainerNode, key: RowKey): boolean {
    const { config, defaults } = this.#options;
    const way = new Set<DataSchemaNode>([container]);
    for (let at = container.dataParent; at !== undefined && 'index' in at && !isRow(container); at = at.dataParent) {
      way.add(at);
      if (isRow(at)) break;
    }
    const hooks: WalkHooks = {
      enter: (node, at) => {
        if (way.has(node)) return 'descend';
        if (!isInside(node, container) || !this.#isReadable(node, at)) return 'skip';
        if (config !== undefined && node.config !== config) return hasState(node) ? 'descend' : 'skip';
        return node.kind === 'container' && !node.presence ? 'descend' : 'open';
      },
      leaf: (node, at) =>
        isInside(node, container) && (config === undefined || node.config === config) && this.#isReadable(node, at),
      select: (node) => (isInside(node, container) ? 'all' : 'none'),
    };
    const found = new Found();
    for (const _ of walk(this.#view, found, { from: key, hooks, defaults, pauseAt: 1 }))
      if (found.length > 0) return true;
    return found.length > 0;
  }

  #isReadable(node: DataSchemaNode, key: RowKey): boolean {
    const verdict = this.#decisions.readable(node);
    return verdict === 'permit' || (verdict === 'depends' && this.#decisions.read(node, key));
  }
}

function isInside(node: DataSchemaNode, container: ContainerNode): boolean {
  for (let at = node.dataParent; at !== undefined && 'index' in at; at = at.dataParent)
    if (at === container) return true;
  return false;
}

const withState = new WeakMap<DataSchemaNode, boolean>();

/** Whether there is state among the descendants in the schema. */
function hasState(node: DataSchemaNode): boolean {
  let has = withState.get(node);
  if (has === undefined) {
    const below = node.kind === 'container' || node.kind === 'list' ? [...node.dataChildren.values()] : [];
    has = below.some((child) => !child.config || hasState(child));
    withState.set(node, has);
  }
  return has;
}
