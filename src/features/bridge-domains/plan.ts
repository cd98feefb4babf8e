/** Changed bridge domains, members and static entries → bridge domains, logical ports and static entries. */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import { EnginePlan } from '../engine-plan.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import { planLogicalPort } from '../interfaces/plan.ts';
import type { BridgeDomainModel } from './model.ts';
import { bridgeDomain, staticMac, staticMacName } from './objects.ts';

export function planBridgeDomains(change: InterfaceChange, model: BridgeDomainModel): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const { before, after } = change;
  for (const { node, key } of change.change.rows) {
    if (node === model.bridgeDomain) {
      const name = model.keys.decode(key)[1]?.keys[0] as string;
      plan.object(
        ObjectKind.KIND_BRIDGE_DOMAIN,
        'bridge domain',
        name,
        () => bridgeDomain(before, name),
        () => bridgeDomain(after, name),
      );
    } else if (node === model.member) {
      const name = model.keys.decode(key)[2]?.keys[0] as string;
      planLogicalPort(plan, change, name);
      planStaticMacs(name);
    } else if (node === model.staticMac) planStaticMac(key);
  }
  for (const port of change.portsComingOrGoing) {
    planStaticMacs(port);
    for (const name of change.subInterfaces(port)) planStaticMacs(name);
  }
  // Static entries of an interface that came or went came or went themselves: they refer to it.
  for (const name of change.changed) {
    if (before.interface(name) !== undefined && after.interface(name) !== undefined) planStaticMacs(name);
  }
  return plan.operations;

  /** All static entries behind an interface. */
  function planStaticMacs(name: string): void {
    for (const { view } of [before, after]) {
      for (const key of view.rowsWith(model.staticInterface, name)) planStaticMac(key);
    }
  }

  function planStaticMac(key: RowKey): void {
    plan.object(
      ObjectKind.KIND_STATIC_MAC,
      'static address',
      staticMacName(model.staticMacName(key)),
      () => staticMac(before, key),
      () => staticMac(after, key),
    );
  }
}
