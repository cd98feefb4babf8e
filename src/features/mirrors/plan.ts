/** Changed mirrors, and those whose source or destination comes or goes → mirrors of the engine. */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import { ObjectKind } from '../../engine/gen/sluice_pb.js';
import { EnginePlan, type Wanted } from '../engine-plan.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import type { MirrorModel } from './model.ts';

export function planMirrors(change: InterfaceChange, model: MirrorModel): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const { before, after } = change;
  for (const { node, key } of change.change.rows) if (node === model.mirror) planMirror(key);
  const named = new Set(change.changed);
  for (const port of change.portsComingOrGoing) for (const name of change.subInterfaces(port)) named.add(name);
  for (const name of named) {
    for (const { view } of [before, after]) {
      for (const leaf of [model.source, model.destination])
        for (const key of view.rowsWith(leaf, name)) planMirror(key);
    }
  }
  return plan.operations;

  function planMirror(key: RowKey): void {
    plan.object(
      ObjectKind.KIND_MIRROR,
      'mirror',
      model.nameOf(key),
      () => mirror(before, model, key),
      () => mirror(after, model, key),
    );
  }
}

/** Nothing while the source or the destination is none that the engine has. */
function mirror(objects: InterfaceObjects, model: MirrorModel, key: RowKey): Wanted | undefined {
  const found = model.read(objects.view, key);
  if (found === undefined || objects.boundPort(found.destination) === undefined) return undefined;
  const isPort = objects.interface(found.source)?.kind === 'port';
  const there = isPort ? objects.boundPort(found.source) : objects.logicalPort(found.source);
  if (there === undefined) return undefined;
  return {
    path: model.keys.path(key),
    operation: {
      case: 'setMirror',
      value: {
        name: found.name,
        source: { case: isPort ? 'port' : 'logicalPort', value: found.source },
        direction: found.direction,
        destinationPort: found.destination,
      },
    },
  };
}
