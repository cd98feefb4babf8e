/** Configurations of the past: what the history of commits makes of running, and how two of them differ. */
import { differenceOverBase } from '../../datastore/reading/difference.ts';
import type { PatchChange } from '../../datastore/reading/patch.ts';
import type { Snapshot } from '../../datastore/snapshot.ts';
import type { SourceView } from '../../datastore/view/source.ts';
import { FaultError } from '../../yang/fault.ts';
import { inSlices } from '../slices.ts';

/**
 * Running as it was after a commit: running itself, or an overlay over it. Throws `invalid-value` at `path`, where the
 * number stands, for a commit that is not known yet or no more.
 */
export async function pastView(snapshot: Snapshot, commit: number, path: string): Promise<SourceView> {
  const view = await inSlices(snapshot.atSteps(commit));
  if (view !== undefined) return view as SourceView;
  throw new FaultError({
    type: 'application',
    tag: 'invalid-value',
    path,
    message:
      commit > snapshot.commit
        ? `there is no commit ${commit} yet: the last one is ${snapshot.commit}`
        : `the history does not reach back to commit ${commit}`,
    info: [{ name: 'bad-element', value: path.slice(path.lastIndexOf('/') + 1) }],
  });
}

/** Two commits, and what running said differently after the second. */
export interface CommitDifference {
  readonly from: number;
  readonly to: number;
  readonly change: PatchChange;
}

/** Without `to`: the last commit; without `from`: the one before `to`. Faults are at `path`/from and `path`/to. */
export async function commitDifference(
  snapshot: Snapshot,
  between: { readonly from?: number; readonly to?: number },
  path: string,
): Promise<CommitDifference> {
  const to = between.to ?? snapshot.commit;
  const from = between.from ?? Math.max(to - 1, 0);
  const after = await pastView(snapshot, to, `${path}/to`);
  const before = await pastView(snapshot, from, `${path}/${between.from === undefined ? 'to' : 'from'}`);
  return { from, to, change: { before, after, rows: differenceOverBase(snapshot.running, before, after) } };
}
