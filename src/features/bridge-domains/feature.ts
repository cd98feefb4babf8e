/** sluice-bridge-domains. Interfaces are among what it is given: static entries come and go with them. */
import type { Feature } from '../../commit/feature.ts';
import type { EngineQueries } from '../engine-state.ts';
import { InterfaceChange } from '../interfaces/dependents.ts';
import { INTERFACES, type InterfaceModel } from '../interfaces/model.ts';
import { checkBridgeDomains } from './check.ts';
import { BRIDGE_DOMAINS, type BridgeDomainModel } from './model.ts';
import { planBridgeDomains } from './plan.ts';
import { BridgeDomainState } from './state.ts';

export function bridgeDomainsFeature(
  interfaces: InterfaceModel,
  bridgeDomains: BridgeDomainModel,
  engine: EngineQueries,
): Feature {
  return {
    name: 'bridge-domains',
    owns: [BRIDGE_DOMAINS, INTERFACES],
    indexes: [interfaces.parent.path, bridgeDomains.memberInterface.path, bridgeDomains.staticInterface.path],
    check: (change) => checkBridgeDomains(change, bridgeDomains),
    plan: (change) => planBridgeDomains(new InterfaceChange(change, interfaces, bridgeDomains), bridgeDomains),
    state: new BridgeDomainState(bridgeDomains, engine),
  };
}
