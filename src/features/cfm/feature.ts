/** sluice-cfm. Interfaces are among what it is given: MEPs come and go with their port's device. */
import type { Feature } from '../../commit/feature.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { checkCfm } from './check.ts';
import { CFM, type CfmModel } from './model.ts';
import { planCfm } from './plan.ts';
import { CfmStates } from './state.ts';

export function cfmFeature(cfm: CfmModel, changes: InterfaceChanges, engine: EngineQueries): Feature {
  return {
    name: 'cfm',
    owns: [CFM, INTERFACES],
    indexes: [cfm.port.path],
    check: (change) => checkCfm(changes.of(change), cfm),
    plan: (change) => planCfm(changes.of(change), cfm),
    state: new CfmStates(cfm, engine),
  };
}
