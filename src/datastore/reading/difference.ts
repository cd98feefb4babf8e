/** What has to change to make one view say what another says. */
import { END } from '../key/key.ts';
import { sameRow } from '../row/row-codec.ts';
import { Overlay } from '../view/overlay.ts';
import type { SourceView } from '../view/source.ts';
import type { RowChange } from '../view/view.ts';

/** Rows in key order; reads both views whole. */
export function* difference(before: SourceView, after: SourceView): Iterable<RowChange> {
  for (const change of wholeDifference(before, after)) if (change !== undefined) yield change;
}

/** Rows that are read between two pauses. */
const ROWS_A_STEP = 256;

/** `undefined`: a pause. */
function* wholeDifference(before: SourceView, after: SourceView): Iterable<RowChange | undefined> {
  const root = { before: before.get(''), after: after.get('') };
  if (!sameRow(root.before, root.after)) yield { key: '', node: undefined, ...root };
  const others = after.scan('', END)[Symbol.iterator]();
  let other = others.next();
  let count = 0;
  for (const { key, node, row } of before.scan('', END)) {
    if (++count % ROWS_A_STEP === 0) yield undefined;
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
    for (const overlay of overlaysOver(base, view)) {
      for (const { key, node } of overlay.changes()) {
        const change = { key, node, before: before.get(key), after: after.get(key) };
        if (!sameRow(change.before, change.after)) changes.set(key, change);
      }
    }
  }
  return [...changes.values()].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/**
 * The difference at its best price, with pauses on the way: of overlays over a base only what they change is read, of other
 * views everything.
 */
export function* differenceSteps(
  base: SourceView,
  before: SourceView,
  after: SourceView,
): Generator<void, readonly RowChange[]> {
  if (isOver(base, before) && isOver(base, after)) return differenceOverBase(base, before, after);
  const changes: RowChange[] = [];
  for (const change of wholeDifference(before, after)) {
    if (change === undefined) yield;
    else changes.push(change);
  }
  return changes;
}

function isOver(base: SourceView, view: SourceView): boolean {
  return view === base || (view instanceof Overlay && isOver(base, view.base));
}

/** The overlays that a view consists of, over the base. */
function* overlaysOver(base: SourceView, view: SourceView): Iterable<Overlay> {
  for (let at = view; at !== base; at = at.base) {
    if (!(at instanceof Overlay)) throw new Error('no overlay over this base');
    yield at;
  }
}
