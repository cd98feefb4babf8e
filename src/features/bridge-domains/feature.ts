/** sluice-bridge-domains. Interfaces are among what it is given: static entries come and go with them. */
import type { Feature } from '../../commit/feature.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { checkBridgeDomains } from './check.ts';
import { BRIDGE_DOMAINS } from './model.ts';
import { planBridgeDomains } from './plan.ts';
import { BridgeDomainState } from './state.ts';

export function bridgeDomainsFeature(changes: InterfaceChanges, engine: EngineQueries): Feature {
  const { interfaces, bridgeDomains } = changes;
  return {
    name: 'bridge-domains',
    owns: [BRIDGE_DOMAINS, INTERFACES],
    indexes: [interfaces.parent.path, bridgeDomains.memberInterface.path, bridgeDomains.staticInterface.path],
    check: (change) => checkBridgeDomains(change, bridgeDomains),
    plan: (change) => planBridgeDomains(changes.of(change), bridgeDomains),
    state: new BridgeDomainState(bridgeDomains, engine),
  };
}
