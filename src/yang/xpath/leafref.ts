/** What a leafref points to (RFC 7950 section 9.9). */
import type { Type } from '../type/type.ts';
import type { XPathTree } from './tree.ts';

/**
 * The instances that a leafref's path leads to and that have its value, in document order. Where the path ends in the
 * only key of a list the entry is looked up, so the cost does not grow with the list.
 *
 * @param node the leafref leaf (or leaf-list entry) itself, the context of the path
 */
export function leafrefTargets<N>(tree: XPathTree<N>, node: N, type: Type, value: string): readonly N[] {
  return type.leafref?.path.expression.selectWithValue(tree, node, value) ?? [];
}
