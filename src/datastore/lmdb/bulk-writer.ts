/**
 * Large transactions in a thread of their own: LMDB's asynchronous writes queue each put on the caller's thread, which for
 * 100,000 rows would hold up the event loop for half a second.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { TableName } from './environment.ts';

export interface BulkRequest {
  /** Tables to empty first. */
  readonly cleared: readonly TableName[];
  /** See packed-writes.ts; they are transferred. */
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
}

export interface BulkAnswer {
  /** Why nothing was written. */
  readonly error?: string;
}

export class BulkWriter {
  readonly #path: string;
  #worker: Worker | undefined;

  /** @param path the environment's folder */
  constructor(path: string) {
    this.#path = path;
  }

  /** Starts the thread, so that the first write need not wait for it. */
  prepare(): void {
    this.#thread().unref();
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL('bulk-thread.ts', import.meta.url), { workerData: this.#path });
    this.#worker = worker;
    // Where it fails while nobody waits for it, the next write begins another.
    worker.on('error', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  /** One durable transaction, all or nothing; one at a time. Throws with LMDB's reason. */
  async write(request: BulkRequest): Promise<void> {
    const worker = this.#thread();
    worker.ref();
    try {
      worker.postMessage(
        request,
        request.chunks.map(({ buffer }) => buffer),
      );
      const answer = await answerOf(worker);
      if (answer.error !== undefined) throw new Error(answer.error);
    } catch (error) {
      if (worker.threadId === -1) this.#worker = undefined; // the thread ended; the next write has a new one
      throw error;
    } finally {
      worker.unref();
    }
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#worker = undefined;
    const exited = once(worker, 'exit');
    worker.ref();
    worker.postMessage('close');
    await exited;
  }
}

async function answerOf(worker: Worker): Promise<BulkAnswer> {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    const answer = once(worker, 'message', { signal }).then(([message]) => message as BulkAnswer);
    const exit = once(worker, 'exit', { signal }).then(([code]): never => {
      throw new Error(`the writing thread ended with ${code}`);
    });
    return await Promise.race([answer, exit.catch(rethrowUnlessAborted)]);
  } finally {
    ended.abort();
  }
}

/** Nobody waits any more for the one that lost the race. */
function rethrowUnlessAborted(error: unknown): Promise<never> {
  if (error instanceof Error && error.name === 'AbortError') return new Promise(() => {});
  throw error;
}
