/** Overlays as changes: from running to what they say, or from what a datastore says to that. */
import { Overlay } from '../../datastore/view/overlay.ts';
import type { SourceView } from '../../datastore/view/source.ts';
import type { RowChange } from '../../datastore/view/view.ts';
import type { StoreChange } from '../validate/validate.ts';

/** What differs from the overlay's base. */
export function differenceOf(overlay: Overlay): StoreChange {
  return { before: overlay.base, after: overlay, rows: overlay.changes() };
}

/** What makes `before` (an overlay over `running`, or nothing) what `running` becomes by `rows`. */
export function differenceBetween(before: SourceView, running: SourceView, rows: readonly RowChange[]): RowChange[] {
  const found = new Map<string, RowChange>();
  const note = ({ key, node }: RowChange, after: RowChange['after']) => {
    const old = before.get(key);
    if (old === after) found.delete(key);
    else found.set(key, { key, node, before: old, after });
  };
  const changes = before instanceof Overlay && before.base === running ? before.changes() : undefined;
  if (changes) for (const change of changes) note(change, change.before);
  else for (const { key, node, row } of running.subtree('')) note({ key, node, before: undefined, after: row }, row);
  for (const change of rows) note(change, change.after);
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
