/** sluice-mirrors. Interfaces are among what it is given: mirrors come and go with their ends. */
import type { Feature } from '../../commit/feature.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { checkMirrors } from './check.ts';
import { MIRRORS, type MirrorModel } from './model.ts';
import { planMirrors } from './plan.ts';
import { MirrorState } from './state.ts';

export function mirrorsFeature(mirrors: MirrorModel, changes: InterfaceChanges, engine: EngineQueries): Feature {
  return {
    name: 'mirrors',
    owns: [MIRRORS, INTERFACES],
    indexes: [mirrors.source.path, mirrors.destination.path],
    check: (change) => checkMirrors(change, mirrors),
    plan: (change) => planMirrors(changes.of(change), mirrors),
    state: new MirrorState(mirrors, engine),
  };
}
