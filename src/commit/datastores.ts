/**
 * The configuration datastores as a protocol sees them (RFC 6241 sections 7 and 8): every operation that changes one, in
 * one order, under locks and access control. Protocols parse and print; nothing of what an operation means is left to them.
 * (Above 500 lines, because it is the one list of all operations; what they are made of is in the files beside.)
 */

import type { EventLog } from '../datastore/event-log.ts';
import type { CommitAbout, CommitRecord } from '../datastore/history.ts';
import type { InstanceAddress } from '../datastore/key/path.ts';
import type { Snapshot } from '../datastore/snapshot.ts';
import type { Store } from '../datastore/store.ts';
import { overRunning } from '../datastore/view/branch.ts';
import { Overlay } from '../datastore/view/overlay.ts';
import { EmptyView, type SourceView } from '../datastore/view/source.ts';
import type { RowChange } from '../datastore/view/view.ts';
import type { DataNode } from '../yang/data/node.ts';
import { type Fault, FaultError } from '../yang/fault.ts';
import type { Decisions } from './access/access.ts';
import { disclosed } from './access/disclose.ts';
import { impliedDeletions } from './access/implied.ts';
import { omitUnreadable } from './access/omit.ts';
import { type PrivateCandidateLimits, PrivateCandidates } from './candidate/private-candidates.ts';
import type { Preference } from './candidate/rebase/rebase.ts';
import { PrivateCandidate, type SessionCandidate, SharedCandidate } from './candidate/session-candidate.ts';
import { type BootClock, bootClock } from './confirmed/boot-clock.ts';
import { ConfirmedCommits, type ConfirmStep } from './confirmed/confirmed.ts';
import type { ConfirmRequest } from './confirmed/confirmed-rules.ts';
import type { DatastoreName } from './datastore-name.ts';
import { editSteps } from './edit/apply.ts';
import { settleConditions } from './edit/conditions.ts';
import { hiddenFaults } from './edit/hidden.ts';
import type { EditOptions } from './edit/options.ts';
import type { Feature, Target } from './feature.ts';
import { differenceBetween, differenceOf } from './history/difference.ts';
import { type CommitDifference, commitDifference, pastView } from './history/rollback.ts';
import { Locks, lockDenied } from './lock/locks.ts';
import { type PartialLock, PartialLocks } from './lock/partial-locks.ts';
import { operationalView } from './operational/operational.ts';
import type { Interest, StateProvider } from './operational/state.ts';
import { type CommitListener, type CommitResult, Pipeline } from './pipeline.ts';
import { type PastSource, type Plan, refusalsOf } from './plan.ts';
import { SerialQueue } from './queue.ts';
import { inSlices } from './slices.ts';
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
  /** `candidate` means one of the session's own (draft-ietf-netconf-privcand); see Datastores.privateCandidates. */
  readonly ownCandidate?: boolean;
  /** The rules that the caller is judged by; undefined: all is allowed (the router itself). */
  readonly access?: Decisions;
}

/** Who uses a candidate. */
export type CandidateUser = Pick<Caller, 'sessionId' | 'ownCandidate'>;

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
  readonly privateCandidates?: Partial<PrivateCandidateLimits>;
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

/** To be closed as soon as what it is for is done. */
export interface PairReading {
  readonly running: SourceView;
  readonly first: SourceView;
  readonly second: SourceView;
  [Symbol.dispose](): void;
}

/** Private candidates make up for smaller commits when they are used. */
const LARGE_COMMIT_ROWS = 1000;

export class Datastores {
  readonly locks = new Locks();
  readonly partialLocks: PartialLocks;
  readonly privateCandidates: PrivateCandidates;
  readonly confirmed: ConfirmedCommits;
  readonly #store: Store;
  readonly #options: DatastoresOptions;
  readonly #pipeline: Pipeline;
  readonly #queue: SerialQueue;

