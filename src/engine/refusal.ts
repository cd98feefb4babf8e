/** What the engine's errors are to a NETCONF client (RFC 6241 appendix A). */
import type { ErrorTag, Fault } from '../yang/fault.ts';
import { ErrorCode } from './gen/sluice_pb.js';

/** The engine answered a request with an error. */
export class EngineError extends Error {
  readonly code: ErrorCode;
  /** The object as kind:name; empty where there is none. */
  readonly object: string;
  /** Position of the refused operation in its transaction. */
  readonly operation: number;

  constructor(error: { code: ErrorCode; message: string; object: string; operation: number }) {
    super(error.message);
    this.name = 'EngineError';
    this.code = error.code;
    this.object = error.object;
    this.operation = error.operation;
  }
}

/** The engine is not there, went away, or did not answer in time. */
export class EngineLostError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'EngineLostError';
  }
}

const tags: Record<ErrorCode, { tag: ErrorTag; appTag?: string }> = {
  [ErrorCode.ERROR_UNSPECIFIED]: { tag: 'operation-failed' },
  [ErrorCode.ERROR_PROTOCOL]: { tag: 'operation-failed' },
  [ErrorCode.ERROR_VERSION]: { tag: 'operation-failed' },
  [ErrorCode.ERROR_OWNER_BUSY]: { tag: 'in-use' },
  [ErrorCode.ERROR_NOT_FOUND]: { tag: 'operation-failed', appTag: 'object-missing' },
  [ErrorCode.ERROR_CONFLICT]: { tag: 'in-use' },
  [ErrorCode.ERROR_RESOURCE]: { tag: 'resource-denied' },
  [ErrorCode.ERROR_INVALID]: { tag: 'invalid-value' },
  [ErrorCode.ERROR_DEVICE]: { tag: 'operation-failed', appTag: 'device-unavailable' },
  [ErrorCode.ERROR_BUSY]: { tag: 'in-use' },
};

/** The fault that a refused transaction is, at the configuration that the refused operation comes from. */
export function refusalFault(error: EngineError, path: string | undefined): Fault {
  const { tag, appTag } = tags[error.code] ?? tags[ErrorCode.ERROR_UNSPECIFIED];
  return {
    type: 'application',
    tag,
    message: `The packet engine refuses: ${error.message}`,
    ...(appTag === undefined ? {} : { appTag }),
    ...(path === undefined ? {} : { path }),
  };
}
