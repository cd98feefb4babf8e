/** One transaction on a connection: begin, operations, prepare; then commit or abort (native/api/sluice.proto). */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import { type CommitReply, ErrorCode } from './gen/sluice_pb.js';
import type { EngineOperation } from './operation.ts';
import { EngineError } from './refusal.ts';

/** Most operations in one message: some 100 KB, far below a frame's limit. */
const OPERATIONS_PER_MESSAGE = 1000;
/** Opening devices takes its time. */
const DEADLINE_MS = 30_000;
/** How long another owner's open transaction is waited for. */
const BUSY_WAIT_MS = 2000;

export class Transaction {
  readonly connection: Connection;

  private constructor(connection: Connection) {
    this.connection = connection;
  }

  /**
   * Prepares the operations; the transaction then holds until `commit` or `abort`.
   * Throws EngineError where the engine refuses (the transaction is aborted then) and EngineLostError.
   */
  static async prepare(
    connection: Connection,
    operations: readonly EngineOperation[],
    options: { readonly replay: boolean },
  ): Promise<Transaction> {
    await begin(connection, options.replay);
    try {
      for (let at = 0; at < operations.length; at += OPERATIONS_PER_MESSAGE) {
        const part = operations.slice(at, at + OPERATIONS_PER_MESSAGE).map((op) => ({ op }));
        await connection.request({ case: 'operations', value: { operations: part } }, DEADLINE_MS);
      }
      await connection.request({ case: 'prepare', value: {} }, DEADLINE_MS);
    } catch (error) {
      if (error instanceof EngineError) await abandon(connection);
      throw error;
    }
    return new Transaction(connection);
  }

  /** Makes it visible to packets. Resolves when it is, on every worker. */
  async commit(): Promise<CommitReply> {
    const reply = await this.connection.request({ case: 'commit', value: {} }, DEADLINE_MS);
    if (reply.case !== 'commit') throw new Error(`the engine answered commit with ${reply.case}`);
    return reply.value;
  }

  async abort(): Promise<void> {
    await abandon(this.connection);
  }
}

async function begin(connection: Connection, replay: boolean): Promise<void> {
  const giveUpAt = performance.now() + BUSY_WAIT_MS;
  for (;;) {
    try {
      await connection.request({ case: 'begin', value: { replay } }, DEADLINE_MS);
      return;
    } catch (error) {
      const busy = error instanceof EngineError && error.code === ErrorCode.ERROR_BUSY;
      if (!busy || performance.now() > giveUpAt) throw error;
      await sleep(5);
    }
  }
}

/** Aborts; an engine that aborted by itself with its refusal answers with an error, which changes nothing. */
async function abandon(connection: Connection): Promise<void> {
  try {
    await connection.request({ case: 'abort', value: {} }, DEADLINE_MS);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
}
