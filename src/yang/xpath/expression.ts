/** A compiled XPath 1.0 expression with YANG's function library (RFC 7950 sections 6.4 and 10). */
import type { DataSchemaNode, Schema } from '../schema/node.ts';
import type { XPathTree } from './tree.ts';

export type XPathValue<N> =
  | { readonly kind: 'nodes'; readonly nodes: readonly N[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean };

/** How the prefixes of the expression's text resolve. */
export interface XPathScope {
  moduleOf(prefix: string): string | undefined;
  /** Module of names without a prefix; undefined: a name without prefix matches in any module (RFC 6241 filters do not). */
  readonly defaultModule: string | undefined;
}

export interface Expression {
  readonly source: string;
  /** `current` is the initial context node of current(); the context itself where it is left out. */
  evaluate<N>(tree: XPathTree<N>, context: N, current?: N): XPathValue<N>;
  /** The value as boolean() gives it. */
  test<N>(tree: XPathTree<N>, context: N): boolean;
  /** Nodes selected; a FaultError where the result is not a node set. */
  select<N>(tree: XPathTree<N>, context: N): readonly N[];
  /**
   * The schema nodes that the evaluation can read, seen from a context schema node, each with the way to find the
   * contexts that a change of it affects (dependencies.ts). Needs the finished schema.
   */
  dependencies(schema: Schema, context: DataSchemaNode | undefined): readonly Dependency[];
}

/** "The expression, evaluated at the context, reads `reads`." */
export interface Dependency {
  readonly reads: DataSchemaNode;
  readonly via: DependencyRoute;
}

/**
 * How the contexts that read a changed instance are found:
 * - `ancestor`: they are all context instances below the instance of `node` (undefined: the whole tree) that is an
 *   ancestor of the changed instance; the usual case of relative paths. Whole-tree without a list in between is cheap;
 *   otherwise the constraint cannot be inverted and is reported.
 * - `join`: a list on the way is selected by a key predicate that compares the key with a leaf `by` of (an ancestor-or-self
 *   or child of) the context: they are the contexts in whose row the leaf `by` has the changed entry's key value.
 */
export type DependencyRoute =
  | { readonly kind: 'ancestor'; readonly node: DataSchemaNode | undefined }
  | { readonly kind: 'join'; readonly list: DataSchemaNode; readonly key: DataSchemaNode; readonly by: DataSchemaNode }
  | { readonly kind: 'whole' };
