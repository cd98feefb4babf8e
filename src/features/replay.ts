/** A replay: the plan from nothing to a configuration. */
import type { Feature, PlannedOperation } from '../commit/feature.ts';
import { IndexPlan } from '../datastore/index-plan.ts';
import type { KeySpace } from '../datastore/key/key.ts';
import { MemoryView } from '../datastore/view/memory.ts';
import type { Change, RowChange, View } from '../datastore/view/view.ts';

/** The operations that a target which holds nothing needs, of all features. */
export function planReplay(keys: KeySpace, features: readonly Feature[], running: View): readonly PlannedOperation[] {
  const indexes = features.flatMap((feature) => feature.indexes ?? []);
  const before = new MemoryView(keys, new IndexPlan(keys, indexes));
  const rows: RowChange[] = [];
  for (const { key, node, row } of running.subtree('')) rows.push({ key, node, before: undefined, after: row });
  const change: Change = { before, after: running, rows };
  return features.flatMap((feature) => feature.plan(change));
}
