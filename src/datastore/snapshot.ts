/**
 * Snapshots: what a reply reads. Those taken between two writes share one read transaction of LMDB, because readers are
 * limited and a pinned one keeps LMDB from reusing pages; one that nobody reads from for a while is given up.
 */
import type { Transaction } from 'lmdb';
import type { OldRow } from './history.ts';
import type { Environment } from './lmdb/environment.ts';
import { staleFault } from './lmdb/fault.ts';
import type { Reading } from './lmdb/table.ts';
import { atOnce } from './reading/steps.ts';
import type { LmdbView } from './view/lmdb-view.ts';
import type { StoreView } from './view/source.ts';
import type { RowChange } from './view/view.ts';

/** A snapshot whose reader stalls this long is given up. */
export const STALL_SECONDS = 30;

/** One read transaction, shared by the snapshots that were taken while nothing was written. */
export class SharedReading implements Reading {
  readonly #transaction: Transaction;
  #uses = 0;
  #isOpen = true;
  #isReleased = false;
  #lastRead = Date.now();

  constructor(environment: Environment) {
    this.#transaction = environment.read();
  }

  get transaction(): Transaction {
    if (!this.#isOpen) throw staleFault();
    this.#lastRead = Date.now();
    return this.#transaction;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  use(): void {
    this.#uses++;
    this.#lastRead = Date.now();
  }

  /** One user less. The next snapshot may use it again: beginning one is a good part of what a small reply costs. */
  done(): void {
    if (--this.#uses === 0 && this.#isReleased) this.end();
  }

  /** Nobody will use it anew: it ends with its last user. */
  release(): void {
    this.#isReleased = true;
    if (this.#uses === 0) this.end();
  }

  /** Ends it where no reader has read since `time` (milliseconds). */
  endIfIdle(time: number): void {
    if (this.#lastRead < time) this.end();
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#transaction.done();
  }
}

/** All datastores as they were at one moment. Whoever takes one closes it when the reply is written. */
export class Snapshot {
  /** Id of the last commit in it. */
  readonly commit: number;
  readonly running: LmdbView;
  readonly #reading: SharedReading;
  readonly #startup: () => StoreView | undefined;
  readonly #atSteps: (commit: number) => Generator<void, StoreView | undefined>;
  readonly #before: (commit: number) => Iterable<OldRow> | undefined;
  readonly #checkpointSteps: () => Generator<void, StoreView | undefined>;
  #isClosed = false;

  constructor(
    reading: SharedReading,
    commit: number,
    running: LmdbView,
    startup: () => StoreView | undefined,
    atSteps: (commit: number) => Generator<void, StoreView | undefined>,
    before: (commit: number) => Iterable<OldRow> | undefined,
    checkpointSteps: () => Generator<void, StoreView | undefined>,
  ) {
    this.#reading = reading;
    this.commit = commit;
    this.running = running;
    this.#startup = startup;
    this.#atSteps = atSteps;
    this.#before = before;
    this.#checkpointSteps = checkpointSteps;
    reading.use();
  }

  /** What the startup datastore holds; undefined after it was deleted. */
  startup(): StoreView | undefined {
    return this.#startup();
  }

  /** The configuration that a commit keeps to go back to; undefined where there is none. */
  checkpoint(): StoreView | undefined {
    return atOnce(this.#checkpointSteps());
  }

  /** The same in steps of a few milliseconds: it costs what differs from running. */
  checkpointSteps(): Generator<void, StoreView | undefined> {
    return this.#checkpointSteps();
  }

  /** The running configuration as it was after a commit; undefined where the history does not reach back to it. */
  at(commit: number): StoreView | undefined {
    return atOnce(this.#atSteps(commit));
  }

  /** The same in steps of a few milliseconds: it costs what was changed since. */
  atSteps(commit: number): Generator<void, StoreView | undefined> {
    return this.#atSteps(commit);
  }

  /** The rows that a commit changed, as they were before it; undefined where the history does not reach back to it. */
  before(commit: number): Iterable<OldRow> | undefined {
    return this.#before(commit);
  }

  /** What a commit changed; undefined where the history does not reach back to it. */
  difference(commit: number): readonly RowChange[] | undefined {
    const after = this.at(commit);
    const before = this.#before(commit);
    if (after === undefined || before === undefined) return undefined;
    const changes: RowChange[] = [];
    for (const { key, node, row } of before) changes.push({ key, node, before: row, after: after.get(key) });
    return changes;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reading.done();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
