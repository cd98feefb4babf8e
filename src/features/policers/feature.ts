/** sluice-policers. */
import type { Feature } from '../../commit/feature.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { checkPolicers } from './check.ts';
import { POLICERS } from './model.ts';
import { planPolicers } from './plan.ts';
import { PolicerState } from './state.ts';

export function policersFeature(changes: InterfaceChanges, engine: EngineQueries): Feature {
  const { policers } = changes;
  return {
    name: 'policers',
    owns: [POLICERS, INTERFACES],
    check: (change) => checkPolicers(changes.of(change), policers),
    plan: (change) => planPolicers(change, policers),
    state: new PolicerState(policers, engine),
  };
}
