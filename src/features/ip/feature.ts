/** ietf-ip, ietf-network-instance and sluice-ip: what routes, in which VRF, with which addresses and neighbours. */
import type { Feature } from '../../commit/feature.ts';
import { ACLS } from '../access-lists/model.ts';
import { BRIDGE_DOMAINS } from '../bridge-domains/model.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { checkIp } from './check.ts';
import { NETWORK_INSTANCES } from './model.ts';
import { planIp } from './plan.ts';
import { IpState } from './state.ts';

export function ipFeature(changes: InterfaceChanges, engine: EngineQueries): Feature {
  const { ip, interfaces, bridgeDomains } = changes;
  return {
    name: 'ip',
    owns: [INTERFACES, BRIDGE_DOMAINS, NETWORK_INSTANCES, ACLS],
    indexes: [
      ip.binding.path,
      ip.tapDevice.path,
      interfaces.parent.path,
      interfaces.bridgeDomain.path,
      bridgeDomains.memberInterface.path,
    ],
    check: (change) => checkIp(changes.of(change)),
    plan: (change) => planIp(changes.of(change)),
    state: new IpState(ip, engine),
  };
}
