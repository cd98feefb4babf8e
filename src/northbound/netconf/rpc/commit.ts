/** commit, cancel-commit, discard-changes (RFC 6241 sections 8.3.4 and 8.4). */
import type { CommitOptions } from '../../../commit/datastores.ts';
import { findNode, findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import { type Call, OK, type RpcHandler } from './handler.ts';
import { datastoreCaller, type Services } from './services.ts';

export function commitHandler({ datastores, changes, sessions }: Services): RpcHandler {
  return async (call) => {
    const { sessionId } = call.caller;
    const result = await datastores.commit(datastoreCaller(call), commitOptions(call));
    // The session may have ended while the commit waited for its turn.
    if (!sessions.isOpen(sessionId)) await datastores.endSession(sessionId);
    return { ...OK, after: () => changes.committed(result.record, call.caller) };
  };
}

export function cancelCommitHandler({ datastores, changes }: Services): RpcHandler {
  return async (call) => {
    const result = await datastores.cancelCommit(datastoreCaller(call), findValue(call.input, 'persist-id'));
    return { ...OK, after: () => changes.committed(result?.record, call.caller) };
  };
}

export function discardChangesHandler({ datastores }: Services): RpcHandler {
  return async (call) => {
    await datastores.discard(datastoreCaller(call));
    return OK;
  };
}

/**
 * The comment and the parameters of section 8.4.5.1, as commit and rollback have them. Throws `missing-element` for a token
 * without `confirmed`: whoever gives one does not mean to commit for good.
 */
export function commitOptions({ rpc, input }: Call): CommitOptions {
  const operation = `/${rpc.module.name}:${rpc.name}`;
  const persist = findValue(input, 'persist');
  const persistId = findValue(input, 'persist-id');
  const comment = findValue(input, 'comment');
  const isConfirmed = findNode(input, 'confirmed') !== undefined;
  if (persist !== undefined && !isConfirmed) {
    throw new FaultError({
      type: 'protocol',
      tag: 'missing-element',
      path: operation,
      message: 'persist is for a confirmed commit: confirmed is missing',
      info: [{ name: 'bad-element', value: 'confirmed' }],
    });
  }
  const timeout = findValue(input, 'confirm-timeout');
  const confirm = {
    ...(timeout === undefined ? {} : { timeoutSeconds: Number(timeout) }),
    ...(persist === undefined ? {} : { persist }),
  };
  return {
    operation,
    ...(isConfirmed ? { confirm } : {}),
    ...(persistId === undefined ? {} : { persistId }),
    ...(comment === undefined ? {} : { comment }),
  };
}
