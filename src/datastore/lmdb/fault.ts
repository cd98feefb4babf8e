/** What the store tells clients (RFC 6241 appendix A). */
import { FaultError } from '../../yang/fault.ts';

/** MDB_MAP_FULL, MDB_TXN_FULL, and the system's "no space", "quota", "file too large", "no memory". */
const exhausted = /MDB_MAP_FULL|MDB_TXN_FULL|No space left|[Qq]uota exceeded|File too large|Cannot allocate memory/;

/** Below this a write that failed otherwise failed for want of room: LMDB says "I/O error" when a part of it fitted. */
const scarceBytes = 4 * 2 ** 20;

/** A write that LMDB refused; nothing of it was stored. `freeBytes`: what the file system has left. */
export function storeFault(cause: unknown, freeBytes: number): FaultError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const fault =
    exhausted.test(text) || freeBytes < scarceBytes
      ? new FaultError({
          type: 'application',
          tag: 'resource-denied',
          message: `the datastore has no room left, nothing was changed (${text}): free space in the state folder and try again`,
        })
      : new FaultError({
          type: 'application',
          tag: 'operation-failed',
          message: `the datastore could not be written, nothing was changed (${text})`,
        });
  fault.cause = cause;
  return fault;
}

/** A snapshot that was given up because its reader stalled. */
export function staleFault(): FaultError {
  return new FaultError({
    type: 'application',
    tag: 'operation-failed',
    message: 'the reply was read too slowly: its snapshot of the datastore was given up',
  });
}
