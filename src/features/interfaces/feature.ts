/** ietf-interfaces: physical ports and VLAN sub-interfaces. */
import type { Feature } from '../../commit/feature.ts';
import type { BridgeDomainModel } from '../bridge-domains/model.ts';
import type { EngineQueries } from '../engine-state.ts';
import { checkInterfaces } from './check.ts';
import { InterfaceChange } from './dependents.ts';
import { INTERFACES, type InterfaceModel } from './model.ts';
import { planInterfaces } from './plan.ts';
import { type InterfaceNumbers, InterfaceState } from './state.ts';

export function interfacesFeature(
  interfaces: InterfaceModel,
  bridgeDomains: BridgeDomainModel,
  engine: EngineQueries,
  numbers: InterfaceNumbers,
): Feature {
  return {
    name: 'interfaces',
    owns: [INTERFACES],
    indexes: [
      interfaces.parent.path,
      interfaces.afPacket.path,
      interfaces.afXdp.path,
      bridgeDomains.memberInterface.path,
    ],
    check: (change) => checkInterfaces(change, interfaces),
    plan: (change) => planInterfaces(new InterfaceChange(change, interfaces, bridgeDomains)),
    state: new InterfaceState(interfaces, engine, numbers),
  };
}
