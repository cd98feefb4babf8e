/** The engine as a target of commits: a refusal is an error before anything is stored (src/commit/feature.ts). */
import type { PlannedOperation, Prepared, Target } from '../commit/feature.ts';
import type { Fault } from '../yang/fault.ts';
import type { EngineClient } from './client.ts';
import { arrange, ENGINE_TARGET, type EnginePlannedOperation, isEngineOperation, objectOf } from './operation.ts';
import { EngineError, EngineLostError, refusalFault } from './refusal.ts';
import { withoutDependents } from './replay.ts';
import { Transaction } from './transaction.ts';

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
    const operations = this.#applicable(arrange(planned));
    try {
      const transaction = await Transaction.prepare(
        connection,
        operations.map((one) => one.operation),
        { replay: false },
      );
      return this.#hold(transaction, operations, done);
    } catch (error) {
      done();
      if (error instanceof EngineError) {
        return { refused: [refusalFault(error, operations[error.operation]?.path)] };
      }
      if (error instanceof EngineLostError) return this.#later();
      throw error;
    }
  }

  /** Without what refers to objects that the engine refused at a replay, unless they are given anew. */
  #applicable(operations: readonly EnginePlannedOperation[]): EnginePlannedOperation[] {
    if (this.#client.leftOut.size === 0) return [...operations];
    const leftOut = new Map(this.#client.leftOut);
    for (const one of operations) leftOut.delete(objectOf(one.operation));
    return withoutDependents(operations, leftOut);
  }

  #hold(transaction: Transaction, operations: readonly EnginePlannedOperation[], done: () => void): Prepared {
    const { leftOut } = this.#client;
    const anew = operations.some((one) => leftOut.has(objectOf(one.operation)));
    return {
      commit: async () => {
        let lost = false;
        try {
          await transaction.commit();
        } catch (error) {
          if (!(error instanceof EngineLostError) && !(error instanceof EngineError)) throw error;
          lost = true;
        } finally {
          done();
        }
        // What was left out for the sake of a refused object follows now; so does a commit that the engine lost.
        if (anew || lost) await this.#client.replay();
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
