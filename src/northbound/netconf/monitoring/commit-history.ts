/** /commit-history (sluice-commit-history): the commits that the store remembers. */
import type { Datastores } from '../../../commit/datastores.ts';
import type { Interest } from '../../../commit/state.ts';
import type { PlainData } from '../../../yang/data/build.ts';

export const COMMIT_HISTORY = '/sluice-commit-history:commit-history';
const COMMIT = `${COMMIT_HISTORY}/commit`;

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
