/** sluice-block-points. Interfaces are among what it is given: block points come and go with their port's device. */
import type { Feature } from '../../commit/feature.ts';
import type { BridgeDomainModel } from '../bridge-domains/model.ts';
import type { EngineQueries } from '../engine-state.ts';
import { InterfaceChange } from '../interfaces/dependents.ts';
import { INTERFACES, type InterfaceModel } from '../interfaces/model.ts';
import { BLOCK_POINTS, type BlockPointModel } from './model.ts';
import { planBlockPoints } from './plan.ts';
import { BlockPointState } from './state.ts';

export function blockPointsFeature(
  blockPoints: BlockPointModel,
  interfaces: InterfaceModel,
  bridgeDomains: BridgeDomainModel,
  engine: EngineQueries,
): Feature {
  return {
    name: 'block-points',
    owns: [BLOCK_POINTS, INTERFACES],
    indexes: [blockPoints.port.path],
    plan: (change) => planBlockPoints(new InterfaceChange(change, interfaces, bridgeDomains), blockPoints),
    state: new BlockPointState(blockPoints, engine),
  };
}
