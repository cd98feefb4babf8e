/**
 * What a copy leaves out: nodes of its source that the caller may not read (RFC 8341 section 3.2.4). Such a node stays in
 * the target as it is: it is neither copied nor, for not being copied, removed.
 */

import { isImplicit } from '../../datastore/row/shape.ts';
import type { Overlay } from '../../datastore/view/overlay.ts';
import type { RowChange, RowKey } from '../../datastore/view/view.ts';
import type { DataSchemaNode } from '../../yang/schema/node.ts';
import type { Decisions } from './access.ts';

/**
 * Takes back in `source` what would change hidden nodes; says whether that was anything.
 *
 * @param changes the difference from the target to the source
 */
export function omitUnreadable(source: Overlay, changes: readonly RowChange[], access: Decisions): boolean {
  const { keys } = source;
  let isPartial = false;
  for (const { key, node, before, after } of changes) {
    if (node !== undefined && !isReadable(access, node, key)) {
      isPartial = true;
      const parent = keys.parent(key) ?? '';
      if (before === undefined) source.delete(key);
      else if (isImplicit(keys.node(parent)) || source.get(parent)) source.put(key, node, before);
      continue;
    }
    if (before === undefined || after === undefined) continue;
    const leaves = new Map(after.leaves);
    for (const leaf of new Set([...before.leaves.keys(), ...after.leaves.keys()])) {
      const old = before.leaves.get(leaf);
      if (old === after.leaves.get(leaf) || isColumnReadable(access, leaf, node, key)) continue;
      isPartial = true;
      if (old === undefined) leaves.delete(leaf);
      else leaves.set(leaf, old);
    }
    source.put(key, node, { leaves });
  }
  return isPartial;
}

/** The row and all above it. */
function isReadable(access: Decisions, row: DataSchemaNode, key: RowKey): boolean {
  for (let at: DataSchemaNode['dataParent'] = row; at && 'index' in at; at = at.dataParent) {
    if (!access.read(at, key)) return false;
  }
  return true;
}

/** A column of a row that is readable, and the non-presence containers that it is in. */
function isColumnReadable(
  access: Decisions,
  leaf: DataSchemaNode,
  row: DataSchemaNode | undefined,
  key: RowKey,
): boolean {
  for (let at: DataSchemaNode['dataParent'] = leaf; at && 'index' in at && at !== row; at = at.dataParent) {
    if (!access.read(at, key)) return false;
  }
  return true;
}
