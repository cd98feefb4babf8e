/** The engine as a target of commits: a refusal is an error before anything is stored (src/commit/feature.ts). */
import { isDeepStrictEqual } from 'node:util';
import type { PlannedOperation, Prepared, Target } from '../commit/feature.ts';
import type { Fault } from '../yang/fault.ts';
import type { EngineClient } from './client.ts';
import {
  arrange,
  ENGINE_TARGET,
  type EngineOperation,
  isEngineOperation,
  type ObjectId,
  objectOf,
} from './operation.ts';
import { EngineError, EngineLostError, refusalFault } from './refusal.ts';
import { type LeftOut, withoutDependents } from './replay.ts';
import { Transaction } from './transaction.ts';

/**
 * Whether it is a port that a replay left out and whose device is the same as then: the rest of it can be configured
 * while the hardware is missing.
 */
function isStillMissing(leftOut: ReadonlyMap<ObjectId, LeftOut>, operation: EngineOperation): boolean {
  const known = leftOut.get(objectOf(operation))?.operation;
  return (
    known?.case === 'setPort' &&
    operation.case === 'setPort' &&
    isDeepStrictEqual(known.value.device, operation.value.device)
  );
}

const nothing: Prepared = { commit: async () => {}, abort: async () => {} };

export class EngineTarget implements Target {
  readonly name = ENGINE_TARGET;
  readonly #client: EngineClient;

  constructor(client: EngineClient) {
    this.#client = client;
  }

  async prepare(planned: readonly PlannedOperation[]): Promise<Prepared | { readonly refused: readonly Fault[] }> {
    if (!planned.some(isEngineOperation)) return nothing;
    const client = this.#client;
    const done = await client.turn.take();
    const connection = client.connection;
    if (connection === undefined) {
      done();
      return this.#later();
    }
    // What was left out at a replay is tried where it is given anew; what refers to the rest of it is left out too.
    const wanted = arrange(planned);
    const leftOut = new Map(client.leftOut);
    for (const one of wanted) leftOut.delete(objectOf(one.operation));
    let operations = withoutDependents(wanted, leftOut);
    for (;;) {
      try {
        const bare = operations.map((one) => one.operation);
        const transaction = await Transaction.prepare(connection, bare, { replay: false });
        return this.#hold(transaction, leftOut, done);
      } catch (error) {
        const refused = error instanceof EngineError ? operations[error.operation] : undefined;
        if (refused !== undefined && isStillMissing(client.leftOut, refused.operation)) {
          const { path, operation } = refused;
          leftOut.set(objectOf(operation), { path, operation, reason: (error as Error).message });
          operations = withoutDependents(operations, leftOut);
          continue;
        }
        done();
        if (error instanceof EngineError) return { refused: [refusalFault(error, refused?.path)] };
        if (error instanceof EngineLostError) return this.#later();
        throw error;
      }
    }
  }

  /** `leftOut`: what is left out once this is committed. */
  #hold(transaction: Transaction, leftOut: Map<ObjectId, LeftOut>, done: () => void): Prepared {
    const client = this.#client;
    const anew = [...client.leftOut.keys()].some((object) => !leftOut.has(object));
    return {
      commit: async () => {
        let lost = false;
        try {
          await transaction.commit();
          client.leftOut = leftOut;
        } catch (error) {
          if (!(error instanceof EngineLostError) && !(error instanceof EngineError)) throw error;
          lost = true;
        } finally {
          done();
        }
        // What was left out for the sake of a refused object follows now; so does a commit that the engine lost.
        if (anew || lost) await client.replay();
      },
      abort: async () => {
        try {
          await transaction.abort();
        } catch (error) {
          if (!(error instanceof EngineLostError)) throw error;
        } finally {
          done();
        }
      },
    };
  }

  /** Accepted without an engine: one that has appeared meanwhile may have been replayed without this change. */
  #later(): Prepared {
    return { commit: () => this.#client.replay(), abort: async () => {} };
  }
}
