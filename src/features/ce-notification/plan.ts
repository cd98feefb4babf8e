/** Changed CE notifications, and those of ports that come or go → CE notifications of the engine. */
import type { PlannedOperation } from '../../commit/feature.ts';
import { ELmiMapType, MvrpRegistration, ObjectKind, StpTcKind } from '../../engine/gen/sluice_pb.js';
import type { EngineOperation } from '../../engine/operation.ts';
import { EnginePlan, type Wanted } from '../engine-plan.ts';
import type { InterfaceChange } from '../interfaces/change.ts';
import type { InterfaceObjects } from '../interfaces/objects.ts';
import type { BandwidthProfile, ELmi } from './e-lmi-model.ts';
import type { CeNotification, CeNotificationModel } from './model.ts';

export function planCeNotifications(change: InterfaceChange, model: CeNotificationModel): readonly PlannedOperation[] {
  const plan = new EnginePlan();
  const ports = new Set(change.portsComingOrGoing);
  for (const { key } of change.change.rows) if (model.owns(key)) ports.add(model.portOf(key));
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
  return { path: model.keys.path(model.key(port)), operation: { case: 'setCeNotification', value: operation(found) } };
}

const registrations: Readonly<Record<string, MvrpRegistration>> = {
  fixed: MvrpRegistration.MVRP_FIXED,
  forbidden: MvrpRegistration.MVRP_FORBIDDEN,
  normal: MvrpRegistration.MVRP_NORMAL,
};

const mapTypes: Readonly<Record<string, ELmiMapType>> = {
  'all-to-one-bundling': ELmiMapType.E_LMI_ALL_TO_ONE_BUNDLING,
  'service-multiplexing': ELmiMapType.E_LMI_SERVICE_MULTIPLEXING,
  bundling: ELmiMapType.E_LMI_BUNDLING,
};

type Operation = (EngineOperation & { case: 'setCeNotification' })['value'];

function operation({ port, macMove, mvrp, stpTc, eLmi, cfm, lacp, carrier }: CeNotification): Operation {
  return {
    port,
    macMove: { ...macMove, offsetsMs: [...macMove.offsetsMs] },
    mvrp: {
      enabled: mvrp.enabled,
      offsetsMs: [...mvrp.offsetsMs],
      providerAddress: mvrp.providerAddress,
      registration: registrations[mvrp.registration] ?? MvrpRegistration.MVRP_FIXED,
      periodicOff: !mvrp.periodic,
    },
    cfm,
    ...(stpTc.enabled && {
      stpTc: {
        enabled: true,
        kind: stpTc.bpdu === 'rst' ? StpTcKind.STP_TC_RST : StpTcKind.STP_TC_TCN,
        offsetsMs: [...stpTc.offsetsMs],
      },
    }),
    ...(eLmi.enabled && { eLmi: eLmiOperation(eLmi) }),
    ...(lacp.enabled && { lacp }),
    ...(carrier.enabled && { carrier }),
  };
}

function eLmiOperation(eLmi: ELmi): NonNullable<Operation['eLmi']> {
  return {
    enabled: true,
    uniId: eLmi.uniId,
    mapType: mapTypes[eLmi.mapType] ?? ELmiMapType.E_LMI_BUNDLING,
    pollingVerificationSeconds: eLmi.pollingVerificationSeconds,
    pollingVerificationOff: !eLmi.pollingVerification,
    statusCounter: eLmi.statusCounter,
    pollingSeconds: eLmi.pollingSeconds,
    ...bandwidthOf(eLmi.bandwidth),
    evcs: eLmi.evcs.map(({ bandwidth, vlans, ...evc }) => ({ ...evc, vlans: [...vlans], ...bandwidthOf(bandwidth) })),
  };
}

function bandwidthOf(profile: BandwidthProfile | undefined) {
  if (profile === undefined) return {};
  const { cir, cbs, eir, ebs, coupling, colorAware } = profile;
  return {
    bandwidth: {
      cir: BigInt(cir),
      cbs: BigInt(cbs),
      eir: BigInt(eir),
      ebs: BigInt(ebs),
      coupling,
      colorAware,
    },
  };
}
