/** Changed CE notifications, and those of ports that come or go → CE notifications of the engine. */
import type { PlannedOperation } from '../../commit/feature.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import { EnginePlan, type Wanted } from '../engine-plan.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import type { CeNotificationModel } from './model.ts';

export function planCeNotifications(change: InterfaceChange, model: CeNotificationModel): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const ports = new Set(change.portsComingOrGoing);
  for (const { node, key } of change.change.rows) {
    if (node === model.ceNotification || node === model.macMoveOffset || node === model.mvrpOffset) {
      ports.add(model.portOf(key));
    }
  }
  for (const port of ports) {
    plan.object(
      ObjectKind.KIND_CE_NOTIFICATION,
      'CE notification',
      port,
      () => ceNotification(change.before, model, port),
      () => ceNotification(change.after, model, port),
    );
  }
  return plan.operations;
}

function ceNotification(objects: InterfaceObjects, model: CeNotificationModel, port: string): Wanted | undefined {
  const found = objects.boundPort(port) && model.read(objects.view, port);
  if (found === undefined) return undefined;
  const { macMove, mvrp, cfm } = found;
  return {
    path: model.keys.path(model.key(port)),
    operation: {
      case: 'setCeNotification',
      value: {
        port,
        macMove: { ...macMove, offsetsMs: [...macMove.offsetsMs] },
        mvrp: { ...mvrp, offsetsMs: [...mvrp.offsetsMs] },
        cfm,
      },
    },
  };
}
