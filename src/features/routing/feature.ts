/** ietf-routing with static routes of both families, for every network instance. */
import type { Feature } from '../../commit/feature.ts';
import { BRIDGE_DOMAINS } from '../bridge-domains/model.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { NETWORK_INSTANCES } from '../ip/model.ts';
import { checkRouting } from './check.ts';
import { ROUTING, type RoutingModel } from './model.ts';
import { planRouting } from './plan.ts';
import { RoutingState } from './state.ts';

export function routingFeature(changes: InterfaceChanges, routing: RoutingModel, engine: EngineQueries): Feature {
  return {
    name: 'routing',
    owns: [ROUTING, INTERFACES, BRIDGE_DOMAINS, NETWORK_INSTANCES],
    indexes: [
      routing.networkInstance.path,
      ...routing.families.flatMap((nodes) => [
        nodes.interface.path,
        nodes.hopInterface.path,
        nodes.bySimple,
        nodes.byHop,
      ]),
    ],
    check: (change) => checkRouting(changes.of(change), routing),
    plan: (change) => planRouting(changes.of(change), routing),
    state: new RoutingState(routing, changes.ip, engine),
  };
}
