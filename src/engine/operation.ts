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

/** The object that the operation sets or deletes. */
export function objectOf(operation: EngineOperation): ObjectId {
  switch (operation.case) {
    case 'setPort':
      return objectId(ObjectKind.KIND_PORT, operation.value.name ?? '');
    case 'setLogicalPort':
      return objectId(ObjectKind.KIND_LOGICAL_PORT, operation.value.name ?? '');
    case 'setBridgeDomain':
      return objectId(ObjectKind.KIND_BRIDGE_DOMAIN, operation.value.name ?? '');
    case 'setStaticMac':
      return objectId(ObjectKind.KIND_STATIC_MAC, operation.value.name ?? '');
    case 'setBlockPoint':
      return objectId(ObjectKind.KIND_BLOCK_POINT, operation.value.name ?? '');
    case 'setCeNotification':
      return objectId(ObjectKind.KIND_CE_NOTIFICATION, operation.value.port ?? '');
    case 'setSettings':
      return objectId(ObjectKind.KIND_SETTINGS, '');
    case 'delete':
      return objectId(operation.value.kind ?? ObjectKind.KIND_UNSPECIFIED, operation.value.name ?? '');
  }
}

/** The objects that a set operation's object refers to. */
export function referencesOf(operation: EngineOperation): ObjectId[] {
  const { KIND_PORT, KIND_LOGICAL_PORT, KIND_BRIDGE_DOMAIN } = ObjectKind;
  switch (operation.case) {
    case 'setLogicalPort': {
      const { port, bridgeDomain } = operation.value;
      const references = [objectId(KIND_PORT, port ?? '')];
      if (bridgeDomain) references.push(objectId(KIND_BRIDGE_DOMAIN, bridgeDomain));
      return references;
    }
    case 'setStaticMac':
      return [
        objectId(KIND_BRIDGE_DOMAIN, operation.value.bridgeDomain ?? ''),
        objectId(KIND_LOGICAL_PORT, operation.value.logicalPort ?? ''),
      ];
    case 'setBlockPoint':
    case 'setCeNotification':
      return [objectId(KIND_PORT, operation.value.port ?? '')];
    case 'setPort':
    case 'setBridgeDomain':
    case 'setSettings':
    case 'delete':
      return [];
  }
}

/** What comes before what refers to it; deletions the other way round and first, so that names and devices are free. */
const order: Record<EngineOperation['case'], number> = {
  delete: 0,
  setSettings: 10,
  setPort: 11,
  setBridgeDomain: 12,
  setLogicalPort: 13,
  setStaticMac: 14,
  setCeNotification: 15,
  setBlockPoint: 16,
};

function rank(operation: EngineOperation): number {
  return operation.case === 'delete' ? 10 - (operation.value.kind ?? 0) : order[operation.case];
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
