/**
 * The accessible tree of RFC 7950 section 6.4.1 as XPath walks it. Implemented over rows (datastore) and over
 * DataNodes (rpcs, notifications), so expressions never care where data lives.
 */
import type { DataSchemaNode, ListNode } from '../schema/node.ts';

/** N is the implementation's node handle. Two handles of one node have the same `id`. */
export interface XPathTree<N> {
  /** The document root: the parent of all top-level nodes. */
  root(): N;
  parent(node: N): N | undefined;
  /** Undefined for the root. */
  schema(node: N): DataSchemaNode | undefined;
  /**
   * Child data nodes in document order, default values in use included (RFC 7950 section 7.6.1), non-presence
   * containers always. With `schema` only the instances of that child.
   */
  children(node: N, schema?: DataSchemaNode): Iterable<N>;
  /** The schema nodes that children of the node can have, key `module:name`; for name tests. */
  childSchemas(node: N): ReadonlyMap<string, DataSchemaNode>;
  /** The list entry with these canonical key values, without scanning. */
  entry(node: N, list: ListNode, keys: readonly string[]): N | undefined;
  /** Canonical value of a leaf or leaf-list entry; undefined for others. */
  value(node: N): string | undefined;
  /** Equal for two handles of one node; unique within the tree. */
  id(node: N): string;
  /** Negative where a comes before b in document order. */
  compare(a: N, b: N): number;
  /** `Schema.derivedFromOrSelf` of the schema that the tree is of; for derived-from() and derived-from-or-self(). */
  derivedFromOrSelf(identity: string, base: string): boolean;
}
