/**
 * The confirmed commit that is under way (RFC 6241 section 8.4): its timer, its end, and what a start of the router makes of
 * one that it finds. What may end it is in confirmed-rules.ts; what running goes back to is the store's checkpoint, which
 * is written in the transactions of the commits.
 */
import type { CheckpointStep } from '../../datastore/checkpoint.ts';
import type { CommitAbout } from '../../datastore/history.ts';
import type { Store } from '../../datastore/store.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import { StateSignal } from '../operational/state-signal.ts';
import type { CommitResult, Pipeline } from '../pipeline.ts';
import type { SerialQueue } from '../queue.ts';
import { inSlices } from '../slices.ts';
import { type AssertionReader, type AssertionResult, type Assertions, AssertionWatch } from './assertions.ts';
import type { BootClock } from './boot-clock.ts';
import {
  assertLockable,
  type ConfirmEvent,
  type ConfirmRequest,
  DEFAULT_CONFIRM_SECONDS,
  judgeCancel,
  judgeCommit,
  type PendingCommit,
} from './confirmed-rules.ts';

/** The session that asks. */
export interface Committer {
  readonly sessionId: number;
  readonly user: string;
  readonly source: string;
}

/** What a commit does to the confirmed commit, to be stored with it and then `settled`. */
export interface ConfirmStep {
  readonly event: 'start' | 'extend' | 'complete';
  readonly step: CheckpointStep;
  readonly pending: PendingCommit | undefined;
}

export interface ConfirmedChange {
  readonly event: ConfirmEvent;
  /** Whose doing it is; undefined for `timeout`. */
  readonly by: { readonly sessionId: number; readonly user: string } | undefined;
  /** Of `start` and `extend`. */
  readonly timeoutSeconds: number | undefined;
}

/** A confirmed commit that came to its end. */
export interface EndedCommit {
  /** `asserted`: all of its assertions held. */
  readonly outcome: 'confirmed' | 'asserted' | 'timed-out' | 'cancelled';
  readonly at: Date;
  readonly pending: PendingCommit;
  /** Its assertions as they were evaluated last. */
  readonly results: readonly AssertionResult[];
}

export interface ConfirmedParts {
  readonly store: Store;
  readonly pipeline: Pipeline;
  readonly queue: SerialQueue;
  readonly clock: BootClock;
  /** A revert that could not be stored; it is tried again. */
  readonly onFailure: (error: unknown) => void;
}

/** The longest delay that a timer of Node takes. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A revert that fails, which is a disk without room, is tried again after this, and then after twice as long each time. */
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

export class ConfirmedCommits {
  /** Tells where what is pending, its assertions or what ended last may have become another. */
  readonly changes = new StateSignal();
  readonly #parts: ConfirmedParts;
  readonly #listeners = new Set<(change: ConfirmedChange) => void>();
  readonly #endListeners = new Set<(ended: EndedCommit) => void>();
  #pending: PendingCommit | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Of what is pending, where that has assertions. */
  #watch: AssertionWatch | undefined;
  #watched: Assertions | undefined;
  #reader: AssertionReader | undefined;
  #last: EndedCommit | undefined;

  constructor(parts: ConfirmedParts) {
    this.#parts = parts;
    this.#pending = readNote(parts.store.checkpoint);
  }

  /** The one that waits to be confirmed. */
  get pending(): PendingCommit | undefined {
    return this.#pending;
  }

  /** The assertions of the one that is pending, as they were evaluated last. */
  get results(): readonly AssertionResult[] {
    return this.#watch?.results ?? [];
  }

  /** The one that came to its end last, since the start. */
  get last(): EndedCommit | undefined {
    return this.#last;
  }

  /** Who reads the state for assertions; to be given before `recover`. */
  useReader(reader: AssertionReader): void {
    this.#reader = reader;
  }

  /** Something happened that assertions may be about. */
  wake(): void {
    this.#watch?.wake();
  }

  /** Seconds until it is reverted; 0 where nothing is pending. */
  get remainingSeconds(): number {
    const { clock } = this.#parts;
    return this.#pending === undefined ? 0 : Math.max(0, this.#pending.deadline - clock.now());
  }

