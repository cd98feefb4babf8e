/**
 * Candidates of sessions that have one of their own (draft-ietf-netconf-privcand): made when a session first uses its
 * candidate, gone when it has committed it or has ended. They are in memory, and so do not outlive the process.
 */

import type { Store } from '../../datastore/store.ts';
import { type Branch, overRunning } from '../../datastore/view/branch.ts';
import { Overlay } from '../../datastore/view/overlay.ts';
import type { RowChange } from '../../datastore/view/view.ts';
import { FaultError } from '../../yang/fault.ts';
import { lockDenied } from '../lock/locks.ts';
import { inSlices } from '../slices.ts';

export interface PrivateCandidateLimits {
  /** How many there may be at a time; the next one is refused with `resource-denied`. */
  readonly candidates: number;
  /** How many rows they may hold in all, of their edits and of what running changed under them; then edits are refused. */
  readonly rows: number;
}

const DEFAULT_LIMITS: PrivateCandidateLimits = { candidates: 1_024, rows: 1_000_000 };

export class PrivateCandidates {
  readonly #store: Store;
  readonly #limits: PrivateCandidateLimits;
  /** The sessions that have no part in the shared candidate, with their own where there is one now. */
  readonly #sessions = new Map<number, Branch | undefined>();
  readonly #locked = new Set<number>();
  /** What sessions have committed, to be confirmed. */
  readonly #proposed = new Map<number, RowChange[]>();

  constructor(store: Store, limits: Partial<PrivateCandidateLimits> = {}) {
    this.#store = store;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** For the rest of the session `candidate` means one of its own. */
  enable(sessionId: number): void {
    this.#sessions.set(sessionId, undefined);
  }

  /** The session's candidate where it has one now. */
  peek(sessionId: number): Branch | undefined {
    return this.#sessions.get(sessionId);
  }

  /** The session's candidate: a new one where it has none. */
  open(sessionId: number): Branch {
    const known = this.#sessions.get(sessionId);
    if (known !== undefined) return known;
    if (!this.#sessions.has(sessionId)) throw denied('the session is over');
    let open = 0;
    for (const branch of this.#sessions.values()) if (branch !== undefined) open++;
    if (open >= this.#limits.candidates) throw denied(`there are ${open} private candidates already`);
    const branch = this.#store.openBranch();
    this.#sessions.set(sessionId, branch);
    return branch;
  }

  /** Refuses an edit that would have the private candidates hold too much. */
  assertRoom(rows: number): void {
    let held = rows;
    for (const branch of this.#sessions.values()) held += branch?.size ?? 0;
    if (held <= this.#limits.rows) return;
    throw denied(`the private candidates hold more than ${this.#limits.rows} rows: update, commit or discard some`);
  }

  /** After a large commit: makes up for it in slices, so that nobody has to at once. */
  async follow(): Promise<void> {
    for (const branch of [...this.#sessions.values()]) {
      if (branch === undefined) continue;
      using now = this.#store.snapshot();
      await inSlices(branch.followSteps(now));
    }
  }

  /** Whether there is any candidate. */
  get isAnyOpen(): boolean {
    for (const branch of this.#sessions.values()) if (branch !== undefined) return true;
    return false;
  }

  /** What it said is committed; the next use makes a new one. */
  close(sessionId: number): void {
    const branch = this.#sessions.get(sessionId);
    if (branch === undefined) return;
    this.#store.closeBranch(branch);
    this.#sessions.set(sessionId, undefined);
  }

  /** The session's commit waits to be confirmed. What is too much to be held is not given back. */
  proposed(sessionId: number, rows: readonly RowChange[]): void {
    const before = this.#proposed.get(sessionId) ?? [];
    if (before.length + rows.length <= this.#limits.rows) this.#proposed.set(sessionId, [...before, ...rows]);
    else this.#proposed.delete(sessionId);
  }

  /** The confirmed commit is confirmed. */
  confirmed(): void {
    this.#proposed.clear();
  }

  /**
   * The confirmed commit is reverted, and running is what it was before: what was proposed is in the candidates again.
   * One that was begun meanwhile shows it already, and keeps what it shows.
   */
  reverted(): void {
    const proposals = [...this.#proposed];
    this.#proposed.clear();
    using now = this.#store.snapshot();
    for (const [sessionId, rows] of proposals) {
      const known = this.#sessions.get(sessionId);
      const branch = known ?? this.open(sessionId);
      const content = known === undefined ? new Overlay(now.running) : overRunning(known.view(now), now.running);
      if (known === undefined) content.apply(rows);
      branch.rebase(now, content);
    }
  }

  /** The session is over: what it has not committed is lost. */
  end(sessionId: number): void {
    this.close(sessionId);
    this.#proposed.delete(sessionId);
    this.#sessions.delete(sessionId);
    this.#locked.delete(sessionId);
  }

  /** Keeps nobody out, because nobody else sees it. Throws `lock-denied` where it is locked already. */
  lock(sessionId: number): void {
    if (this.#locked.has(sessionId)) {
      throw new FaultError(lockDenied('this session has locked its candidate already', sessionId));
    }
    this.#locked.add(sessionId);
  }

  /** Throws `operation-failed` where it is not locked. */
  unlock(sessionId: number): void {
    if (this.#locked.delete(sessionId)) return;
    throw new FaultError({ type: 'protocol', tag: 'operation-failed', message: 'candidate is not locked' });
  }
}

function denied(message: string): FaultError {
  return new FaultError({ type: 'application', tag: 'resource-denied', message });
}
