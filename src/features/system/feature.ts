/** ietf-system: users, and the state of the machine. Logins read running, so a change needs no operation. */
import type { Feature } from '../../commit/feature.ts';
import { checkSystem } from './check.ts';
import { SYSTEM, type SystemModel } from './model.ts';
import { SystemState } from './state.ts';

export function systemFeature(model: SystemModel): Feature {
  return {
    name: 'system',
    owns: [SYSTEM],
    check: (change) => checkSystem(change, model),
    plan: () => [],
    state: new SystemState(model.keys),
  };
}
