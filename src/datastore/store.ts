/**
 * The datastores: running, startup, candidate and their history, in one LMDB environment. Reads are snapshots, writes are
 * one durable transaction each, one after another, and never hold up the event loop for the disk.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Schema } from '../yang/schema/node.ts';
import { Candidate } from './candidate.ts';
import { Checkpoint, type CheckpointStep } from './checkpoint.ts';
import { EventLog } from './event-log.ts';
import { type CommitAbout, type CommitRecord, History } from './history.ts';
import { IndexPlan } from './index-plan.ts';
import { KeptValues } from './kept-values.ts';
import { IdTable } from './key/id.ts';
import { END, KeySpace } from './key/key.ts';
import { type Aside, checkDatastore, Environment, FORMAT } from './lmdb/environment.ts';
import { RowWrites, WriteSet } from './lmdb/write-set.ts';
import { packedNode } from './row/row-codec.ts';
import { RowSum } from './row/row-sum.ts';
import { SharedReading, Snapshot, STALL_SECONDS } from './snapshot.ts';
import { Startup } from './startup.ts';
import { fitAll } from './upgrade/fitting.ts';
import { schemaSignature } from './upgrade/schema-signature.ts';
import { findUnfit, nothingUnfit, type UnfitReport } from './upgrade/unfit.ts';
import { Branch } from './view/branch.ts';
import { LmdbView, storedRowKey } from './view/lmdb-view.ts';
import { Overlay } from './view/overlay.ts';
import { EmptyView, type StoreView } from './view/source.ts';
import type { Change, RowChange } from './view/view.ts';

export interface StoreOptions {
  /** The state folder. */
  readonly folder: string;
  /** `Store.check` of the folder, if it was begun before. */
  readonly check?: Promise<string | undefined>;
  readonly schema: Schema;
  /** Schema paths of leaves and leaf-lists that `rowsWith` is asked for, besides leafrefs. */
  readonly indexes?: Iterable<string>;
  /** How many commits the history keeps (1,000), and how many bytes of reverse differences (256 MiB). */
  readonly historyLimit?: number;
  readonly historyBytes?: number;
}

/** Rows between two turns of the event loop while a commit is encoded: about 2 ms. */
const rowsPerTurn = 500;

