/**
 * A bundle that comes in chunks, each after the one before it: `put` resolves once the chunk is taken, so that nothing but one
 * chunk waits here. It is read as any other source of a bundle is; its end comes when the checksum of all is known to be right.
 */
import { createHash } from 'node:crypto';
import { type ErrorTag, FaultError } from '../../yang/fault.ts';
import { BundleError } from './bundle.ts';

/** A longer time without a chunk ends the upload. */
const IDLE_MS = 120_000;

/** The chunk, or its end, is refused; the upload goes on as if it had not been sent. */
function refusal(tag: ErrorTag, message: string): FaultError {
  return new FaultError({ type: 'application', tag, message });
}

export class Upload implements AsyncIterable<Buffer> {
  readonly id: number;
  /** Of the whole bundle. */
  readonly bytes: number;
  readonly #idleMs: number;
  readonly #hash = createHash('sha256');
  #next = 0;
  #isBusy = false;
  /** The reader asks for more. */
  #wanted: PromiseWithResolvers<IteratorResult<Buffer>> | undefined;
  #asked = Promise.withResolvers<void>();
  #installed: Promise<void> = Promise.resolve();
  #isOver = false;
  #idle: NodeJS.Timeout | undefined;

  constructor(id: number, bytes: number, idleMs = IDLE_MS) {
    this.id = id;
    this.bytes = bytes;
    this.#idleMs = idleMs;
  }

  /** Where the next chunk begins. */
  get next(): number {
    return this.#next;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Has it read by `install`, whose end is that of the upload. */
  begin(install: (source: AsyncIterable<Buffer>) => Promise<void>): void {
    this.#installed = install(this).finally(() => {
      this.#isOver = true;
      clearTimeout(this.#idle);
    });
    // Who waits for it is told; the state has it too.
    this.#installed.catch(() => undefined);
    this.#watch();
  }

  /** Resolves once it is taken. Rejects with FaultError, or with why the bundle is refused. */
  async put(offset: number, chunk: Buffer): Promise<void> {
    if (offset !== this.#next) throw refusal('invalid-value', `the upload goes on at ${this.#next}, not at ${offset}`);
    if (offset + chunk.length > this.bytes) {
      throw refusal('too-big', `the chunk ends at ${offset + chunk.length}, the bundle at ${this.bytes}`);
    }
    await this.#alone(async () => {
      await this.#reader();
      this.#asked = Promise.withResolvers();
      this.#next += chunk.length;
      this.#hash.update(chunk);
      const wanted = this.#wanted;
      this.#wanted = undefined;
      wanted?.resolve({ done: false, value: chunk });
      await this.#reader();
    });
  }

  /** Resolves once the bundle is installed. @param sha256 of all of it, in hexadecimal */
  async end(sha256: string): Promise<void> {
    if (this.#next < this.bytes) {
      throw refusal('operation-failed', `${this.#next} bytes are here, of ${this.bytes}`);
    }
    await this.#alone(async () => {
      await this.#reader();
      const found = this.#hash.digest('hex');
      if (found === sha256.toLowerCase()) this.#wanted?.resolve({ done: true, value: undefined });
      else this.#wanted?.reject(new BundleError(`the checksum of what came is ${found}`));
      this.#wanted = undefined;
      await this.#installed;
    });
  }

  /** Ends it; the slot is empty then, or as it was where nothing was written yet. */
  async abort(why: string): Promise<void> {
    if (this.#isBusy) throw refusal('in-use', 'a chunk is being written');
    await this.#alone(async () => {
      await this.#reader().catch(() => undefined);
      this.#wanted?.reject(new BundleError(why));
      this.#wanted = undefined;
      await this.#installed.catch(() => undefined);
    });
  }

  [Symbol.asyncIterator](): AsyncIterator<Buffer> {
    return {
      next: () => {
        this.#wanted = Promise.withResolvers();
        this.#asked.resolve();
        return this.#wanted.promise;
      },
    };
  }

  /** Until the reader wants more, or is at its end: then its error is thrown. */
  async #reader(): Promise<void> {
    await Promise.race([this.#asked.promise, this.#installed]);
  }

  async #alone(work: () => Promise<void>): Promise<void> {
    if (this.#isBusy) throw refusal('in-use', 'another chunk is being written');
    this.#isBusy = true;
    clearTimeout(this.#idle);
    try {
      await work();
    } finally {
      this.#isBusy = false;
      this.#watch();
    }
  }

  #watch(): void {
    if (this.#isOver) return;
    this.#idle = setTimeout(() => {
      this.abort(`no chunk came for ${this.#idleMs / 1000} s`).catch(() => undefined);
    }, this.#idleMs);
    this.#idle.unref();
  }
}
