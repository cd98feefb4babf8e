/** sluice-ce-notification. Interfaces are among what it is given: an entry comes and goes with its port's device. */
import type { Feature } from '../../commit/feature.ts';
import type { EngineQueries } from '../engine-state.ts';
import type { InterfaceChanges } from '../interfaces/change.ts';
import { INTERFACES } from '../interfaces/model.ts';
import { CE_NOTIFICATIONS, type CeNotificationModel } from './model.ts';
import { planCeNotifications } from './plan.ts';
import { CeNotificationStates } from './state.ts';

export function ceNotificationFeature(
  ceNotifications: CeNotificationModel,
  changes: InterfaceChanges,
  engine: EngineQueries,
): Feature {
  return {
    name: 'ce-notification',
    owns: [CE_NOTIFICATIONS, INTERFACES],
    plan: (change) => planCeNotifications(changes.of(change), ceNotifications),
    state: new CeNotificationStates(ceNotifications, engine),
  };
}