  constructor(options: DatastoresOptions) {
    this.#options = options;
    this.#store = options.store;
    this.partialLocks = new PartialLocks(options.store.keys);
    this.privateCandidates = new PrivateCandidates(options.store, options.privateCandidates);
    this.#pipeline = new Pipeline(options);
    this.#pipeline.onCommit((_record, { rows }) => {
      this.partialLocks.forget(rows);
      if (rows.length < LARGE_COMMIT_ROWS || !this.privateCandidates.isAnyOpen) return;
      // What goes wrong here is met again, and told, by whoever uses the candidate.
      this.#queue.runAlways(() => this.privateCandidates.follow()).catch(() => undefined);
    });
    this.#queue = new SerialQueue(options.queueCapacity ?? 64);
    this.confirmed = new ConfirmedCommits({
      store: options.store,
      pipeline: this.#pipeline,
      queue: this.#queue,
      clock: options.clock ?? bootClock(),
      onFailure: (error) => options.onRevertFailure?.(error),
    });
    this.#pipeline.onCommit(() => this.confirmed.wake());
    this.confirmed.onChange(({ event }) => {
      if (event === 'complete') this.privateCandidates.confirmed();
      else if (event === 'cancel' || event === 'timeout') this.privateCandidates.reverted();
    });
  }

  /** See Pipeline.onCommit. */
  onCommit(listener: CommitListener): () => void {
    return this.#pipeline.onCommit(listener);
  }

  /** A datastore as it is now; whose candidate, says the caller; a startup that was deleted is empty. */
  read(datastore: DatastoreName, caller?: CandidateUser): Reading {
    const snapshot = this.#store.snapshot();
    try {
      return { view: this.#view(datastore, snapshot, caller), [Symbol.dispose]: () => snapshot.close() };
    } catch (error) {
      snapshot.close();
      throw error;
    }
  }

  /** Two datastores at one moment, and running. */
  readPair(first: DatastoreName, second: DatastoreName, caller?: CandidateUser): PairReading {
    const snapshot = this.#store.snapshot();
    try {
      return {
        running: snapshot.running,
        first: this.#view(first, snapshot, caller),
        second: this.#view(second, snapshot, caller),
        [Symbol.dispose]: () => snapshot.close(),
      };
    } catch (error) {
      snapshot.close();
      throw error;
    }
  }

  /** What a configuration that the caller brings says by itself, passwords hashed; for what takes it elsewhere. */
  async compose(caller: Caller, content: readonly DataNode[]): Promise<Reading> {
    const snapshot = this.#store.snapshot();
    try {
      const view = await this.#source(caller, content, snapshot);
      return { view, [Symbol.dispose]: () => snapshot.close() };
    } catch (error) {
      snapshot.close();
      throw error;
    }
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
      const base = target === 'running' ? snapshot.running : this.#candidate(caller).view(snapshot);
      const edited = await this.#edited(caller, base, payload, options);
      const result =
        target === 'running'
          ? await this.#editRunning(caller, edited.change, options, snapshot)
          : await this.#editCandidate(caller, base as Overlay, edited.change, options, snapshot);
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
      const candidate = this.#candidate(caller);
      const view = await candidate.toCommit(snapshot, caller.access);
      const change = differenceOf(view);
      const result = await this.#confirmable(caller, change, snapshot, options);
      candidate.committed(view);
      if (caller.ownCandidate === true && this.confirmed.pending !== undefined) {
        this.privateCandidates.proposed(caller.sessionId, change.rows);
      }
      return result;
    });
  }

  /** The commits that are remembered, oldest first. */
  get history(): readonly CommitRecord[] {
    return this.#store.history;
  }

  /** See rollback.ts; the difference holds until the reading is closed. */
  async difference(
    between: { readonly from?: number; readonly to?: number },
    path: string,
  ): Promise<CommitDifference & Disposable> {
    const snapshot = this.#store.snapshot();
    try {
      return { ...(await commitDifference(snapshot, between, path)), [Symbol.dispose]: () => snapshot.close() };
    } catch (error) {
      snapshot.close();
      throw error;
    }
  }

  /**
   * Makes running, or the candidate, what running was after commit `to`; undefined for the candidate. Throws
   * `invalid-value` at `path` for a commit that is not known.
   */
  rollback(
    caller: Caller,
    to: PastSource,
    target: 'running' | 'candidate',
    options: CommitOptions = {},
  ): Promise<CommitResult | undefined> {
    return this.#write(caller, [target], async (snapshot) => {
      const past = await pastView(snapshot, to.commit, to.path);
      const view = past instanceof Overlay ? past : new Overlay(past);
      if (target === 'running') return this.#confirmable(caller, differenceOf(view), snapshot, options, to.commit);
      this.#replaceCandidate(caller, view, snapshot);
      return undefined;
    });
  }

  /** cancel-commit (RFC 6241 section 8.4.4.1): running is again what it was before the confirmed commit. */
  cancelCommit(caller: Caller, persistId?: string): Promise<CommitResult | undefined> {
    return this.#write(caller, ['running'], () => this.confirmed.cancel(caller, persistId));
  }

  /**
   * update (draft-ietf-netconf-privcand): the session's own candidate takes over what running has changed since it began.
   * Without a preference conflicts are refused, and nothing happens.
   */
  update(caller: Caller, preference?: Preference): Promise<void> {
    return this.#queue.run(async () => {
      if (!caller.ownCandidate === true) {
        throw new FaultError({
          type: 'protocol',
          tag: 'operation-not-supported',
          message: 'the session has no candidate of its own: its hello did not ask for one',
        });
      }
      using snapshot = this.#store.snapshot();
      const candidate = new PrivateCandidate(this.privateCandidates, caller.sessionId);
      await candidate.update(snapshot, caller.access, preference);
    });
  }

  /** discard-changes (RFC 6241 section 8.3.4.2). */
  discard(caller: Caller): Promise<void> {
    return this.#write(caller, ['candidate'], async () => this.#candidate(caller).discard());
  }

  /**
   * What running would become and the router do if the source were committed, and all that a commit by this caller would be
   * refused for now; nothing is done.
   */
  plan(caller: Caller, source: ConfigSource | PastSource, request: ConfirmRequest = {}): Promise<Plan> {
    const { access } = caller;
    return this.#queue.run(async () => {
      const snapshot = this.#store.snapshot();
      try {
        const view =
          typeof source === 'object' && 'commit' in source
            ? await pastView(snapshot, source.commit, source.path)
            : source === 'candidate'
              ? await this.#candidate(caller).toCommit(snapshot, caller.access)
              : await this.#source(caller, source, snapshot);
        const after = view instanceof Overlay ? view : new Overlay(view);
        const change = { before: snapshot.running, after, rows: after.changes() };
        const refusals = [
          ...refusalsOf(() => this.locks.assertWritable('running', caller.sessionId)),
          ...refusalsOf(() => this.confirmed.step(caller, request)),
          ...(access?.write(change, impliedDeletions(change)) ?? []),
          ...refusalsOf(() => this.#refuseLocked(caller, change)),
        ];
        const rehearsal = await this.#pipeline.rehearse(change);
        const all = [...refusals, ...rehearsal.refusals];
        return {
          change,
          operations: rehearsal.operations,
          refusals: access ? disclosed(all, access, this.#store.keys) : all,
          [Symbol.dispose]: () => snapshot.close(),
        };
      } catch (error) {
        snapshot.close();
        throw error;
      }
    });
  }

  /** validate (RFC 6241 section 8.6.4.1). Throws a FaultError with all faults found. */
  validate(caller: Caller, source: ConfigSource): Promise<void> {
    return this.#telling(caller, async () => {
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
    });
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
      const candidate = this.#candidate(caller);
      if (target === 'candidate' && source === 'running') {
        candidate.become(new Overlay(snapshot.running), snapshot);
        return undefined;
      }
      if (target === 'startup' && source === 'running') {
        // Needs no access to the data but the right to call (RFC 8341 section 3.2.4).
        await this.#store.copyToStartup();
        return undefined;
      }
      const { access } = caller;
      if (access && typeof source !== 'string') refuse(hiddenFaults(source, this.#store.keys, access, 'replace'));
      const view = await this.#source(caller, source, snapshot);
      const before =
        target === 'candidate'
          ? overRunning(candidate.view(snapshot), snapshot.running)
          : this.#view(target, snapshot, caller);
      const copied =
        target === 'running' ? view.changes() : differenceBetween(before, snapshot.running, view.changes());
      const isPartial = access && typeof source === 'string' && omitUnreadable(view, copied, access);
      const change = differenceOf(view);
      if (target === 'running') {
        const result = await this.#commit(caller, change, snapshot);
        if (source === 'candidate' && !isPartial) candidate.committed(view);
        return result;
      }
      if (target === 'candidate') {
        this.#replaceCandidate(caller, view, snapshot);
        return undefined;
      }
      const rows = differenceBetween(before, snapshot.running, change.rows);
      refuseWrites(caller, { before, after: view, rows });
      // RFC 7950 section 8.3.3: startup is valid at the end of a copy-config.
      refuse(await this.#pipeline.faults(change));
      await this.#store.copyToStartup({ rows: change.rows, base: snapshot.commit });
      return undefined;
    });
  }

  /** delete-config (RFC 6241 section 7.4); running cannot be deleted, and candidate is no target of it. */
  delete(caller: Caller, target: DatastoreName): Promise<void> {
    return this.#write(caller, [target], async () => {
      if (target !== 'startup') {
        throw new FaultError({
          type: 'protocol',
          tag: 'operation-not-supported',
          message: `${target} cannot be deleted`,
        });
      }
      // Whoever may call it needs no right to the data (RFC 8341 section 3.2.5).
      await this.#store.deleteStartup();
    });
  }

  /** lock (RFC 6241 section 7.5). Waits for the changes before it, so that whoever holds the lock sees no more of them. */
  lock(caller: Caller, target: DatastoreName): Promise<void> {
    return this.#queue.run(() => {
      if (target === 'candidate' && caller.ownCandidate === true) {
        this.privateCandidates.lock(caller.sessionId);
        return;
      }
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
    if (target === 'candidate' && caller.ownCandidate === true) this.privateCandidates.unlock(caller.sessionId);
    else this.locks.unlock(target, caller.sessionId);
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
      this.privateCandidates.end(sessionId);
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
    caller: Caller,
    candidate: Overlay,
    { rows }: StoreChange,
    { testOption }: EditOptions,
    snapshot: Snapshot,
  ): Promise<undefined> {
    candidate.apply(rows);
    if (testOption === 'test-only' || testOption === 'test-then-set') {
      refuse(await this.#pipeline.faults(differenceOf(overRunning(candidate, snapshot.running))));
    }
    if (testOption !== 'test-only' && rows.length > 0) this.#candidate(caller).replace(candidate, snapshot);
    return undefined;
  }

  /** The edit as an overlay of its own over what it edits, so that it is all or nothing. */
  async #edited(caller: Caller, base: SourceView, payload: readonly DataNode[], options: EditOptions): Promise<Edited> {
    const { constraints, transforms } = this.#options;
    const { access } = caller;
    if (access) refuse(hiddenFaults(payload, base.keys, access, options.defaultOperation));
    const overlay = new Overlay(base);
    const { faults, conditional } = await inSlices(editSteps(overlay, base.keys, payload, options));
    let rows = overlay.changes();
    if (await transformRows(overlay, rows, transforms)) rows = overlay.changes();
    // Before conditions are judged: what these take away needs no right (RFC 8341 section 3.2.3).
    refuseWrites(caller, { before: base, after: overlay, rows });
    const settled = await inSlices(settleConditions(constraints, overlay, rows, conditional));
    if (options.errorOption !== 'continue-on-error') refuse(settled.faults);
    if (settled.isChanged) rows = overlay.changes();
    const change = { before: base, after: overlay, rows };
    return { overlay, change, faults: [...faults, ...settled.faults] };
  }

  #replaceCandidate(caller: Caller, view: Overlay, snapshot: Snapshot): void {
    const candidate = this.#candidate(caller);
    const before = overRunning(candidate.view(snapshot), snapshot.running);
    const rows = differenceBetween(before, snapshot.running, view.changes());
    refuseWrites(caller, { before, after: view, rows });
    candidate.become(view, snapshot);
  }

  /** A commit that may begin, extend or confirm a confirmed commit. `restored`: the commit that it goes back to. */
  async #confirmable(
    caller: Caller,
    change: StoreChange,
    snapshot: Snapshot,
    options: CommitOptions,
    restored?: number,
  ): Promise<CommitResult> {
    const confirm = this.confirmed.step(caller, options);
    const { comment } = options;
    const about = {
      ...aboutOf(caller),
      ...(comment === undefined ? {} : { comment }),
      ...(restored === undefined ? {} : { restored }),
    };
    const result = await this.#commit(caller, change, snapshot, about, confirm);
    if (confirm !== undefined) this.confirmed.settled(confirm, caller);
    return result;
  }

  async #commit(
    caller: Caller,
    change: StoreChange,
    snapshot: Snapshot,
    about: CommitAbout = aboutOf(caller),
    confirm?: ConfirmStep,
  ): Promise<CommitResult> {
    refuseWrites(caller, change);
    this.#refuseLocked(caller, change);
    return this.#pipeline.commit(change, snapshot.commit, about, { step: confirm?.step });
  }

  /** After access control, so that nobody learns of locks on what he may not change. */
  #refuseLocked(caller: Caller, { rows }: StoreChange): void {
    const fault = this.partialLocks.faultOf(rows, caller.sessionId);
    if (fault !== undefined) throw new FaultError(fault);
  }

  /** A source as an overlay over running. */
  async #source(caller: Caller, source: ConfigSource, snapshot: Snapshot): Promise<Overlay> {
    if (source === 'candidate') return overRunning(this.#candidate(caller).view(snapshot), snapshot.running);
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

  #candidate(user: CandidateUser | undefined): SessionCandidate {
    return user?.ownCandidate === true
      ? new PrivateCandidate(this.privateCandidates, user.sessionId)
      : new SharedCandidate(this.#store.candidate);
  }

  #view(datastore: DatastoreName, snapshot: Snapshot, user: CandidateUser | undefined): SourceView {
    switch (datastore) {
      case 'running':
        return snapshot.running;
      case 'candidate':
        return this.#candidate(user).view(snapshot);
      case 'startup':
        return (snapshot.startup() as SourceView | undefined) ?? new EmptyView(this.#store.keys, this.#store.plan);
    }
  }

  /** One change at a time, of datastores that nobody else has locked, on a snapshot that is the newest. */
  #write<T>(caller: Caller, targets: readonly DatastoreName[], work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    return this.#queue.run(() =>
      this.#telling(caller, async () => {
        for (const target of targets) {
          const isOwn = target === 'candidate' && caller.ownCandidate === true;
          if (!isOwn) this.locks.assertWritable(target, caller.sessionId);
        }
        using snapshot = this.#store.snapshot();
        return await work(snapshot);
      }),
    );
  }

  /** Faults are told as far as the caller may hear of them. */
  async #telling<T>({ access }: Caller, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (access === undefined || !(error instanceof FaultError)) throw error;
      throw new FaultError(...disclosed(error.faults, access, this.#store.keys));
    }
  }
}

interface Edited {
  readonly overlay: Overlay;
  readonly change: StoreChange;
  /** With `continue-on-error`: what could not be applied. */
  readonly faults: readonly Fault[];
}

function aboutOf({ user, source, sessionId }: Caller): CommitAbout {
  return { user, source, ...(sessionId === 0 ? {} : { sessionId }) };
}

/** What access control has against a change. */
function refuseWrites({ access }: Caller, change: StoreChange): void {
  if (access) refuse(access.write(change, impliedDeletions(change)));
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw new FaultError(...faults);
}
