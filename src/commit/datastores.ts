/**
 * The configuration datastores as a protocol sees them (RFC 6241 sections 7 and 8): every operation that changes one, in
 * one order, under locks and access control. Protocols parse and print; nothing of what an operation means is left to them.
 */
import type { EventLog } from '../datastore/event-log.ts';
import type { CommitAbout } from '../datastore/history.ts';
import { Overlay } from '../datastore/overlay.ts';
import type { InstanceAddress } from '../datastore/path.ts';
import type { Snapshot } from '../datastore/snapshot.ts';
import { EmptyView, type SourceView } from '../datastore/source.ts';
import type { Store } from '../datastore/store.ts';
import type { RowChange } from '../datastore/view.ts';
import type { DataNode } from '../yang/data/node.ts';
import { type Fault, FaultError } from '../yang/fault.ts';
import type { Decisions } from './access.ts';
import { type BootClock, bootClock } from './boot-clock.ts';
import { ConfirmedCommits, type ConfirmStep } from './confirmed.ts';
import type { ConfirmRequest } from './confirmed-rules.ts';
import type { DatastoreName } from './datastore-name.ts';
import { editSteps } from './edit/apply.ts';
import { concealed } from './edit/conceal.ts';
import { settleConditions } from './edit/conditions.ts';
import type { EditOptions } from './edit/options.ts';
import type { Feature, PlannedOperation, Target } from './feature.ts';
import { Locks, lockDenied } from './locks.ts';
import { operationalView } from './operational.ts';
import { type PartialLock, PartialLocks } from './partial-locks.ts';
import { type CommitListener, type CommitResult, Pipeline } from './pipeline.ts';
import { SerialQueue } from './queue.ts';
import { inSlices } from './slices.ts';
import type { Interest, StateProvider } from './state.ts';
import { type Transform, transformRows } from './transform.ts';
import type { ConstraintIndex } from './validate/constraints.ts';
import type { StoreChange } from './validate/validate.ts';

/** Who asks. */
export interface Caller {
  /** NETCONF's session-id; 0 for the router itself. */
  readonly sessionId: number;
  readonly user: string;
  /** What the commit came by, for the history: `netconf`, `cli`, … */
  readonly source: string;
  /** The rules that the caller is judged by; undefined: all is allowed (the router itself). */
  readonly access?: Decisions;
}

/** A datastore, or a configuration that the request carries (RFC 6241 section 8.6.4.1 and 7.3). */
export type ConfigSource = DatastoreName | readonly DataNode[];

export interface DatastoresOptions {
  readonly store: Store;
  readonly constraints: ConstraintIndex;
  readonly features: readonly Feature[];
  readonly targets: readonly Target[];
  readonly transforms: readonly Transform[];
  /** State besides that of the features: what protocols report of themselves. */
  readonly providers?: readonly StateProvider[];
  readonly onTargetFailure: (target: string, error: unknown) => void;
  /** A confirmed commit that could not be reverted, for want of room on the disk; it is tried again. */
  readonly onRevertFailure?: (error: unknown) => void;
  /** Of confirmed commits; the kernel's. */
  readonly clock?: BootClock;
  /** Changes that may wait (64); the next one is refused with `resource-denied`. */
  readonly queueCapacity?: number;
}

/** What a client says with a commit. */
export interface CommitOptions extends ConfirmRequest {
  /** Kept in the history. */
  readonly comment?: string;
}

/** One datastore at one moment. To be closed as soon as the reply is written. */
export interface Reading {
  readonly view: SourceView;
  [Symbol.dispose](): void;
}

export class Datastores {
  readonly locks = new Locks();
  readonly partialLocks: PartialLocks;
  readonly confirmed: ConfirmedCommits;
  readonly #store: Store;
  readonly #options: DatastoresOptions;
  readonly #pipeline: Pipeline;
  readonly #queue: SerialQueue;

