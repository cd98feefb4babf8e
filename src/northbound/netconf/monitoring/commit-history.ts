/** /commit-history (sluice-commit-history): the commits that the store remembers. */

import type { Datastores } from '../../../commit/datastores.ts';
import type { Interest } from '../../../commit/operational/state.ts';
import { StateSignal } from '../../../commit/operational/state-signal.ts';
import type { PlainData } from '../../../yang/data/build.ts';
import type { Schema } from '../../../yang/schema/node.ts';

export const COMMIT_HISTORY = '/sluice-commit-history:commit-history';
const COMMIT = `${COMMIT_HISTORY}/commit`;

/** Tells of each commit that is added to the list, and of those that are forgotten for it. */
export function commitHistoryChanges(schema: Schema, datastores: Datastores): StateSignal {
  const signal = new StateSignal();
  const list = schema.find(COMMIT);
  const restorable = schema.find(`${COMMIT_HISTORY}/oldest-restorable`);
  let oldest = datastores.history[0]?.id ?? 1;
  datastores.onCommit(({ id }) => {
    if (list === undefined || restorable === undefined) return;
    const entry = (commit: number): Interest => ({ node: list, keys: new Map([[COMMIT, [String(commit)]]]) });
    const interests = [entry(id)];
    const first = datastores.history[0]?.id ?? 1;
    if (first !== oldest) interests.push({ node: restorable, keys: new Map() });
    for (; oldest < first; oldest++) interests.push(entry(oldest));
    signal.tell(interests);
  });
  return signal;
}

export function commitHistory({ history }: Datastores, interests: readonly Interest[]): PlainData {
  const [oldest] = history;
  const wanted = interests.map(({ keys }) => keys.get(COMMIT)?.[0]);
  // The list has no gaps: an entry's place follows from its number.
  const records =
    oldest === undefined || wanted.length === 0 || wanted.includes(undefined)
      ? history
      : [...new Set(wanted)].flatMap((id) => history[Number(id) - oldest.id] ?? []);
  return {
    'oldest-restorable': oldest === undefined ? 0 : oldest.id - 1,
    commit: records.map(({ id, at, user, sessionId, source, comment, restored, rows }) => ({
      id,
      time: at.replace('Z', '+00:00'),
      user: user === '' ? undefined : user,
      'session-id': sessionId,
      source,
      comment,
      restored,
      'changed-rows': rows,
    })),
  };
}
