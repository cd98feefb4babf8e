/** Changed interfaces → ports and logical ports. */
import type { PlannedOperation } from '../../commit/feature.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import { EnginePlan } from '../engine-plan.ts';
import type { InterfaceChange } from './change.ts';

export function planInterfaces(change: InterfaceChange): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  for (const name of change.changed) {
    planPort(plan, change, name);
    planLogicalPort(plan, change, name);
  }
  for (const port of change.portsComingOrGoing) {
    for (const name of change.subInterfaces(port)) planLogicalPort(plan, change, name);
  }
  return plan.operations;
}

function planPort(plan: EnginePlan, { before, after }: InterfaceChange, name: string): void {
  plan.object(
    ObjectKind.KIND_PORT,
    'port',
    name,
    () => before.port(name),
    () => after.port(name),
  );
}

/** Also what a changed member plans. */
export function planLogicalPort(plan: EnginePlan, { before, after }: InterfaceChange, name: string): void {
  plan.object(
    ObjectKind.KIND_LOGICAL_PORT,
    'logical port',
    name,
    () => before.logicalPort(name),
    () => after.logicalPort(name),
  );
}
