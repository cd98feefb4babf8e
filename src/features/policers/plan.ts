/** Changed policers → policers of the engine. Those of interfaces are attributes of what routes (../ip). */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { Change, View } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import { EnginePlan, type Wanted } from '../engine-plan.ts';
import type { PolicerModel } from './model.ts';

export function planPolicers(change: Change, model: PolicerModel): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  for (const { node, key } of change.rows) {
    if (node !== model.policer) continue;
    const name = model.nameOf(key);
    plan.object(
      ObjectKind.KIND_POLICER,
      'policer',
      name,
      () => policer(change.before, model, name),
      () => policer(change.after, model, name),
    );
  }
  return plan.operations;
}

function policer(view: View, model: PolicerModel, name: string): Wanted | undefined {
  const found = model.read(view, name);
  return found && { path: model.keys.path(model.key(name)), operation: { case: 'setPolicer', value: found } };
}
