/** What a commit is given. */
import type { Change, View } from '../../datastore/view/view.ts';

/** The difference of two views, as the commit gives it. */
export function changeOf(before: View, after: View): Change {
  const rows = new Map<string, Change['rows'][number]>();
  for (const { key, node, row } of before.subtree('')) rows.set(key, { key, node, before: row, after: undefined });
  for (const { key, node, row } of after.subtree('')) {
    const old = rows.get(key)?.before;
    if (old !== undefined && JSON.stringify([...values(old)]) === JSON.stringify([...values(row)])) rows.delete(key);
    else rows.set(key, { key, node, before: old, after: row });
  }
  return { before, after, rows: [...rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

function values(row: Change['rows'][number]['after']): string[] {
  return [...(row?.leaves ?? [])].map(([leaf, value]) => `${leaf.path}=${value}`).sort();
}
