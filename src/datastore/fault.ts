/** What the store tells clients (RFC 6241 appendix A). */
import { FaultError } from '../yang/fault.ts';

/** MDB_MAP_FULL, MDB_TXN_FULL, MDB_DBS_FULL and the system's "no space", "quota", "too large", "I/O". */
const exhausted =
  /MDB_MAP_FULL|MDB_TXN_FULL|ENOSPC|No space left|EDQUOT|quota exceeded|EFBIG|File too large|ENOMEM|Cannot allocate/i;

/** A write that LMDB refused; nothing of it was stored. */
export function storeFault(cause: unknown): FaultError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const fault = exhausted.test(text)
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
