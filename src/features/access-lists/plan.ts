/** Changed access lists → access lists of the engine. Where they are set is an attribute of what routes (../ip). */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { Change, View } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import { EnginePlan, type Wanted } from '../engine-plan.ts';
import type { AccessListModel } from './model.ts';

export function planAccessLists(change: Change, model: AccessListModel): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const names = new Set<string>();
  for (const { node, key } of change.rows) if (node === model.acl || node === model.ace) names.add(model.nameOf(key));
  for (const name of names) {
    plan.object(
      ObjectKind.KIND_ACCESS_LIST,
      'access list',
      name,
      () => accessList(change.before, model, name),
      () => accessList(change.after, model, name),
    );
  }
  return plan.operations;
}

function accessList(view: View, model: AccessListModel, name: string): Wanted | undefined {
  const rules = model.rules(view, name);
  if (rules === undefined) return undefined;
  const family = { case: model.version(view, name) === 6 ? 'ipv6' : 'ipv4', value: true } as const;
  return {
    path: model.keys.path(model.key(name)),
    operation: { case: 'setAccessList', value: { name, family, rules: [...rules] } },
  };
}
