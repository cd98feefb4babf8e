/** A subscription's filter, ready to be asked again and again. */
import type { Decisions } from '../../../../commit/access/access.ts';
import type { Interest } from '../../../../commit/operational/state.ts';
import type { KeySpace } from '../../../../datastore/key/key.ts';
import { ViewTree } from '../../../../datastore/reading/xpath-tree.ts';
import type { SourceView } from '../../../../datastore/view/source.ts';
import type { RowChange, RowKey } from '../../../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../../../yang/schema/node.ts';
import type { Expression } from '../../../../yang/xpath/expression.ts';
import type { Filter } from '../../filter/filter.ts';
import { SelectedInstances } from '../../filter/instances.ts';
import { interestsOf } from '../../filter/interests.ts';
import { ReadableTree } from '../../filter/readable-tree.ts';
import type { Wanted } from '../../filter/selector.ts';
import { asSubtree } from '../../filter/simple-path.ts';
import { ContentMatching, compileSubtree, type Spec, subtreeRoot } from '../../filter/subtree.ts';
import type { FilterTerms } from '../subscription/terms.ts';
import { wantedOf } from './update.ts';

/** Time for an expression whenever something that it reads has changed. */
const EVALUATION_MS = 250;

export class Selection {
  /** Equal for filters that are the same text. */
  readonly id: string;
  readonly filter: Filter | undefined;
  readonly #keys: KeySpace;
  readonly #spec: Spec | undefined;
  readonly #interests: readonly Interest[] | undefined;

  constructor(keys: KeySpace, terms: FilterTerms | undefined) {
    const filter = terms?.filter;
    this.#keys = keys;
    this.filter = filter;
    this.id = JSON.stringify([terms?.name, terms?.xml, terms?.xpath]);
    const elements = filter?.kind === 'subtree' ? filter.elements : filter && asSubtree(filter.expression, keys.schema);
    this.#spec = elements && compileSubtree(elements, keys.schema.dataChildren);
    this.#interests = filter?.kind === 'xpath' ? interestsOf(filter, keys.schema) : undefined;
  }

  /** An expression that selects instances by more than their place: it is evaluated whole when something changes. */
  get isEvaluated(): boolean {
    return this.filter !== undefined && this.#spec === undefined;
  }

  /** Throws a FaultError where an evaluation takes too long. */
  wanted(view: SourceView, decisions: Decisions): Wanted {
    if (this.filter === undefined) return 'all';
    if (this.#spec !== undefined) return subtreeRoot(new ContentMatching(view, decisions, 'explicit'), this.#spec);
    const { expression } = this.filter as { expression: Expression };
    const tree = new ReadableTree(new ViewTree(view, this.#keys), decisions, EVALUATION_MS);
    return wantedOf(() => new SelectedInstances(this.#keys, expression.select(tree, tree.root())).wanted);
  }

  /** Whether the change of these rows can change what an evaluated expression selects or what is below that. */
  isTouched(rows: readonly RowChange[]): boolean {
    const interests = this.#interests;
    if (interests === undefined) return true;
    return rows.some(({ node }) => node === undefined || interests.some((interest) => overlaps(interest.node, node)));
  }

  /** Whether it selects nodes for which this holds; false for one that names nothing of the schema. */
  selectsAny(holds: (node: DataSchemaNode) => boolean): boolean {
    if (this.filter === undefined) return anyOf(this.#keys.schema.dataChildren.values(), holds);
    if (this.#spec !== undefined) return anySelected(this.#spec, this.#keys.schema.dataChildren.values(), holds);
    const interests = this.#interests;
    return interests === undefined || interests.some(({ node }) => anyOf([node], holds));
  }
}

/** Rows that differ between two selections, or that a change touched, as rows of both views. */
export function touchedRows(
  rows: readonly RowChange[],
  selections: readonly Wanted[],
  before: SourceView,
  after: SourceView,
): readonly RowChange[] {
  const keys = new Set<RowKey>(rows.map(({ key }) => key));
  for (const selection of selections) {
    if (selection instanceof SelectedInstances) for (const key of selection.keys()) keys.add(key);
  }
  return [...keys].sort().map((key) => {
    return { key, node: before.keys.node(key), before: before.get(key), after: after.get(key) };
  });
}

function overlaps(a: DataSchemaNode, b: DataSchemaNode): boolean {
  return a === b || a.path.startsWith(`${b.path}/`) || b.path.startsWith(`${a.path}/`);
}

function anyOf(nodes: Iterable<DataSchemaNode>, holds: (node: DataSchemaNode) => boolean): boolean {
  for (const node of nodes) {
    if (holds(node) || ('dataChildren' in node && anyOf(node.dataChildren.values(), holds))) return true;
  }
  return false;
}

function anySelected(
  spec: Spec,
  children: Iterable<DataSchemaNode>,
  holds: (node: DataSchemaNode) => boolean,
): boolean {
  if (spec.whole) return anyOf(children, holds);
  for (const leaf of spec.leaves) if (holds(leaf)) return true;
  for (const leafList of spec.values.keys()) if (holds(leafList)) return true;
  for (const [node, specs] of spec.children) {
    const below = 'dataChildren' in node ? [...node.dataChildren.values()] : [];
    if (specs.some((each) => anySelected(each, below, holds))) return true;
  }
  return false;
}
