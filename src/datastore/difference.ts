/** What has to change to make one view say what another says. */
import { END } from './key.ts';
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
