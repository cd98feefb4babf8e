/** Changed block points, and those on ports that come or go → block points of the engine. */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import { BlockCause, ObjectKind } from '../../engine/gen/sluice_pb.js';
import { EnginePlan, type Wanted } from '../engine-plan.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import { type BlockPointModel, blockPointName } from './model.ts';

export function planBlockPoints(change: InterfaceChange, model: BlockPointModel): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const { before, after } = change;
  for (const { node, key } of change.change.rows) if (node === model.blockPoint) planBlockPoint(key);
  for (const port of change.portsComingOrGoing) {
    for (const { view } of [before, after]) {
      for (const key of view.rowsWith(model.port, port)) planBlockPoint(key);
    }
  }
  return plan.operations;

  function planBlockPoint(key: RowKey): void {
    plan.object(
      ObjectKind.KIND_BLOCK_POINT,
      'block point',
      blockPointName(model.read(key)),
      () => blockPoint(before, model, key),
      () => blockPoint(after, model, key),
    );
  }
}

function blockPoint(objects: InterfaceObjects, model: BlockPointModel, key: RowKey): Wanted | undefined {
  if (objects.view.get(key) === undefined) return undefined;
  const { port, vid } = model.read(key);
  if (objects.boundPort(port) === undefined) return undefined;
  return {
    path: model.keys.path(key),
    operation: {
      case: 'setBlockPoint',
      value: {
        name: blockPointName({ port, vid }),
        port,
        vid,
        cause: BlockCause.CONFIGURATION,
      },
    },
  };
}