  /** Tells of what becomes of confirmed commits, once it is on the disk; returns how to stop that. */
  onChange(listener: (change: ConfirmedChange) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Tells of those that come to their end; returns how to stop that. */
  onEnd(listener: (ended: EndedCommit) => void): () => void {
    this.#endListeners.add(listener);
    return () => {
      this.#endListeners.delete(listener);
    };
  }

  /**
   * To be called at the start, before anybody can ask for anything. What was persistent goes on with the time that it has
   * left; the rest is reverted: its session is lost, its time is over, or the machine has started anew.
   */
  async recover(): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined) {
      // A note that nobody can read is no reason to keep a configuration that nobody confirmed.
      if (this.#parts.store.checkpoint !== undefined) await this.#revert('cancel', undefined, undefined);
      return;
    }
    this.#pending = { ...pending, sessionId: 0 };
    const { clock } = this.#parts;
    if (pending.bootId === clock.bootId && clock.now() >= pending.deadline) {
      await this.#revert('timeout', undefined, undefined);
    } else if (pending.bootId !== clock.bootId || pending.persist === undefined) {
      await this.#revert('cancel', { sessionId: pending.sessionId, user: pending.user }, undefined);
    } else this.#arm();
  }

  /** What this commit does; undefined for a plain one. In the commit's turn. Throws where it may not: see judgeCommit. */
  step({ sessionId, user }: Committer, request: ConfirmRequest): ConfirmStep | undefined {
    const { store, clock } = this.#parts;
    const old = this.#pending;
    const event = judgeCommit(old, sessionId, request);
    if (event === undefined) return undefined;
    if (request.confirm === undefined) return { event, step: { kind: 'end' }, pending: undefined };
    const { timeoutSeconds = DEFAULT_CONFIRM_SECONDS } = request.confirm;
    // A follow-up that names no token anew keeps the one that it was let in with.
    const persist = request.confirm.persist ?? request.persistId;
    const assertions = request.confirm.assertions ?? old?.assertions;
    const pending: PendingCommit = {
      sessionId,
      user,
      timeoutSeconds,
      deadline: clock.now() + timeoutSeconds,
      bootId: clock.bootId,
      ...(persist === undefined ? {} : { persist }),
      before: old?.before ?? store.head,
      since: old?.since ?? new Date().toISOString(),
      ...(assertions === undefined ? {} : { assertions }),
    };
    const note = JSON.stringify(pending);
    return { event, step: { kind: event === 'start' ? 'begin' : 'note', note }, pending };
  }

  /** The commit that the step belongs to is stored. */
  settled(step: ConfirmStep, { sessionId, user }: Committer): void {
    if (step.pending === undefined) this.#end('confirmed');
    else {
      // The client's time begins when the commit is in force; what was stored before ends that little earlier.
      const deadline = this.#parts.clock.now() + step.pending.timeoutSeconds;
      this.#pending = { ...step.pending, deadline };
    }
    this.#arm();
    this.#tell({ event: step.event, by: { sessionId, user }, timeoutSeconds: step.pending?.timeoutSeconds });
  }

  /** cancel-commit (section 8.4.4.1), in its turn. Throws where it may not: see judgeCancel. */
  async cancel(caller: Committer, persistId: string | undefined): Promise<CommitResult | undefined> {
    judgeCancel(this.#pending, caller.sessionId, persistId);
    const { user, source, sessionId } = caller;
    return await this.#store('cancel', caller, { user, source, sessionId, comment: 'cancel-commit' });
  }

  /** Throws `lock-denied` where running, or a part of it (with the app-tag of RFC 5717), may not be locked now. */
  assertLockable(sessionId: number, appTag?: string): void {
    assertLockable(this.#pending, sessionId, appTag);
  }

  /** A session is over, in that turn: what it had to confirm itself is reverted. */
  async endSession(sessionId: number): Promise<void> {
    const pending = this.#pending;
    if (pending === undefined || pending.sessionId !== sessionId) return;
    this.#pending = { ...pending, sessionId: 0 };
    this.changes.tell();
    if (pending.persist !== undefined) return this.#arm();
    await this.#revert('cancel', { sessionId, user: pending.user }, undefined);
  }

  /** No timer any more: what is pending is found at the next start. */
  close(): void {
    clearTimeout(this.#timer);
    this.#watch?.stop();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const armed = this.#pending;
    if (armed === undefined) return;
    this.#watchAssertions(armed);
    const leftMs = (armed.deadline - this.#parts.clock.now()) * 1000;
    this.#timer = setTimeout(
      () => {
        if (this.remainingSeconds > 0) this.#arm();
        else void this.#inTurn(armed, 'timeout', undefined);
      },
      Math.min(Math.max(Math.ceil(leftMs), 0), LONGEST_TIMER_MS),
    ).unref();
  }

  #watchAssertions({ assertions }: PendingCommit): void {
    if (assertions === undefined || this.#watched === assertions) return;
    this.#watch?.stop();
    this.#watched = assertions;
    this.#watch = new AssertionWatch(assertions, {
      evaluate: async (list, principal) => {
        if (this.#reader === undefined) throw new Error('nobody evaluates assertions here');
        return await this.#reader.evaluate(list, principal);
      },
      listen: (wake) => this.#reader?.listen(wake) ?? (() => undefined),
      onResults: () => this.changes.tell(),
      onHeld: () => this.#confirmItself(assertions),
    });
  }

  /** All assertions held. In a turn of its own, unless they are no longer those of what is pending. */
  #confirmItself(assertions: Assertions): Promise<void> {
    return this.#parts.queue.runAlways(async () => {
      const pending = this.#pending;
      if (pending?.assertions !== assertions) return;
      const { store } = this.#parts;
      using snapshot = store.snapshot();
      const nothing = { before: snapshot.running, after: snapshot.running, rows: [] };
      try {
        await store.commit(nothing, snapshot.commit, { user: '', source: 'confirmed-commit' }, { kind: 'end' });
      } catch (error) {
        return this.#parts.onFailure(error); // and again, as long as they hold and there is time
      }
      clearTimeout(this.#timer);
      this.#end('asserted');
      this.#tell({ event: 'complete', by: pending, timeoutSeconds: undefined });
    });
  }

