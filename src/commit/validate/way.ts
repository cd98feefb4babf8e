/** Ways between rows: from one row to all rows of a node that are related to it. */
import type { KeySpace } from '../../datastore/key/key.ts';
import { isImplicit } from '../../datastore/row/shape.ts';
import type { RowKey, RowNode, View } from '../../datastore/view/view.ts';

/** The row nodes from the top to a node. */
function chain(keys: KeySpace, node: RowNode | undefined): RowNode[] {
  const nodes: RowNode[] = [];
  for (let at = node; at !== undefined; at = keys.shape.of(at).parent) nodes.unshift(at);
  return nodes;
}

/** Keys of the rows of `to` at or below a row of `from`. Rows that are implicit are there without being stored. */
export function* rowsBelow(
  view: View,
  keys: KeySpace,
  key: RowKey,
  from: RowNode | undefined,
  to: RowNode | undefined,
): Iterable<RowKey> {
  if (from === to) {
    yield key;
    return;
  }
  yield* descend(view, keys, key, chain(keys, to).slice(chain(keys, from).length));
}

function* descend(view: View, keys: KeySpace, key: RowKey, way: readonly RowNode[]): Iterable<RowKey> {
  const [next, ...rest] = way;
  if (!next) {
    yield key;
  } else if (isImplicit(next)) {
    yield* descend(view, keys, keys.child(key, next), rest);
  } else {
    for (const entry of view.entries(key, next)) yield* descend(view, keys, entry.key, rest);
  }
}

/** Keys of the rows of `to` below the deepest row that they have in common with the row at `key`. */
export function* rowsRelated(view: View, keys: KeySpace, key: RowKey, to: RowNode | undefined): Iterable<RowKey> {
  const steps = keys.decode(key);
  const way = chain(keys, to);
  let common = 0;
  while (common < steps.length && common < way.length && steps[common]?.node === way[common]) common++;
  yield* rowsBelow(view, keys, steps[common - 1]?.key ?? '', way[common - 1], to);
}
