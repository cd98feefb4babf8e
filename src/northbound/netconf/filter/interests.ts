/** What a filter asks state providers for: the subtrees it can reach, with the list keys that it fixes. */
import type { Interest } from '../../../commit/operational/state.ts';
import type { DataSchemaNode, Schema } from '../../../yang/schema/node.ts';
import type { Filter } from './filter.ts';
import { compileSubtree, fixedKeys, type Spec } from './subtree.ts';
import { xpathInterests } from './xpath-interests.ts';

type Keys = ReadonlyMap<string, readonly string[]>;

/** Undefined: everything; an empty list: nothing (which providers would take for everything). */
export function interestsOf(filter: Filter | undefined, schema: Schema): readonly Interest[] | undefined {
  if (filter === undefined) return undefined;
  if (filter.kind === 'xpath') return xpathInterests(filter.expression, schema);
  const interests: Interest[] = [];
  collect(compileSubtree(filter.elements, schema.dataChildren), new Map(), interests);
  return interests;
}

function collect(spec: Spec, keys: Keys, interests: Interest[]): void {
  for (const leaf of spec.leaves) interests.push({ node: leaf as DataSchemaNode, keys });
  for (const leafList of spec.values.keys()) interests.push({ node: leafList, keys });
  for (const [node, specs] of spec.children) {
    for (const below of specs) {
      let fixed = keys;
      if (node.kind === 'list') {
        const values = fixedKeys(below, node);
        if (values === null) continue;
        if (values !== undefined && values.length > 0) fixed = new Map([...keys, [node.path, values]]);
      }
      if (below.whole) interests.push({ node, keys: fixed });
      else collect(below, fixed, interests);
    }
  }
}
