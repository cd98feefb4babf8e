/** ietf-access-control-list and sluice-access-lists. */
import type { Feature } from '../../commit/feature.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { checkAccessLists } from './check.ts';
import { ACLS } from './model.ts';
import { planAccessLists } from './plan.ts';
import { AccessListState } from './state.ts';

export function accessListsFeature(changes: InterfaceChanges, engine: EngineQueries): Feature {
  const { accessLists } = changes;
  return {
    name: 'access-lists',
    owns: [ACLS, INTERFACES],
    indexes: [accessLists.setNames.ingress.path, accessLists.setNames.egress.path],
    check: (change) => checkAccessLists(changes.of(change), accessLists),
    plan: (change) => planAccessLists(change, accessLists),
    state: new AccessListState(accessLists, engine),
  };
}
