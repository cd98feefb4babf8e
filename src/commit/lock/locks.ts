/** Locks on whole datastores (RFC 6241 sections 7.5 and 7.6); those on parts of running are in partial-locks.ts. */
import { type Fault, FaultError } from '../../yang/fault.ts';
import type { DatastoreName } from '../datastore-name.ts';
import { StateSignal } from '../operational/state-signal.ts';

export interface Lock {
  readonly sessionId: number;
  readonly since: Date;
}

export class Locks {
  readonly #held = new Map<DatastoreName, Lock>();
  readonly #now: () => Date;
  /** A lock came or went. */
  readonly changes = new StateSignal();

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  /** Who holds the datastore, for the state of ietf-netconf-monitoring. */
  holder(datastore: DatastoreName): Lock | undefined {
    return this.#held.get(datastore);
  }

  /**
   * Throws `lock-denied` with the holder's session-id. The same session may not lock twice: an existing lock of any
   * session refuses (section 7.5).
   */
  lock(datastore: DatastoreName, sessionId: number): void {
    const lock = this.#held.get(datastore);
    if (lock) {
      throw new FaultError(lockDenied(`${datastore} is already locked by session ${lock.sessionId}`, lock.sessionId));
    }
    this.#held.set(datastore, { sessionId, since: this.#now() });
    this.changes.tell();
  }

  /** Throws `operation-failed` where no lock is held, `lock-denied` where another session holds it (section 7.6). */
  unlock(datastore: DatastoreName, sessionId: number): void {
    const lock = this.#held.get(datastore);
    if (!lock) {
      throw new FaultError({
        type: 'protocol',
        tag: 'operation-failed',
        message: `${datastore} is not locked`,
      });
    }
    if (lock.sessionId !== sessionId) {
      throw new FaultError(lockDenied(`${datastore} is locked by session ${lock.sessionId}`, lock.sessionId));
    }
    this.#held.delete(datastore);
    this.changes.tell();
  }

  /** Ends all locks of a session; returns what it held. */
  release(sessionId: number): DatastoreName[] {
    const released = [...this.#held].filter(([, lock]) => lock.sessionId === sessionId).map(([name]) => name);
    for (const name of released) this.#held.delete(name);
    if (released.length > 0) this.changes.tell();
    return released;
  }

  /** Throws `in-use` where another session has locked the datastore that is to be written. */
  assertWritable(datastore: DatastoreName, sessionId: number): void {
    const lock = this.#held.get(datastore);
    if (lock && lock.sessionId !== sessionId) {
      throw new FaultError({
        type: 'protocol',
        tag: 'in-use',
        message: `${datastore} is locked by session ${lock.sessionId}`,
      });
    }
  }
}

/** `lock-denied` has the session-id of the holder; 0 where no NETCONF session holds a lock (RFC 6241 appendix A). */
export function lockDenied(message: string, sessionId: number): Fault {
  return {
    type: 'protocol',
    tag: 'lock-denied',
    message,
    info: [{ name: 'session-id', value: String(sessionId) }],
  };
}
