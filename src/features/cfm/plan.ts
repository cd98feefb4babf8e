/** Changed MEPs, those of changed associations and domains, and those at ports that come or go → MEPs of the engine. */
import type { PlannedOperation } from '../../commit/feature.ts';
import type { RowKey } from '../../datastore/view/view.ts';
import { ObjectKind, TagType } from '../../engine/gen/sluice_pb.js';
import { EnginePlan, type Wanted } from '../engine-plan.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import type { CfmModel } from './model.ts';

export function planCfm(change: InterfaceChange, model: CfmModel): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const { before, after } = change;
  const seen = new Set<RowKey>();
  for (const { node, key } of change.change.rows) {
    for (const { view } of [before, after]) for (const mep of model.mepsOf(view, node, key)) planMep(mep);
  }
  for (const port of change.portsComingOrGoing) {
    for (const { view } of [before, after]) for (const key of view.rowsWith(model.port, port)) planMep(key);
  }
  return plan.operations;

  function planMep(key: RowKey): void {
    if (seen.has(key)) return;
    seen.add(key);
    plan.object(
      ObjectKind.KIND_CFM_MEP,
      'MEP',
      model.nameOf(model.idOf(key)),
      () => mepOf(before, model, key),
      () => mepOf(after, model, key),
    );
  }
}

/** Nothing while it is disabled, or its port has no device. */
function mepOf(objects: InterfaceObjects, model: CfmModel, key: RowKey): Wanted | undefined {
  const mep = model.read(objects.view, key);
  if (mep === undefined || !mep.enabled || objects.boundPort(mep.port) === undefined) return undefined;
  return {
    path: model.keys.path(key),
    operation: {
      case: 'setCfmMep',
      value: {
        name: model.nameOf(mep),
        port: mep.port,
        vid: mep.vid,
        tagType: mep.isServiceTag ? TagType.S_VLAN : TagType.C_VLAN,
        mdLevel: mep.level,
        mdNameFormat: mep.mdName.format,
        mdName: mep.mdName.octets,
        maNameFormat: mep.maName.format,
        maName: mep.maName.octets,
        mepId: mep.mep,
        ccmInterval: mep.ccmInterval,
        ccmOff: !mep.ccmEnabled,
        priority: mep.priority,
        remoteMeps: [...mep.remotes],
        interfaceStatus: mep.interfaceStatus,
        lowestAlarmPriority: mep.lowestDefect,
        fngAlarmMs: mep.alarmMs,
        fngResetMs: mep.resetMs,
      },
    },
  };
}
