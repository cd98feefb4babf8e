/** Operations of the engine as features plan them, and what they are about. */
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PlannedOperation } from '../commit/feature.ts';
import { ObjectKind, type OperationSchema } from './gen/sluice_pb.js';

/** The `op` of an Operation message, as an initialiser: fields that are left out have their default. */
export type EngineOperation = Exclude<
  NonNullable<MessageInitShape<typeof OperationSchema>['op']>,
  { case?: undefined; value?: undefined }
>;

/** The name of the target that acts on them. */
export const ENGINE_TARGET = 'engine';

/** A planned operation for the engine. */
export interface EnginePlannedOperation extends PlannedOperation {
  readonly target: typeof ENGINE_TARGET;
  readonly operation: EngineOperation;
}

/** An object of the engine, as `kind:name`. */
export type ObjectId = `${ObjectKind}:${string}`;

export function objectId(kind: ObjectKind, name: string): ObjectId {
  return `${kind}:${name}`;
}

type SetCase = Exclude<EngineOperation['case'], 'delete' | 'setRoutes'>;
type ValueOf<Case extends EngineOperation['case']> = Extract<EngineOperation, { case: Case }>['value'];

/** What the control plane has to know of a kind of object. */
interface Kind<Case extends SetCase> {
  readonly kind: ObjectKind;
  readonly name: (value: ValueOf<Case>) => string | undefined;
  /** Objects that it refers to; empty names are left out. */
  readonly references?: (value: ValueOf<Case>) => (readonly [ObjectKind, string | undefined])[];
}

const {
  KIND_PORT,
  KIND_LOGICAL_PORT,
  KIND_BRIDGE_DOMAIN,
  KIND_VRF,
  KIND_L3_INTERFACE,
  KIND_NEXT_HOP_GROUP,
  KIND_ACCESS_LIST,
  KIND_POLICER,
} = ObjectKind;

/** By `case`, in the order in which they are set: what comes before what refers to it. */
const kinds: { readonly [Case in SetCase]: Kind<Case> } = {
  setSettings: { kind: ObjectKind.KIND_SETTINGS, name: () => '' },
  setPort: { kind: KIND_PORT, name: ({ name }) => name, references: ({ bundleName }) => [[KIND_PORT, bundleName]] },
  setBridgeDomain: { kind: KIND_BRIDGE_DOMAIN, name: ({ name }) => name },
  setLogicalPort: {
    kind: KIND_LOGICAL_PORT,
    name: ({ name }) => name,
    references: ({ port, bridgeDomain }) => [
      [KIND_PORT, port],
      [KIND_BRIDGE_DOMAIN, bridgeDomain],
    ],
  },
  setStaticMac: {
    kind: ObjectKind.KIND_STATIC_MAC,
    name: ({ name }) => name,
    references: ({ bridgeDomain, logicalPort }) => [
      [KIND_BRIDGE_DOMAIN, bridgeDomain],
      [KIND_LOGICAL_PORT, logicalPort],
    ],
  },
  setCrossConnect: {
    kind: ObjectKind.KIND_CROSS_CONNECT,
    name: ({ name }) => name,
    references: ({ logicalPortA, logicalPortB }) => [
      [KIND_LOGICAL_PORT, logicalPortA],
      [KIND_LOGICAL_PORT, logicalPortB],
    ],
  },
  setMirror: {
    kind: ObjectKind.KIND_MIRROR,
    name: ({ name }) => name,
    references: ({ source, destinationPort }) => [
      [source?.case === 'logicalPort' ? KIND_LOGICAL_PORT : KIND_PORT, source?.value],
      [KIND_PORT, destinationPort],
    ],
  },
  setCeNotification: {
    kind: ObjectKind.KIND_CE_NOTIFICATION,
    name: ({ port }) => port,
    references: ({ port }) => [[KIND_PORT, port]],
  },
  setBlockPoint: {
    kind: ObjectKind.KIND_BLOCK_POINT,
    name: ({ name }) => name,
    references: ({ port }) => [[KIND_PORT, port]],
  },
  setVrf: { kind: KIND_VRF, name: ({ name }) => name },
  setPolicer: { kind: KIND_POLICER, name: ({ name }) => name },
  setAccessList: {
    kind: KIND_ACCESS_LIST,
    name: ({ name }) => name,
    references: ({ rules }) => (rules ?? []).map(({ policer }) => [KIND_POLICER, policer]),
  },
  setL3Interface: {
    kind: KIND_L3_INTERFACE,
    name: ({ name }) => name,
    references: (it) => [
      [KIND_VRF, it.vrf],
      [KIND_LOGICAL_PORT, it.attachment?.case === 'logicalPort' ? it.attachment.value : undefined],
      [KIND_BRIDGE_DOMAIN, it.attachment?.case === 'bridgeDomain' ? it.attachment.value : undefined],
      ...[it.aclInIpv4, it.aclInIpv6, it.aclOutIpv4, it.aclOutIpv6].map(
        (name) => [KIND_ACCESS_LIST, name] satisfies [ObjectKind, string | undefined],
      ),
      [KIND_POLICER, it.policerIn],
      [KIND_POLICER, it.policerOut],
    ],
  },
  setStaticNeighbour: {
    kind: ObjectKind.KIND_STATIC_NEIGHBOUR,
    name: ({ name }) => name,
    references: (it) => [[KIND_L3_INTERFACE, it.interface]],
  },
  setNextHopGroup: {
    kind: KIND_NEXT_HOP_GROUP,
    name: ({ name }) => name,
    references: ({ vrf, nextHops }) => [
      [KIND_VRF, vrf],
      ...(nextHops ?? []).map((hop) => [KIND_L3_INTERFACE, hop.interface] satisfies [ObjectKind, string | undefined]),
    ],
  },
  setVrrp: {
    kind: ObjectKind.KIND_VRRP,
    name: ({ name }) => name,
    references: ({ interface: name, tracks }) => [
      [KIND_L3_INTERFACE, name],
      ...(tracks ?? []).map((track) => [KIND_L3_INTERFACE, track.interface] satisfies [ObjectKind, string | undefined]),
    ],
  },
  setBfdSession: {
    kind: ObjectKind.KIND_BFD_SESSION,
    name: ({ name }) => name,
    references: ({ path }) => [
      [KIND_L3_INTERFACE, path?.case === 'interface' ? path.value : undefined],
      [KIND_VRF, path?.case === 'vrf' ? path.value : undefined],
    ],
  },
  setEthernetSegment: {
    kind: ObjectKind.KIND_ETHERNET_SEGMENT,
    name: ({ name }) => name,
    references: ({ port, vrf }) => [
      [KIND_PORT, port],
      [KIND_VRF, vrf === '' ? undefined : vrf],
    ],
  },
  setCfmMep: {
    kind: ObjectKind.KIND_CFM_MEP,
    name: ({ name }) => name,
    references: ({ port }) => [[KIND_PORT, port]],
  },
  setDhcpRelay: {
    kind: ObjectKind.KIND_DHCP_RELAY,
    name: (it) => it.interface,
    references: (it) => [
      [KIND_L3_INTERFACE, it.interface],
      [KIND_VRF, it.serverVrf],
    ],
  },
  setObservation: {
    kind: ObjectKind.KIND_OBSERVATION,
    name: ({ name }) => name,
    references: ({ element }) => {
      switch (element?.case) {
        case 'port':
          return [[KIND_PORT, element.value]];
        case 'logicalPort':
          return [[KIND_LOGICAL_PORT, element.value]];
        case 'interface':
          return [[KIND_L3_INTERFACE, element.value]];
        default:
          return [];
      }
    },
  },
  setControlPlanePolicer: { kind: ObjectKind.KIND_CONTROL_PLANE_POLICER, name: (it) => it.class },
};

