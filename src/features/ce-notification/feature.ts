/** sluice-ce-notification. Interfaces are among what it is given: an entry comes and goes with its port's device. */
import type { Feature } from '../../commit/feature.ts';
import type { BridgeDomainModel } from '../bridge-domains/model.ts';
import type { EngineQueries } from '../engine-state.ts';
import { InterfaceChange } from '../interfaces/dependents.ts';
import { INTERFACES, type InterfaceModel } from '../interfaces/model.ts';
import { CE_NOTIFICATIONS, type CeNotificationModel } from './model.ts';
import { planCeNotifications } from './plan.ts';
import { CeNotificationStates } from './state.ts';

export function ceNotificationFeature(
  ceNotifications: CeNotificationModel,
  interfaces: InterfaceModel,
  bridgeDomains: BridgeDomainModel,
  engine: EngineQueries,
): Feature {
  return {
    name: 'ce-notification',
    owns: [CE_NOTIFICATIONS, INTERFACES],
    plan: (change) => planCeNotifications(new InterfaceChange(change, interfaces, bridgeDomains), ceNotifications),
    state: new CeNotificationStates(ceNotifications, engine),
  };
}