export class Store {
  readonly keys: KeySpace;
  readonly plan: IndexPlan;
  /** A datastore that could not be read when the store was opened; this one is a new one. */
  readonly aside: Aside | undefined;
  /** The candidate that all sessions share. */
  readonly candidate: Candidate;
  /** The events published last, for replay. */
  readonly events: EventLog;
  /** What outlives a restart and is no configuration. */
  readonly kept: KeptValues;
  readonly #environment: Environment;
  readonly #history: History;
  readonly #startup: Startup;
  readonly #checkpoint: Checkpoint;
  readonly #branches = new Set<Branch>();
  readonly #readings = new Set<SharedReading>();
  readonly #sweep: NodeJS.Timeout;
  /** Shared by the snapshots that are taken until the next write. */
  #reading: SharedReading | undefined;
  #unfit: UnfitReport = nothingUnfit;
  /** Whether some of the data that does not fit went with what a commit removed. */
  #isUnfitStale = false;
  #isUnchecked: boolean;
  /** Of the rows of running (row-sum.ts). */
  #sum = new RowSum().text;
  /** The commit that is being written: readers may see it before its writer is told. */
  #inFlight: { readonly stored: () => void; readonly rows: readonly RowChange[]; readonly id: number } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    environment: Environment,
    keys: KeySpace,
    plan: IndexPlan,
    options: StoreOptions,
    isUnchecked: boolean,
  ) {
    this.#environment = environment;
    this.keys = keys;
    this.plan = plan;
    this.#isUnchecked = isUnchecked;
    this.aside = environment.aside;
    this.#history = new History(keys, environment, options.historyLimit ?? 1000, options.historyBytes ?? 256 * 2 ** 20);
    this.#startup = new Startup(keys, environment);
    this.#checkpoint = new Checkpoint(keys, environment);
    this.events = new EventLog(environment);
    this.kept = new KeptValues(environment);
    this.candidate = new Candidate(new EmptyView(keys, plan), 0);
    this.#sweep = setInterval(() => this.#endIdle(), (STALL_SECONDS * 1000) / 3).unref();
  }

  /** Begins what `open` would begin with: whether the file is sound is found out beside the loading of a schema. */
  static check(folder: string): Promise<string | undefined> {
    return checkDatastore(folder);
  }

  /** Opens the state folder's datastore, or makes one. A schema that changed gets its numbers and indexes here. */
  static async open(options: StoreOptions): Promise<Store> {
    const environment = await Environment.open(options);
    const reading = new SharedReading(environment);
    const { tables } = environment;
    const known = [...tables.ids.range('\0', END, reading)].map(([name, id]) => [name, Number(id)] as const);
    const keys = new KeySpace(options.schema, new IdTable(known));
    const plan = new IndexPlan(keys, options.indexes);
    const isIndexed = tables.meta.get('index', reading) === plan.signature;
    const signature = schemaSignature(options.schema);
    const before = tables.meta.get('schema', reading);
    const isSchemaNew = before !== signature;
    const isUnchecked = tables.meta.get('unchecked', reading) !== undefined || (before !== undefined && isSchemaNew);
    const store = new Store(environment, keys, plan, options, isUnchecked);
    const set = new WriteSet();
    if (isSchemaNew) {
      const sum = new RowSum();
      for (const _ of fitAll(keys, environment, reading, set, sum)) await nextTurn();
      set.put('meta', 'sum', sum.text);
      set.put('meta', 'other-schema', tables.meta.get('head', reading) ?? '0');
    }
    reading.end();
    set.put('meta', 'schema', signature);
    if (isUnchecked) set.put('meta', 'unchecked', '1');
    for (const [name, id] of keys.ids.takeFresh()) set.put('ids', name, String(id));
    set.put('meta', 'format', FORMAT);
    await set.write(environment);
    if (!isIndexed || isSchemaNew) await store.#reindex();
    store.#load();
    return store;
  }

  /** Id of the last commit; 0: nothing was ever committed. */
  get head(): number {
    return this.#history.head;
  }

  /** Data of running that the schema has no place for: kept, not shown, and there again with a schema that has. */
  get unfit(): UnfitReport {
    if (this.#isUnfitStale) {
      this.#isUnfitStale = false;
      this.#unfit = findUnfit(this.keys, this.#environment, this.#currentReading());
    }
    return this.#unfit;
  }

  /** Whether running may break constraints: the schema has changed since it was last known to break none. */
  get isUnchecked(): boolean {
    return this.#isUnchecked;
  }

  /** Running breaks no constraint of this schema. */
  markChecked(): Promise<void> {
    return this.#queue(async () => {
      const set = new WriteSet();
      set.remove('meta', 'unchecked');
      await this.#write(set);
      this.#isUnchecked = false;
    });
  }

  /** Datastores beside this one that could not be read; the reason is known at the start that found out. */
  setAside(): readonly { readonly folder: string; readonly reason?: string }[] {
    return this.#environment.setAside().map((folder) => (folder === this.aside?.folder ? this.aside : { folder }));
  }

  /** Whether there is a startup datastore: only `deleteStartup` takes it away. A new store's is empty. */
  get hasStartup(): boolean {
    return !this.#startup.isDeleted;
  }

  /** The note of the checkpoint; undefined where there is none. */
  get checkpoint(): string | undefined {
    return this.#checkpoint.note;
  }

  /** The commits that can be gone back behind, oldest first. */
  get history(): readonly CommitRecord[] {
    return this.#history.records;
  }

  /** All datastores as they are now. To be closed as soon as the reply is written. */
  snapshot(): Snapshot {
    const reading = this.#currentReading();
    const commit = Number(this.#environment.tables.meta.get('head', reading) ?? 0);
    if (this.#inFlight !== undefined && commit >= this.#inFlight.id) this.#advance(reading);
    const running = this.#running(reading);
    return new Snapshot(
      reading,
      commit,
      running,
      () => this.#startup.view(running, reading),
      (id) => this.#atSteps(id, commit, running, reading),
      (id) => this.#history.before(id, reading),
      () => this.#checkpoint.viewSteps(running, reading),
    );
  }

  /** A branch off running, for a session that has a candidate of its own; `closeBranch` ends it. */
  openBranch(): Branch {
    using snapshot = this.snapshot();
    const branch = new Branch(snapshot);
    this.#branches.add(branch);
    return branch;
  }

  closeBranch(branch: Branch): void {
    this.#branches.delete(branch);
  }

  /**
   * Makes running what the change says: rows, indexes, reverse difference and record in one transaction that is on the
   * disk when this resolves. `change` is a difference from running of the snapshot of commit `base`, which must be the
   * last and stays open meanwhile. `step` is what becomes of the checkpoint in the same transaction. Undefined where
   * running does not change. A FaultError (resource-denied) where there is no room; nothing is changed then.
   */
  commit(change: Change, base: number, about: CommitAbout, step?: CheckpointStep): Promise<CommitRecord | undefined> {
    return this.#queue(async () => {
      if (base !== this.head) throw new Error(`a change from commit ${base} while running is at ${this.head}`);
      if (change.rows.length > 0) return await this.#reads((reading) => this.#commit(change, about, reading, step));
      if (step !== undefined) {
        const set = new WriteSet();
        this.#checkpoint.write(step, set);
        await this.#write(set);
        this.#checkpoint.stored(step);
      }
      return undefined;
    });
  }

  /** Makes startup what running is, or what running becomes by a difference from the snapshot of commit `base`. */
  copyToStartup(difference?: { readonly rows: readonly RowChange[]; readonly base: number }): Promise<void> {
    return this.#queue(async () => {
      if (difference !== undefined && difference.base !== this.head) {
        throw new Error(`a difference from commit ${difference.base} while running is at ${this.head}`);
      }
      const set = new WriteSet();
      this.#startup.copy(difference?.rows ?? [], set);
      await this.#write(set);
      this.#startup.stored(false);
    });
  }

  /** RFC 6241 section 7.4 for the startup datastore: the next start has none. */
  deleteStartup(): Promise<void> {
    return this.#queue(async () => {
      const set = new WriteSet();
      this.#startup.delete(set);
      await this.#write(set);
      this.#startup.stored(true);
    });
  }

  /** Gets ready for large changes: for a router that runs on, not for tools and tests. */
  prepare(): void {
    this.#environment.prepareBulk();
  }

  /** Waits for what is being written, then closes. Snapshots that are still open end. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    await this.#queue(async () => {});
    await this.events.close();
    for (const reading of this.#readings) reading.end();
    await this.#environment.close();
  }

  async #commit(
    change: Change,
    about: CommitAbout,
    reading: SharedReading,
    step: CheckpointStep | undefined,
  ): Promise<CommitRecord> {
    const set = new WriteSet();
    if (step !== undefined) this.#checkpoint.write(step, set);
    const history = this.#history.begin(about, set);
    const rows = new RowWrites(this.keys, this.plan, set);
    const sum = new RowSum(this.#sum);
    const orphans = new Set<string>();
    let done = 0;
    for (const row of change.rows) {
      const storedKey = storedRowKey(row.key);
      sum.add(storedKey, rows.row(row));
      sum.take(storedKey, history.row(row));
      this.#startup.follow(row, set, reading);
      this.#checkpoint.follow(row, step, set, reading);
      if (row.after === undefined && this.#unfit.count > 0) {
        this.#isUnfitStale = true;
        for (const [key, packed] of this.#unknownBelow(row, reading)) {
          if (orphans.has(key)) continue;
          orphans.add(key);
          history.packed(key, packed);
          sum.take(key, packed);
          set.remove('running', key);
        }
      }
      if (++done % rowsPerTurn === 0) await nextTurn();
    }
    for (const _ of rows.finish(change.before, change.after)) await nextTurn();
    const record = history.finish();
    await this.#followUpTo(this.#history.drop(record, set), reading);
    set.put('meta', 'head', String(record.id));
    set.put('meta', 'sum', sum.text);
    // A row that comes back from the history may hold what no longer fits.
    for (const [name, id] of this.keys.ids.takeFresh()) set.put('ids', name, String(id));
    const logged = this.events.join(set);
    this.#inFlight = { id: record.id, rows: change.rows, stored: () => this.#history.stored(record) };
    try {
      await this.#write(set);
    } catch (error) {
      this.#inFlight = undefined;
      logged?.(false);
      throw error;
    }
    this.#sum = sum.text;
    if (step !== undefined) this.#checkpoint.stored(step);
    logged?.(true);
    await this.#reads(async (now) => this.#advance(now));
    return record;
  }

  /** Branches that have not seen a commit that the history is about to forget make up for what they have missed. */
  async #followUpTo(forgotten: number, reading: SharedReading): Promise<void> {
    if (forgotten === 0) return;
    const now = {
      commit: this.head,
      running: this.#running(reading),
      before: (id: number) => this.#history.before(id, reading),
    };
    for (const branch of this.#branches) {
      if (branch.seen >= forgotten) continue;
      for (const _ of branch.followSteps(now)) await nextTurn();
    }
  }

  /** The commit in flight is on the disk. */
  #advance(reading: SharedReading): void {
    const commit = this.#inFlight;
    if (commit === undefined) return;
    this.#inFlight = undefined;
    commit.stored();
    const running = this.#running(reading);
    this.candidate.absorb(commit.id, commit.rows, running);
  }

  *#unknownBelow(row: RowChange, reading: SharedReading): Iterable<readonly [string, string]> {
    if (row.key === '' || row.node?.kind === 'leaf-list') return;
    for (const entry of this.#environment.tables.running.range(storedRowKey(row.key), row.key + END, reading)) {
      if (packedNode(this.keys, entry[1]) === undefined) yield entry;
    }
  }

  *#atSteps(
    id: number,
    head: number,
    running: LmdbView,
    reading: SharedReading,
  ): Generator<void, StoreView | undefined> {
    if (id === head) return running;
    if (id > head || id < 0) return undefined;
    const view = new Overlay(running);
    for (let commit = head; commit > id; commit--) {
      const rows = this.#history.before(commit, reading);
      if (rows === undefined) return undefined;
      let undo: RowChange[] = [];
      for (const { key, node, row } of rows) {
        undo.push({ key, node, before: undefined, after: row });
        if (undo.length < rowsPerTurn) continue;
        view.apply(undo);
        undo = [];
        yield;
      }
      view.apply(undo);
      yield;
    }
    return view;
  }

  #running(reading: SharedReading): LmdbView {
    return new LmdbView(this.keys, this.plan, this.#environment.tables, reading);
  }

  async #reads<T>(work: (reading: SharedReading) => Promise<T>): Promise<T> {
    const reading = this.#currentReading();
    reading.use();
    try {
      return await work(reading);
    } finally {
      reading.done();
    }
  }

  #currentReading(): SharedReading {
    if (this.#reading?.isOpen) return this.#reading;
    const reading = new SharedReading(this.#environment);
    this.#reading = reading;
    this.#readings.add(reading);
    return reading;
  }

  async #write(set: WriteSet): Promise<void> {
    try {
      await set.write(this.#environment);
    } finally {
      this.#forgetReading();
    }
  }

  /** What is read from now on is read anew. */
  #forgetReading(): void {
    this.#reading?.release();
    this.#reading = undefined;
    for (const reading of this.#readings) if (!reading.isOpen) this.#readings.delete(reading);
  }

  #endIdle(): void {
    for (const reading of this.#readings) {
      if (!reading.isOpen) this.#readings.delete(reading);
      else reading.endIfIdle(Date.now() - STALL_SECONDS * 1000);
    }
  }

  #queue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Writes the index database anew from what running holds. */
  async #reindex(): Promise<void> {
    const reading = new SharedReading(this.#environment);
    const running = this.#running(reading);
    const set = new WriteSet();
    set.clear('index');
    const rows = new RowWrites(this.keys, this.plan, set);
    const root = running.get('');
    if (root !== undefined) rows.index({ key: '', node: undefined, before: undefined, after: root });
    for (const { key, node, row } of running.scan('', END)) rows.index({ key, node, before: undefined, after: row });
    for (const _ of rows.finish(new EmptyView(this.keys, this.plan), running)) await nextTurn();
    set.put('meta', 'index', this.plan.signature);
    reading.end();
    await set.write(this.#environment);
  }

  #load(): void {
    const reading = new SharedReading(this.#environment);
    this.#sum = this.#environment.tables.meta.get('sum', reading) ?? this.#sum;
    this.#history.load(reading);
    this.#startup.load(reading);
    this.#checkpoint.load(reading);
    this.events.load(reading);
    this.kept.load(reading);
    this.#unfit = findUnfit(this.keys, this.#environment, reading);
    this.candidate.absorb(this.head, [], this.#running(reading));
    reading.end();
  }
}
