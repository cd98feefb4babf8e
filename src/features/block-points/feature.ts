/** sluice-block-points. Interfaces are among what it is given: block points come and go with their port's device. */
import type { Feature } from '../../commit/feature.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { BLOCK_POINTS, type BlockPointModel } from './model.ts';
import { planBlockPoints } from './plan.ts';
import { BlockPointState } from './state.ts';

export function blockPointsFeature(
  blockPoints: BlockPointModel,
  changes: InterfaceChanges,
  engine: EngineQueries,
): Feature {
  return {
    name: 'block-points',
    owns: [BLOCK_POINTS, INTERFACES],
    indexes: [blockPoints.port.path],
    plan: (change) => planBlockPoints(changes.of(change), blockPoints),
    state: new BlockPointState(blockPoints, engine),
  };
}