  #end(outcome: EndedCommit['outcome']): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#last = { outcome, at: new Date(), pending, results: this.results };
    this.#watch?.stop();
    this.#watch = undefined;
    this.#watched = undefined;
    this.#pending = undefined;
    for (const listener of this.#endListeners) listener(this.#last);
  }

  /** Reverts when the changes before are done, unless one of them has confirmed, extended or cancelled it. */
  #inTurn(
    expected: PendingCommit,
    event: 'cancel' | 'timeout',
    by: ConfirmedChange['by'],
    delayMs?: number,
  ): Promise<void> {
    return this.#parts.queue.runAlways(async () => {
      if (this.#pending === expected) await this.#revert(event, by, delayMs);
    });
  }

  /** Never fails: what cannot be stored now is tried again. */
  async #revert(event: 'cancel' | 'timeout', by: ConfirmedChange['by'], delayMs: number | undefined): Promise<void> {
    const why = event === 'timeout' ? 'the confirmed commit was not confirmed in time' : 'the session was lost';
    try {
      await this.#store(event, by, { user: '', source: 'confirmed-commit', comment: why });
    } catch (error) {
      this.#parts.onFailure(error);
      const pending = this.#pending;
      const next = Math.min((delayMs ?? FIRST_RETRY_MS / 2) * 2, LONGEST_RETRY_MS);
      clearTimeout(this.#timer);
      if (pending !== undefined) {
        this.#timer = setTimeout(() => void this.#inTurn(pending, event, by, next), next).unref();
      }
    }
  }

  /** Running becomes what it was before the first confirmed commit, whatever was changed since (section 8.4.1). */
  async #store(event: 'cancel' | 'timeout', by: ConfirmedChange['by'], about: CommitAbout): Promise<CommitResult> {
    const { store, pipeline } = this.#parts;
    using snapshot = store.snapshot();
    const kept = await inSlices(snapshot.checkpointSteps());
    if (!(kept instanceof Overlay)) throw new Error('a confirmed commit is pending without a checkpoint');
    const change = { before: snapshot.running, after: kept, rows: kept.changes() };
    const restored = this.#pending === undefined ? {} : { restored: this.#pending.before };
    const result = await pipeline.restore(change, snapshot.commit, { ...about, ...restored }, { kind: 'end' });
    clearTimeout(this.#timer);
    this.#end(event === 'timeout' ? 'timed-out' : 'cancelled');
    this.#tell({ event, by, timeoutSeconds: undefined });
    return result;
  }

  #tell(change: ConfirmedChange): void {
    this.changes.tell();
    for (const listener of this.#listeners) listener(change);
  }
}

/** Undefined where there is none, or none of this version. */
function readNote(note: string | undefined): PendingCommit | undefined {
  if (note === undefined) return undefined;
  try {
    const pending = JSON.parse(note) as PendingCommit;
    return typeof pending.deadline === 'number' && typeof pending.bootId === 'string' ? pending : undefined;
  } catch {
    return undefined;
  }
}
