/**
 * What get-data leaves out of what its filter selects (RFC 8526 section 3.1.1): configuration or state alone, levels below
 * a depth, configuration of other origins.
 */
import type { Origins } from '../../../commit/origins.ts';
import { isPresent } from '../../../datastore/defaults.ts';
import { END } from '../../../datastore/key.ts';
import { asRow, type ColumnNode } from '../../../datastore/shape.ts';
import type { SourceView } from '../../../datastore/source.ts';
import type { Row, RowKey, RowNode } from '../../../datastore/view.ts';
import type { DataSchemaNode } from '../../../yang/schema/node.ts';

export interface NarrowingOptions {
  /** `config-filter`: only configuration, or only state. */
  readonly config?: boolean;
  /** Levels from each selected node on, that node included; Infinity: all. */
  readonly maxDepth: number;
  /** `origin-filter` and `negated-origin-filter`. */
  readonly origins?: { readonly of: Origins; readonly matches: (origin: string) => boolean };
  /** Whether defaults are reported, so that they count as content. */
  readonly reportsDefaults: boolean;
}

const DEFAULT = 'ietf-origin:default';

export class Narrowing {
  readonly #view: SourceView;
  readonly #options: NarrowingOptions;

  constructor(view: SourceView, options: NarrowingOptions) {
    this.#view = view;
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
    const isImplicit = node.kind === 'container' && !node.presence;
    if (!isSelected) return 'descend';
    if (isImplicit) return depth < maxDepth ? 'descend' : this.#hasContent(node, key, row) ? 'open' : 'skip';
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

  /** Whether there is something in a container without presence, of which nothing else will be looked at. */
  #hasContent(node: DataSchemaNode, key: RowKey, row: Row | undefined): boolean {
    if (this.#options.reportsDefaults && hasDefaults(node)) return true;
    if (asRow(node) === undefined) return isPresent(node, row, (below) => this.#view.has(key, below as RowNode));
    if (this.#view.get(key) !== undefined) return true;
    for (const _ of this.#view.scan(key, key + END)) return true;
    return false;
  }
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

/** Whether a container without presence has leaves with defaults that are in use without anything else being there. */
function hasDefaults(node: DataSchemaNode): boolean {
  switch (node.kind) {
    case 'leaf':
      return node.config && node.default !== undefined && node.parent?.kind !== 'case';
    case 'leaf-list':
      return node.config && node.defaults.length > 0 && node.parent?.kind !== 'case';
    case 'container':
      return !node.presence && [...node.dataChildren.values()].some(hasDefaults);
    default:
      return false;
  }
}