/** Position among the kinds; routes come after all of them, and so go first. */
const orderOfSets = Object.keys(kinds);
const rankOfRoutes = orderOfSets.length;
const rankByKind = new Map<ObjectKind, number>(Object.values(kinds).map(({ kind }, at) => [kind, at]));

/** A kind's functions for a value of that very kind. */
function kindOf<Case extends SetCase>(operation: { readonly case: Case; readonly value: unknown }): Kind<Case> {
  return kinds[operation.case];
}

/** The object that the operation sets or deletes. A route is no object of the engine; it is named by VRF and prefix. */
export function objectOf(operation: EngineOperation): ObjectId {
  if (operation.case === 'delete') {
    return objectId(operation.value.kind ?? ObjectKind.KIND_UNSPECIFIED, operation.value.name ?? '');
  }
  if (operation.case === 'setRoutes') {
    const { vrf = '', set = [], delete: deleted = [] } = operation.value;
    const prefix = set[0]?.prefix ?? deleted[0];
    return objectId(
      ObjectKind.KIND_UNSPECIFIED,
      `route ${vrf} ${Buffer.from(prefix?.address ?? []).toString('hex')}/${prefix?.length ?? 0}`,
    );
  }
  const { kind, name } = kindOf(operation) as Kind<SetCase>;
  return objectId(kind, name(operation.value as never) ?? '');
}

/** The objects that a set operation's object refers to. */
export function referencesOf(operation: EngineOperation): ObjectId[] {
  if (operation.case === 'delete') return [];
  if (operation.case === 'setRoutes') {
    const { vrf = '', set = [] } = operation.value;
    return [
      objectId(KIND_VRF, vrf),
      ...set.map(({ nextHopGroup }) => objectId(KIND_NEXT_HOP_GROUP, nextHopGroup ?? '')),
    ];
  }
  const references = (kindOf(operation) as Kind<SetCase>).references?.(operation.value as never) ?? [];
  return references.flatMap(([kind, name]) => (name ? [objectId(kind, name)] : []));
}

/** Deletions first, so that names and devices are free, in the reverse order of what sets. */
function rank(operation: EngineOperation): number {
  switch (operation.case) {
    case 'delete':
      return -1 - (rankByKind.get(operation.value.kind ?? ObjectKind.KIND_UNSPECIFIED) ?? 0);
    case 'setRoutes':
      return (operation.value.set ?? []).length > 0 ? rankOfRoutes : -1 - rankOfRoutes;
    default:
      return orderOfSets.indexOf(operation.case);
  }
}

/** Whether the commit's planned operation is one for the engine. */
export function isEngineOperation(planned: PlannedOperation): planned is EnginePlannedOperation {
  return planned.target === ENGINE_TARGET;
}

/**
 * The operations in the order of their references, each object once: two features may plan one object (a member makes
 * its logical port change as the interface does), from one and the same configuration, so the first says all.
 */
export function arrange(planned: readonly PlannedOperation[]): EnginePlannedOperation[] {
  const byObject = new Map<ObjectId, EnginePlannedOperation>();
  for (const one of planned) {
    if (!isEngineOperation(one)) continue;
    const id = objectOf(one.operation);
    if (!byObject.has(id)) byObject.set(id, one);
  }
  return [...byObject.values()].sort((a, b) => rank(a.operation) - rank(b.operation));
}
