/**
 * Replay: the whole intent as one transaction; what it does not name is swept. One device that is missing must not
 * keep all others from forwarding: what the engine refuses is left out, with all that refers to it, and said.
 */
import type { Connection } from './connection.ts';
import type { CommitReply } from './gen/sluice_pb.js';
import {
  type EngineOperation,
  type EnginePlannedOperation,
  type ObjectId,
  objectOf,
  referencesOf,
} from './operation.ts';
import { EngineError } from './refusal.ts';
import { Transaction } from './transaction.ts';

/** Why an object is configured and not in the engine. */
export interface LeftOut {
  /** The configuration that it comes from. */
  readonly path: string;
  readonly reason: string;
  /** What was refused, or not sent because of what was. */
  readonly operation: EngineOperation;
}

export interface Replayed {
  readonly commit: CommitReply;
  readonly leftOut: ReadonlyMap<ObjectId, LeftOut>;
}

/** Replays the operations (in the order of their references). Throws EngineLostError. */
export async function replay(connection: Connection, operations: readonly EnginePlannedOperation[]): Promise<Replayed> {
  const leftOut = new Map<ObjectId, LeftOut>();
  let rest = operations;
  for (;;) {
    try {
      const transaction = await Transaction.prepare(
        connection,
        rest.map((one) => one.operation),
        { replay: true },
      );
      return { commit: await transaction.commit(), leftOut };
    } catch (error) {
      const refused = error instanceof EngineError ? rest[error.operation] : undefined;
      if (refused === undefined) throw error;
      const { path, operation } = refused;
      leftOut.set(objectOf(operation), { path, operation, reason: (error as Error).message });
      rest = withoutDependents(rest, leftOut);
    }
  }
}

/** The operations without those on objects that are left out or refer to one; adds the latter to the map. */
export function withoutDependents(
  operations: readonly EnginePlannedOperation[],
  leftOut: Map<ObjectId, LeftOut>,
): EnginePlannedOperation[] {
  return operations.filter((one) => {
    if (leftOut.has(objectOf(one.operation))) return false;
    const missing = referencesOf(one.operation).find((reference) => leftOut.has(reference));
    if (missing === undefined) return true;
    const { path, operation } = one;
    leftOut.set(objectOf(operation), { path, operation, reason: leftOut.get(missing)?.reason ?? '' });
    return false;
  });
}