  constructor(options: DatastoresOptions) {
    this.#options = options;
    this.#store = options.store;
    this.partialLocks = new PartialLocks(options.store.keys);
    this.#pipeline = new Pipeline(options);
    this.#pipeline.onCommit((_record, { rows }) => this.partialLocks.forget(rows));
    this.#queue = new SerialQueue(options.queueCapacity ?? 64);
    this.confirmed = new ConfirmedCommits({
      store: options.store,
      pipeline: this.#pipeline,
      queue: this.#queue,
      clock: options.clock ?? bootClock(),
      onFailure: (error) => options.onRevertFailure?.(error),
    });
  }

  /** See Pipeline.onCommit. */
  onCommit(listener: CommitListener): () => void {
    return this.#pipeline.onCommit(listener);
  }

  /** A datastore as it is now; a startup that was deleted is empty. */
  read(datastore: DatastoreName): Reading {
    const snapshot = this.#store.snapshot();
    return { view: this.#view(datastore, snapshot), [Symbol.dispose]: () => snapshot.close() };
  }

  /** Running with the state that the interests ask for (all, where there are none): what `get` reads. */
  async readOperational(interests: readonly Interest[]): Promise<Reading> {
    const snapshot = this.#store.snapshot();
    try {
      const { features, providers = [] } = this.#options;
      const all = [...features.flatMap(({ state }) => state ?? []), ...providers];
      const view = await operationalView(snapshot.running, all, interests);
      return { view, [Symbol.dispose]: () => snapshot.close() };
    } catch (error) {
      snapshot.close();
      throw error;
    }
  }

  /** Refuses further changes and waits for those under way. */
  close(): Promise<void> {
    this.confirmed.close();
    return this.#queue.close();
  }

  /** At the start, before anybody asks for anything: what becomes of a confirmed commit that was under way. */
  recover(): Promise<void> {
    return this.#queue.runAlways(() => this.confirmed.recover());
  }

  /** The events published last, for replay. */
  get events(): EventLog {
    return this.#store.events;
  }

  /** Whether the candidate holds edits. */
  get isCandidateModified(): boolean {
    return this.#store.candidate.isModified;
  }

  /**
   * edit-config (RFC 6241 section 7.2). With `continue-on-error` what could be applied stays, and the faults of the rest
   * are thrown afterwards; otherwise a FaultError means that nothing changed. Undefined for what commits nothing.
   */
  edit(
    caller: Caller,
    target: 'running' | 'candidate',
    payload: readonly DataNode[],
    options: EditOptions = {},
  ): Promise<CommitResult | undefined> {
    return this.#write(caller, [target], async (snapshot) => {
      const base = target === 'running' ? snapshot.running : this.#store.candidate.view(snapshot.running);
      const edited = await this.#edited(caller, base, payload, options);
      const result =
        target === 'running'
          ? await this.#editRunning(caller, edited.change, options, snapshot)
          : await this.#editCandidate(base as Overlay, edited.change, options, snapshot);
      refuse(edited.faults);
      return result;
    });
  }

  /**
   * commit (RFC 6241 sections 8.3.4.1, 8.4.5.1): makes running what the candidate says, confirms a confirmed commit that
   * is pending, or begins or extends one.
   */
  commit(caller: Caller, options: CommitOptions = {}): Promise<CommitResult> {
    return this.#write(caller, ['running', 'candidate'], async (snapshot) => {
      const step = this.confirmed.step(caller, options);
      const { candidate } = this.#store;
      const view = candidate.view(snapshot.running);
      const result = await this.#commit(caller, differenceOf(view), snapshot, options, step);
      candidate.settle(view);
      if (step !== undefined) this.confirmed.settled(step, caller);
      return result;
    });
  }

  /** cancel-commit (RFC 6241 section 8.4.4.1): running is again what it was before the confirmed commit. */
  cancelCommit(caller: Caller, persistId?: string): Promise<CommitResult | undefined> {
    return this.#write(caller, ['running'], () => this.confirmed.cancel(caller, persistId));
  }

  /** discard-changes (RFC 6241 section 8.3.4.2). */
  discard(caller: Caller): Promise<void> {
    return this.#write(caller, ['candidate'], async () => this.#store.candidate.discard());
  }

  /** What committing the candidate would make the router do. */
  plan(caller: Caller): Promise<readonly PlannedOperation[]> {
    return this.#queue.run(async () => {
      using snapshot = this.#store.snapshot();
      const change = differenceOf(this.#store.candidate.view(snapshot.running));
      refuse(caller.access?.write(change) ?? []);
      refuse(await this.#pipeline.faults(change));
      return this.#pipeline.plan(change);
    });
  }

  /** validate (RFC 6241 section 8.6.4.1). Throws a FaultError with all faults found. */
  async validate(caller: Caller, source: ConfigSource): Promise<void> {
    using snapshot = this.#store.snapshot();
    if (source === 'running') {
      // Always valid (RFC 7950 section 8.1), unless the schema has changed under it: judged as a whole.
      const nothing = new EmptyView(this.#store.keys, this.#store.plan);
      const rows: RowChange[] = [];
      for (const { key, node, row } of snapshot.running.subtree(''))
        rows.push({ key, node, before: undefined, after: row });
      refuse(await this.#pipeline.faults({ before: nothing, after: snapshot.running, rows }, true));
      return;
    }
    const view = await this.#source(caller, source, snapshot);
    refuse(await this.#pipeline.faults(differenceOf(view)));
  }

  /** copy-config (RFC 6241 section 7.3). */
  async copy(caller: Caller, source: ConfigSource, target: DatastoreName): Promise<CommitResult | undefined> {
    if (source === target) {
      throw new FaultError({
        type: 'protocol',
        tag: 'invalid-value',
        message: `source and target are both ${target}`,
      });
    }
    return this.#write(caller, [target], async (snapshot) => {
      const { candidate } = this.#store;
      if (target === 'candidate' && source === 'running') {
        candidate.discard();
        return undefined;
      }
      if (target === 'startup' && source === 'running') {
        // Needs no access to the data but the right to call (RFC 8341 section 3.2.6).
        await this.#store.copyToStartup();
        return undefined;
      }
      const view = await this.#source(caller, source, snapshot);
      const change = differenceOf(view);
      if (target === 'running') {
        const result = await this.#commit(caller, change, snapshot);
        if (source === 'candidate') candidate.settle(view);
        return result;
      }
      const before = this.#view(target, snapshot);
      const rows = differenceBetween(before, snapshot.running, change.rows);
      refuse(caller.access?.write({ before, after: view, rows }) ?? []);
      if (target === 'candidate') {
        candidate.replace(view, snapshot.commit);
        return undefined;
      }
      // RFC 7950 section 8.3.3: startup is valid at the end of a copy-config.
      refuse(await this.#pipeline.faults(change));
      await this.#store.copyToStartup({ rows: change.rows, base: snapshot.commit });
      return undefined;
    });
  }

  /** delete-config (RFC 6241 section 7.4); running cannot be deleted, and candidate is no target of it. */
  delete(caller: Caller, target: DatastoreName): Promise<void> {
    return this.#write(caller, [target], async (snapshot) => {
      if (target !== 'startup') {
        throw new FaultError({
          type: 'protocol',
          tag: 'operation-not-supported',
          message: `${target} cannot be deleted`,
        });
      }
      const before = this.#view('startup', snapshot);
      const rows: RowChange[] = [];
      for (const { key, node, row } of before.subtree('')) rows.push({ key, node, before: row, after: undefined });
      refuse(caller.access?.write({ before, after: new EmptyView(before.keys, before.plan), rows }) ?? []);
      await this.#store.deleteStartup();
    });
  }

  /** lock (RFC 6241 section 7.5). Waits for the changes before it, so that whoever holds the lock sees no more of them. */
  lock(caller: Caller, target: DatastoreName): Promise<void> {
    return this.#queue.run(() => {
      // First, so that a lock that is held is refused with its holder.
      if (target === 'running' && !this.locks.holder(target)) this.confirmed.assertLockable(caller.sessionId);
      if (target === 'candidate' && !this.locks.holder(target) && this.#store.candidate.isModified) {
        throw new FaultError(lockDenied('candidate has changes that are neither committed nor discarded', 0));
      }
      const partial = target === 'running' && !this.locks.holder(target) ? this.partialLocks.holder : undefined;
      if (partial !== undefined) {
        throw new FaultError(lockDenied(`session ${partial} has locked parts of running`, partial));
      }
      this.locks.lock(target, caller.sessionId);
    });
  }

  /**
   * partial-lock (RFC 5717 section 2.4.1) of the nodes of running that `find` gives; what it throws refuses the lock.
   * `select` are the expressions that it goes by. As `lock`, it waits for the changes before it.
   */
  partialLock(
    caller: Caller,
    select: readonly string[],
    find: (running: SourceView) => readonly InstanceAddress[],
  ): Promise<PartialLock> {
    return this.#queue.run(() => {
      using snapshot = this.#store.snapshot();
      const nodes = find(snapshot.running);
      const { sessionId } = this.locks.holder('running') ?? {};
      if (sessionId !== undefined) {
        throw new FaultError(lockDenied(`session ${sessionId} has locked all of running`, sessionId));
      }
      this.confirmed.assertLockable(caller.sessionId, 'outstanding-confirmed-commit');
      return this.partialLocks.grant(caller.sessionId, select, nodes);
    });
  }

  /** partial-unlock (RFC 5717 section 2.4.2). */
  partialUnlock(caller: Caller, id: number): void {
    this.partialLocks.release(id, caller.sessionId);
  }

  /** unlock (RFC 6241 section 7.6). */
  unlock(caller: Caller, target: DatastoreName): void {
    this.locks.unlock(target, caller.sessionId);
  }

  /**
   * A session is over: its locks end, edits of a candidate that it held locked are discarded, and a confirmed commit that
   * only it could confirm is reverted.
   */
  endSession(sessionId: number): Promise<void> {
    return this.#queue.runAlways(async () => {
      if (this.locks.holder('candidate')?.sessionId === sessionId) this.#store.candidate.discard();
      this.locks.release(sessionId);
      this.partialLocks.releaseAll(sessionId);
      await this.confirmed.endSession(sessionId);
    });
  }

  /**
   * The first start of a new state folder: the document becomes running and startup. Later starts keep running as it is.
   * Returns whether it was taken.
   */
  loadFirst(document: readonly DataNode[]): Promise<boolean> {
    const router: Caller = { sessionId: 0, user: '', source: 'startup' };
    return this.#write(router, [], async (snapshot) => {
      if (this.#store.head > 0) return false;
      const { change } = await this.#edited(router, snapshot.running, document, { defaultOperation: 'replace' });
      await this.#pipeline.commit(change, snapshot.commit, aboutOf(router), { whole: true });
      await this.#store.copyToStartup();
      return true;
    });
  }

  async #editRunning(
    caller: Caller,
    change: StoreChange,
    options: EditOptions,
    snapshot: Snapshot,
  ): Promise<CommitResult | undefined> {
    if (options.testOption !== 'test-only') {
      this.#refuseLocked(caller, change);
      return this.#pipeline.commit(change, snapshot.commit, aboutOf(caller));
    }
    refuse(await this.#pipeline.faults(change));
    return undefined;
  }

  /** Constraints wait for commit or validate (RFC 7950 section 8.3.3), unless the client asks for a test. */
  async #editCandidate(
    candidate: Overlay,
    { rows }: StoreChange,
    { testOption }: EditOptions,
    snapshot: Snapshot,
  ): Promise<undefined> {
    candidate.apply(rows);
    if (testOption === 'test-only' || testOption === 'test-then-set') {
      refuse(await this.#pipeline.faults(differenceOf(candidate)));
    }
    if (testOption !== 'test-only' && rows.length > 0) this.#store.candidate.replace(candidate, snapshot.commit);
    return undefined;
  }

  /** The edit as an overlay of its own over what it edits, so that it is all or nothing. */
  async #edited(caller: Caller, base: SourceView, payload: readonly DataNode[], options: EditOptions): Promise<Edited> {
    const { constraints, transforms } = this.#options;
    const overlay = new Overlay(base);
    const { access } = caller;
    const visible = (faults: readonly Fault[]) =>
      access === undefined ? faults : concealed(faults, access, base.keys, base);
    const { faults, conditional } = await inSlices(editSteps(overlay, base.keys, payload, options)).catch((error) => {
      throw error instanceof FaultError ? new FaultError(...visible(error.faults)) : error;
    });
    let rows = overlay.changes();
    if (await transformRows(overlay, rows, transforms)) rows = overlay.changes();
    const settled = await inSlices(settleConditions(constraints, overlay, rows, conditional));
    if (options.errorOption !== 'continue-on-error') refuse(settled.faults);
    if (settled.isChanged) rows = overlay.changes();
    const change = { before: base, after: overlay, rows };
    refuse(access?.write(change) ?? []);
    return { overlay, change, faults: [...visible(faults), ...settled.faults] };
  }

  async #commit(
    caller: Caller,
    change: StoreChange,
    snapshot: Snapshot,
    { comment }: CommitOptions = {},
    confirm?: ConfirmStep,
  ): Promise<CommitResult> {
    refuse(caller.access?.write(change) ?? []);
    this.#refuseLocked(caller, change);
    const about = { ...aboutOf(caller), ...(comment === undefined ? {} : { comment }) };
    return this.#pipeline.commit(change, snapshot.commit, about, { step: confirm?.step });
  }

  /** After access control, so that nobody learns of locks on what he may not change. */
  #refuseLocked(caller: Caller, { rows }: StoreChange): void {
    const fault = this.partialLocks.faultOf(rows, caller.sessionId);
    if (fault !== undefined) throw new FaultError(fault);
  }

  /** A source as an overlay over running. */
  async #source(caller: Caller, source: ConfigSource, snapshot: Snapshot): Promise<Overlay> {
    if (source === 'candidate') return this.#store.candidate.view(snapshot.running);
    const overlay = new Overlay(snapshot.running);
    if (source === 'running') return overlay;
    if (source === 'startup') {
      const startup = snapshot.startup();
      if (startup instanceof Overlay) return startup;
      overlay.delete('');
      return overlay;
    }
    const { access: _, ...router } = caller; // judged by what is written where
    return (await this.#edited(router, snapshot.running, source, { defaultOperation: 'replace' })).overlay;
  }

  #view(datastore: DatastoreName, snapshot: Snapshot): SourceView {
    switch (datastore) {
      case 'running':
        return snapshot.running;
      case 'candidate':
        return this.#store.candidate.view(snapshot.running);
      case 'startup':
        return (snapshot.startup() as SourceView | undefined) ?? new EmptyView(this.#store.keys, this.#store.plan);
    }
  }

  /** One change at a time, of datastores that nobody else has locked, on a snapshot that is the newest. */
  #write<T>(caller: Caller, targets: readonly DatastoreName[], work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      for (const target of targets) this.locks.assertWritable(target, caller.sessionId);
      using snapshot = this.#store.snapshot();
      return await work(snapshot);
    });
  }
}

interface Edited {
  readonly overlay: Overlay;
  readonly change: StoreChange;
  /** With `continue-on-error`: what could not be applied. */
  readonly faults: readonly Fault[];
}

function aboutOf({ user, source }: Caller): CommitAbout {
  return { user, source };
}

function differenceOf(overlay: Overlay): StoreChange {
  return { before: overlay.base, after: overlay, rows: overlay.changes() };
}

/** What makes `before` (an overlay over `running`, or nothing) what `running` becomes by `rows`. */
function differenceBetween(before: SourceView, running: SourceView, rows: readonly RowChange[]): RowChange[] {
  const found = new Map<string, RowChange>();
  const note = ({ key, node }: RowChange, after: RowChange['after']) => {
    const old = before.get(key);
    if (old !== after) found.set(key, { key, node, before: old, after });
  };
  const changes = before instanceof Overlay && before.base === running ? before.changes() : undefined;
  if (changes) for (const change of changes) note(change, change.before);
  else for (const { key, node, row } of running.subtree('')) note({ key, node, before: undefined, after: row }, row);
  for (const change of rows) note(change, change.after);
  return [...found.values()].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new FaultError(...faults);
}
