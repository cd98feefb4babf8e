/**
 * What operations do to an engine, as naively as it can be said: a map of objects. The properties of plans are tested
 * against it, and the reference engine keeps its objects in it.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import { ErrorCode, ObjectKind, OperationSchema } from '../gen/sluice_pb.js';
import { type EngineOperation, type ObjectId, objectId, objectOf, referencesOf } from '../operation.ts';

export type Objects = Map<ObjectId, EngineOperation>;

/** The objects after the operations; `replay` sweeps what they do not name. */
export function apply(objects: Objects, operations: readonly EngineOperation[], replay = false): Objects {
  const after: Objects = replay ? new Map() : new Map(objects);
  for (const operation of operations) {
    if (operation.case === 'delete') {
      after.delete(objectId(operation.value.kind ?? ObjectKind.KIND_UNSPECIFIED, operation.value.name ?? ''));
    } else if (operation.case === 'setRoutes' && (operation.value.set ?? []).length === 0) {
      after.delete(objectOf(operation));
    } else after.set(objectOf(operation), operation);
  }
  return after;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly object: string;
  readonly operation: number;
}

/** Why the state after the operations is none that the engine takes: dangling references, shared tags and devices. */
export function refusal(after: Objects, operations: readonly EngineOperation[]): Refusal | undefined {
  const claimed = new Map<string, ObjectId>();
  const positions = new Map(operations.map((one, index) => [objectOf(one), index]));
  for (const [id, operation] of after) {
    const position = positions.get(id) ?? 0;
    for (const reference of referencesOf(operation)) {
      if (after.has(reference)) continue;
      const deleted = positions.get(reference);
      const code = deleted === undefined ? ErrorCode.ERROR_NOT_FOUND : ErrorCode.ERROR_CONFLICT;
      const at = deleted ?? position;
      return { code, message: `${id} refers to ${reference}, which is not there`, object: id, operation: at };
    }
    const claim = claimOf(operation);
    if (claim === undefined) continue;
    const other = claimed.get(claim);
    if (other !== undefined) {
      const message = `${id} and ${other} both want ${claim}`;
      return { code: ErrorCode.ERROR_CONFLICT, message, object: id, operation: position };
    }
    claimed.set(claim, id);
  }
  return undefined;
}

/** What only one object can have: a tag on a port, a device. */
function claimOf(operation: EngineOperation): string | undefined {
  if (operation.case === 'setLogicalPort') {
    const { port, match } = operation.value;
    return `tag ${port} ${(match ?? []).map((tag) => `${tag.type ?? 0}:${tag.vid}`).join(' ')}`;
  }
  if (operation.case === 'setPort') {
    const device = operation.value.device;
    if (device?.case === 'afPacket' || device?.case === 'afXdp') return `device ${device.value}`;
  }
  return undefined;
}

/** Bytes by which two operations can be compared. */
export function encoded(operation: EngineOperation): string {
  return Buffer.from(toBinary(OperationSchema, create(OperationSchema, { op: operation }))).toString('hex');
}

/** The objects in a form that `assert.deepEqual` compares and people can read. */
export function dump(objects: Objects): Record<string, string> {
  return Object.fromEntries([...objects].sort().map(([id, operation]) => [id, encoded(operation)]));
}
