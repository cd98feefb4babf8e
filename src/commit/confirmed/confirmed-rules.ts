/**
 * Confirmed commits (RFC 6241 section 8.4): who may extend, confirm and cancel one, and what is written down of it. Pure;
 * confirmed.ts acts.
 */
import { type Fault, FaultError } from '../../yang/fault.ts';
import { lockDenied } from '../lock/locks.ts';
import type { Assertions } from './assertions.ts';

/** `confirm-timeout` where the client gives none. */
export const DEFAULT_CONFIRM_SECONDS = 600;

/** A confirmed commit that waits to be confirmed: the note of the store's checkpoint. */
export interface PendingCommit {
  /** Who issued it, or followed it up last; session 0: a session that is over. */
  readonly sessionId: number;
  readonly user: string;
  /** As it was asked for. */
  readonly timeoutSeconds: number;
  /** When it is reverted, by the boot clock. */
  readonly deadline: number;
  readonly bootId: string;
  /** The token that makes it outlive its session and this process. */
  readonly persist?: string;
  /** The last commit before it. */
  readonly before: number;
  /** When it began: RFC 3339, UTC. */
  readonly since: string;
  /** What confirms it by itself. */
  readonly assertions?: Assertions;
}

/** What a client asks of a commit. */
export interface ConfirmRequest {
  /** Present: `confirmed`. */
  readonly confirm?: { readonly timeoutSeconds?: number; readonly persist?: string; readonly assertions?: Assertions };
  readonly persistId?: string;
  /** The rpc that it comes by, for the path of faults; commit. */
  readonly operation?: string;
}

/** RFC 6470: what becomes of a confirmed commit. */
export type ConfirmEvent = 'start' | 'extend' | 'complete' | 'cancel' | 'timeout';

/**
 * What a commit of this session is for a confirmed commit that may be pending; undefined: nothing, it is a plain one.
 * Throws `invalid-value` for a persist-id that is not the pending one's, or missing where that has one (ietf-netconf), and
 * `in-use` where another session has to confirm first (section 8.4.1).
 */
export function judgeCommit(
  pending: PendingCommit | undefined,
  sessionId: number,
  { confirm, persistId, operation = '/ietf-netconf:commit' }: ConfirmRequest,
): 'start' | 'extend' | 'complete' | undefined {
  assertOwn(pending, sessionId, persistId, operation);
  if (confirm !== undefined) return pending === undefined ? 'start' : 'extend';
  return pending === undefined ? undefined : 'complete';
}

/** Throws where cancel-commit may not cancel: as `judgeCommit`, and `operation-failed` where nothing is pending. */
export function judgeCancel(
  pending: PendingCommit | undefined,
  sessionId: number,
  persistId: string | undefined,
): PendingCommit {
  assertOwn(pending, sessionId, persistId, '/ietf-netconf:cancel-commit');
  if (pending !== undefined) return pending;
  throw new FaultError({
    type: 'protocol',
    tag: 'operation-failed',
    message: 'no confirmed commit is pending: there is nothing to cancel',
  });
}

/** Section 7.5, RFC 5717 section 2.4.1: no lock of running while a confirmed commit of another session is pending. */
export function assertLockable(pending: PendingCommit | undefined, sessionId: number, appTag?: string): void {
  if (pending === undefined || pending.sessionId === sessionId) return;
  const fault = lockDenied(`${described(pending)} is pending`, pending.sessionId);
  throw new FaultError(appTag === undefined ? fault : { ...fault, appTag });
}

function assertOwn(
  pending: PendingCommit | undefined,
  sessionId: number,
  persistId: string | undefined,
  operation: string,
): void {
  const wrong = (message: string): FaultError => new FaultError(wrongPersistId(operation, message));
  if (persistId !== undefined) {
    if (pending === undefined) throw wrong('no confirmed commit is pending, so there is none with this persist-id');
    if (pending.persist === undefined) throw wrong('the pending confirmed commit was issued without persist');
    if (pending.persist !== persistId) throw wrong('the pending confirmed commit was issued with another persist');
    return;
  }
  if (pending === undefined) return;
  if (pending.persist !== undefined) throw wrong('a persistent confirmed commit is pending: give its persist-id');
  if (pending.sessionId === sessionId) return;
  throw new FaultError({
    type: 'protocol',
    tag: 'in-use',
    message: `${described(pending)} is pending: that session has to confirm or cancel it first`,
  });
}

function described({ sessionId, persist }: PendingCommit): string {
  if (sessionId !== 0) return `a confirmed commit of session ${sessionId}`;
  return `a ${persist === undefined ? '' : 'persistent '}confirmed commit of a session that is over`;
}

function wrongPersistId(operation: string, message: string): Fault {
  return {
    type: 'protocol',
    tag: 'invalid-value',
    path: `${operation}/persist-id`,
    message,
    info: [{ name: 'bad-element', value: 'persist-id' }],
  };
}
