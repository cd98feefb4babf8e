/** ietf-interfaces: physical ports and VLAN sub-interfaces. */
import type { Feature } from '../../commit/feature.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from './change.ts';
import { checkInterfaces } from './check.ts';
import { INTERFACES } from './model.ts';
import { planInterfaces } from './plan.ts';
import { type InterfaceNumbers, InterfaceState } from './state.ts';

export function interfacesFeature(
  changes: InterfaceChanges,
  engine: EngineQueries,
  numbers: InterfaceNumbers,
): Feature {
  const { interfaces, bridgeDomains } = changes;
  return {
    name: 'interfaces',
    owns: [INTERFACES],
    indexes: [
      interfaces.parent.path,
      interfaces.afPacket.path,
      interfaces.afXdp.path,
      bridgeDomains.memberInterface.path,
    ],
    check: (change) =>
      checkInterfaces(change, interfaces, (view, name) => bridgeDomains.memberOf(view, name)?.bridgeDomain),
    plan: (change) => planInterfaces(changes.of(change)),
    state: new InterfaceState(interfaces, engine, numbers),
  };
}
