/** Changed interfaces, network instances and neighbours → VRFs, L3 interfaces and static neighbours. */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import { EnginePlan } from '../engine-plan.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import { planLogicalPort } from '../interfaces/plan.ts';
import { DEFAULT_VRF, type FamilyNodes } from './model.ts';
import { staticNeighbour, staticNeighbourName, vrf } from './objects.ts';

export function planIp(change: InterfaceChange): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const { before, after } = change;
  const { ip, interfaces } = after;
  const vrfs = new Set<string>();
  if (change.changed.length > 0) vrfs.add(DEFAULT_VRF);
  for (const { node, key } of change.change.rows) {
    if (node === ip.networkInstance) vrfs.add(interfaces.keys.valueOf(key, ip.networkInstance));
    const family = ip.families.find(({ neighbour }) => neighbour === node);
    if (family !== undefined) planNeighbour(key, family);
    // A family that is enabled or not takes its neighbours with it.
    const switched = ip.families.find(({ container }) => container === node);
    if (switched !== undefined) planNeighbours(interfaces.nameOf(key), switched);
  }
  for (const name of vrfs) {
    plan.object(
      ObjectKind.KIND_VRF,
      'VRF',
      name,
      () => vrf(before, name),
      () => vrf(after, name),
    );
  }
  const planned = new Set(change.changed);
  for (const name of change.touched) {
    // A port whose own row changed is planned by its own feature.
    if (!planned.has(name)) planLogicalPort(plan, change, name);
    plan.object(
      ObjectKind.KIND_L3_INTERFACE,
      'IP on interface',
      name,
      () => before.l3Interface(name),
      () => after.l3Interface(name),
    );
  }
  for (const name of change.routersComingOrGoing) for (const family of ip.families) planNeighbours(name, family);
  return plan.operations;

  /** All neighbours of one family of an interface. */
  function planNeighbours(name: string, family: FamilyNodes): void {
    for (const { view } of [before, after]) {
      const parent = ip.familyKey(name, family);
      for (const { key } of view.entries(parent, family.neighbour)) planNeighbour(key, family);
    }
  }

  function planNeighbour(key: RowKey, family: FamilyNodes): void {
    plan.object(
      ObjectKind.KIND_STATIC_NEIGHBOUR,
      'neighbour',
      staticNeighbourName(ip.keys.last(key)?.keys[0], { interface: interfaces.nameOf(key) }),
      () => staticNeighbour(before, key, family),
      () => staticNeighbour(after, key, family),
    );
  }
}
