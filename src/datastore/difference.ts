/** What has to change to make one view say what another says. */
import { END } from './key.ts';
import { Overlay } from './overlay.ts';
import { sameRow } from './row-codec.ts';
import type { SourceView } from './source.ts';
import type { RowChange } from './view.ts';

/** Rows in key order; reads both views whole. */
export function* difference(before: SourceView, after: SourceView): Iterable<RowChange> {
  const root = { before: before.get(''), after: after.get('') };
  if (!sameRow(root.before, root.after)) yield { key: '', node: undefined, ...root };
  const others = after.scan('', END)[Symbol.iterator]();
  let other = others.next();
  for (const { key, node, row } of before.scan('', END)) {
    for (; !other.done && other.value.key < key; other = others.next()) {
      yield { key: other.value.key, node: other.value.node, before: undefined, after: other.value.row };
    }
    if (!other.done && other.value.key === key) {
      if (!sameRow(row, other.value.row)) yield { key, node, before: row, after: other.value.row };
      other = others.next();
    } else yield { key, node, before: row, after: undefined };
  }
  for (; !other.done; other = others.next()) {
    yield { key: other.value.key, node: other.value.node, before: undefined, after: other.value.row };
  }
}

/**
 * The same of two views that are one base, or overlays over it: rows that no overlay holds are not read. In key order.
 */
export function differenceOverBase(base: SourceView, before: SourceView, after: SourceView): RowChange[] {
  const changes = new Map<string, RowChange>();
  for (const view of [before, after]) {
    if (view === base) continue;
    if (!(view instanceof Overlay) || view.base !== base) throw new Error('no overlay over this base');
    for (const { key, node } of view.changes()) {
      const change = { key, node, before: before.get(key), after: after.get(key) };
      if (!sameRow(change.before, change.after)) changes.set(key, change);
    }
  }
  return [...changes.values()].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
