/** partial-lock and partial-unlock (RFC 5717). */
import type { Decisions } from '../../../commit/access/access.ts';
import type { InstanceAddress } from '../../../datastore/key/path.ts';
import { type ViewNode, ViewTree } from '../../../datastore/reading/xpath-tree.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import { build } from '../../../yang/data/build.ts';
import { findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { compileExpression } from '../../../yang/xpath/compile.ts';
import type { Expression, XPathScope } from '../../../yang/xpath/expression.ts';
import { ReadableTree } from '../filter/readable-tree.ts';
import { OK, type RpcHandler } from './handler.ts';
import { datastoreCaller, type Services } from './services.ts';

const SELECT = '/ietf-netconf-partial-lock:partial-lock/select';
/** Time for the evaluation of all expressions of one request. */
const EVALUATION_MS = 2000;

export function partialLockHandler({ datastores, sessions, schema }: Services): RpcHandler {
  return async (call) => {
    const select = call.input.flatMap(({ schema: { name }, value }) => (name === 'select' ? [value ?? ''] : []));
    const scope = scopeOf(schema);
    const expressions = select.map((source) => atSelect(() => compileExpression(source, scope)));
    const find = (running: SourceView) => selectedNodes(expressions, running, call.decisions);
    const lock = await datastores.partialLock(datastoreCaller(call), select, find);
    // The session may have ended while the lock waited for its turn.
    if (!sessions.isOpen(call.caller.sessionId)) await datastores.endSession(call.caller.sessionId);
    const nodes = build(call.rpc.output, { 'lock-id': lock.id, 'locked-node': lock.lockedNodes });
    return { kind: 'output', nodes };
  };
}

export function partialUnlockHandler({ datastores }: Services): RpcHandler {
  return (call) => {
    datastores.partialUnlock(datastoreCaller(call), Number(findValue(call.input, 'lock-id')));
    return OK;
  };
}

/** Names have module names for prefixes, values inside of literals the client's: those of the modules are taken. */
function scopeOf({ modules }: Schema): XPathScope {
  const moduleOf = (prefix: string): string | undefined => {
    if (modules.has(prefix)) return prefix;
    for (const module of modules.values()) if (module.prefix === prefix) return module.name;
    return undefined;
  };
  return { moduleOf, defaultModule: undefined };
}

/** The configuration that the expressions select, each node once; needs access to it before anything is said of locks. */
function selectedNodes(
  expressions: readonly Expression[],
  running: SourceView,
  decisions: Decisions,
): readonly InstanceAddress[] {
  const tree = new ReadableTree(new ViewTree(running, running.keys), decisions, EVALUATION_MS);
  const found = new Map<string, ViewNode>();
  for (const expression of expressions) {
    for (const selected of nodesOf(expression, tree)) {
      // An instance-identifier names no root: what is at the top is locked instead.
      for (const node of selected.schema === undefined ? tree.children(selected) : [selected]) {
        if (node.schema?.config !== false) found.set(tree.id(node), node);
      }
    }
  }
  if (found.size === 0) {
    throw new FaultError({
      type: 'protocol',
      tag: 'operation-failed',
      appTag: 'no-matches',
      path: SELECT,
      message: 'no expression selects a node of running',
    });
  }
  const nodes = [...found.values()].map(({ key, schema }): InstanceAddress => ({ key, node: schema }));
  for (const { key, node } of nodes) {
    if (node === undefined || decisions.may(node, key, 'update')) continue;
    const path = running.keys.path(key, node === running.keys.node(key) ? undefined : node);
    const message = 'locking is not permitted here: it needs update access';
    throw new FaultError({ type: 'application', tag: 'access-denied', path, message });
  }
  return nodes;
}

function nodesOf(expression: Expression, tree: ReadableTree): readonly ViewNode[] {
  const value = atSelect(() => expression.evaluate(tree, tree.root()));
  if (value.kind === 'nodes') return value.nodes;
  throw new FaultError({
    type: 'protocol',
    tag: 'invalid-value',
    appTag: 'not-a-node-set',
    path: SELECT,
    message: `"${expression.source}" gives a ${value.kind}, not nodes`,
    info: [{ name: 'bad-element', value: 'select' }],
  });
}

/** Faults of an expression are faults of the parameter. */
function atSelect<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    throw new FaultError(...error.faults.map((fault) => ({ ...fault, path: SELECT })));
  }
}
