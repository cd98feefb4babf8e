/** A compiled XPath 1.0 expression with YANG's function library (RFC 7950 sections 6.4 and 10). */
import type { DataSchemaNode, LeafListNode, LeafNode, ListNode, Schema } from '../schema/node.ts';
import type { XPathTree } from './tree.ts';

export type XPathValue<N> =
  | { readonly kind: 'nodes'; readonly nodes: readonly N[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean };

/** How the prefixes of the expression's text resolve. */
export interface XPathScope {
  moduleOf(prefix: string): string | undefined;
  /** Module of names without a prefix; undefined: they match in any module; empty: in none (XPath 1.0's own rule). */
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
   * Of the leaves selected those with this canonical value. Where the expression ends in the only key of a list
   * (as most paths of leafrefs do) the entry is looked up, not searched.
   */
  selectWithValue<N>(tree: XPathTree<N>, context: N, value: string): readonly N[];
  /**
   * The schema nodes that the evaluation can read, seen from a context schema node, each with the way to find the
   * contexts that a change of it affects (dependencies.ts). Needs the finished schema.
   */
  dependencies(schema: Schema, context: DataSchemaNode | undefined): readonly Dependency[];
}

/**
 * "The expression, evaluated at the context, reads `reads`": whether it exists, and of leaves the value, default values
 * included. A list is read for its entries coming and going (and their order); what is read inside of them is named
 * by itself, keys excepted. Non-presence containers are never named.
 */
export interface Dependency {
  readonly reads: DataSchemaNode;
  readonly via: DependencyRoute;
}

/**
 * How the contexts that read a changed instance are found. Lists here are lists or leaf-lists.
 * - `ancestor`: they are all context instances below the instance of `node` (a list; undefined: the whole tree, where
 *   the context is not below any list, so there is at most one) that the changed instance is in or is.
 * - `join`: an entry of `list` is selected by comparing its `key` (for a leaf-list: itself) with a leaf `by`: look for the
 *   rows whose leaf `by` has the key value of the changed instance's entry of `list`; the contexts are those that share
 *   with such a row the deepest list that `by` and the context are both below (mostly the row is the context's own).
 *   `by` has no default value.
 * - `whole`: all contexts. The constraint cannot be inverted for this read and is reported.
 */
export type DependencyRoute =
  | { readonly kind: 'ancestor'; readonly node: ListNode | LeafListNode | undefined }
  | {
      readonly kind: 'join';
      readonly list: ListNode | LeafListNode;
      readonly key: LeafNode | LeafListNode;
      readonly by: LeafNode | LeafListNode;
    }
  | { readonly kind: 'whole' };
