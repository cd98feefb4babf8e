/** commit, cancel-commit, discard-changes (RFC 6241 sections 8.3.4 and 8.4). */
import type { Assertions } from '../../../commit/confirmed/assertions.ts';
import type { CommitOptions } from '../../../commit/datastores.ts';
import { findAll, findNode, findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { quote } from '../../../yang/xpath/instance-identifier.ts';
import { compileCondition } from '../filter/conditions.ts';
import { type Call, OK, type RpcHandler } from './handler.ts';
import { datastoreCaller, type Services } from './services.ts';

export function commitHandler({ datastores, changes, sessions, schema }: Services): RpcHandler {
  return async (call) => {
    const { sessionId } = call.caller;
    const result = await datastores.commit(datastoreCaller(call), commitOptions(schema, call));
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
 * The comment, the parameters of section 8.4.5.1 and the assertions, as commit and rollback have them. Throws
 * `missing-element` for a token or assertions without `confirmed`: whoever gives them does not mean to commit for good.
 */
export function commitOptions(schema: Schema, call: Call): CommitOptions {
  const { rpc, input } = call;
  const operation = `/${rpc.module.name}:${rpc.name}`;
  const persist = findValue(input, 'persist');
  const persistId = findValue(input, 'persist-id');
  const comment = findValue(input, 'comment');
  const assertions = assertionsOf(schema, call, operation);
  const isConfirmed = findNode(input, 'confirmed') !== undefined;
  if (!isConfirmed && (persist !== undefined || assertions !== undefined)) {
    throw new FaultError({
      type: 'protocol',
      tag: 'missing-element',
      path: operation,
      message: `${persist === undefined ? 'assertions are' : 'persist is'} for a confirmed commit: confirmed is missing`,
      info: [{ name: 'bad-element', value: 'confirmed' }],
    });
  }
  const timeout = findValue(input, 'confirm-timeout');
  const confirm = {
    ...(timeout === undefined ? {} : { timeoutSeconds: Number(timeout) }),
    ...(persist === undefined ? {} : { persist }),
    ...(assertions === undefined ? {} : { assertions }),
  };
  return {
    operation,
    ...(isConfirmed ? { confirm } : {}),
    ...(persistId === undefined ? {} : { persistId }),
    ...(comment === undefined ? {} : { comment }),
  };
}

/** Undefined where there are none. Throws `invalid-value` for a condition that is no XPath expression. */
function assertionsOf(schema: Schema, { input, caller }: Call, operation: string): Assertions | undefined {
  const children = findNode(input, 'assertions')?.children;
  const list = findAll(children, 'assertion').map((entry) => {
    const name = findValue(entry.children, 'name') ?? '';
    const condition = findValue(entry.children, 'condition') ?? '';
    const description = findValue(entry.children, 'description');
    try {
      compileCondition(schema, condition);
    } catch (error) {
      if (!(error instanceof FaultError)) throw error;
      const path = `${operation}/sluice-confirmed-commit:assertions/assertion[name=${quote(name)}]/condition`;
      throw new FaultError(...error.faults.map((fault) => ({ ...fault, path })));
    }
    return { name, condition, ...(description === undefined ? {} : { description }) };
  });
  if (list.length === 0) return undefined;
  return { list, holdSeconds: Number(findValue(children, 'hold-time') ?? 0), principal: caller.principal };
}
