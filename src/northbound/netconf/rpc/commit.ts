/** commit, cancel-commit, discard-changes (RFC 6241 sections 8.3.4 and 8.4). */
import type { ConfirmRequest } from '../../../commit/confirmed-rules.ts';
import { findNode, findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import { type Call, OK, type RpcHandler } from './handler.ts';
import { datastoreCaller, type Services } from './services.ts';

export function commitHandler({ datastores, changes, sessions }: Services): RpcHandler {
  return async (call) => {
    const { sessionId } = call.caller;
    const result = await datastores.commit(datastoreCaller(call), confirmRequest(call));
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

/** Throws `missing-element` for a token without `confirmed`: whoever gives one does not mean to commit for good. */
function confirmRequest({ input }: Call): ConfirmRequest {
  const persist = findValue(input, 'persist');
  const persistId = findValue(input, 'persist-id');
  const isConfirmed = findNode(input, 'confirmed') !== undefined;
  if (persist !== undefined && !isConfirmed) {
    throw new FaultError({
      type: 'protocol',
      tag: 'missing-element',
      path: '/ietf-netconf:commit',
      message: 'persist is for a confirmed commit: confirmed is missing',
      info: [{ name: 'bad-element', value: 'confirmed' }],
    });
  }
  const timeout = findValue(input, 'confirm-timeout');
  const confirm = {
    ...(timeout === undefined ? {} : { timeoutSeconds: Number(timeout) }),
    ...(persist === undefined ? {} : { persist }),
  };
  return { ...(isConfirmed ? { confirm } : {}), ...(persistId === undefined ? {} : { persistId }) };
}
