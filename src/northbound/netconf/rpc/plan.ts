/** plan (sluice-plan): what a commit would do. */
import type { Decisions } from '../../../commit/access/access.ts';
import type { PlannedOperation } from '../../../commit/feature.ts';
import type { Plan } from '../../../commit/plan.ts';
import { inSlices } from '../../../commit/slices.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import { patchSteps } from '../../../datastore/reading/patch.ts';
import { writeData } from '../../../yang/codec/write-data.ts';
import { build, type PlainData } from '../../../yang/data/build.ts';
import { childSchema, findNode, findValue } from '../../../yang/data/find.ts';
import type { Fault } from '../../../yang/fault.ts';
import { isReadablePath } from '../filter/readable-path.ts';
import type { Call, RpcHandler } from './handler.ts';
import { datastoreCaller, type Services } from './services.ts';
import { writePatch } from './yang-patch.ts';

type Source = Parameters<Services['datastores']['plan']>[1];

export function planHandler({ datastores, keys }: Services): RpcHandler {
  return async (call) => {
    const persistId = findValue(call.input, 'persist-id');
    const request = { operation: '/sluice-plan:plan', ...(persistId === undefined ? {} : { persistId }) };
    using plan = await datastores.plan(datastoreCaller(call), sourceOf(call), request);
    const edits = await inSlices(patchSteps(plan.change, call.decisions));
    const operations = shown(plan, keys, call.decisions);
    const { refusals } = plan;
    const { output } = call.rpc;
    return {
      kind: 'stream',
      *write(writer) {
        writeData(writer, build(output, { acceptable: refusals.length === 0 }));
        if (edits.length > 0) yield* writePatch(writer, childSchema(call.rpc.output, 'yang-patch'), edits);
        for (const [i, operation] of operations.entries()) {
          writeData(writer, build(output, { operation: [{ number: i + 1, ...operationData(operation) }] }));
          yield;
        }
        writeData(writer, build(output, { refusal: refusals.map((fault, i) => refusalData(keys, fault, i + 1)) }));
      },
    };
  };
}

function sourceOf({ input, config }: Call): Source {
  if (config !== undefined) return config;
  const commit = findValue(input, 'commit');
  if (commit !== undefined) return { commit: Number(commit), path: '/sluice-plan:plan/commit' };
  return findNode(input, 'startup') === undefined ? 'candidate' : 'startup';
}

/** Each operation once (two features may plan one object), of configuration that the caller may read. */
function shown({ operations }: Plan, keys: KeySpace, decisions: Decisions): readonly PlannedOperation[] {
  const seen = new Map<string, PlannedOperation>();
  for (const operation of operations) {
    const id = `${operation.target} ${operation.summary}`;
    if (!seen.has(id) && isReadablePath(keys, decisions, operation.path)) seen.set(id, operation);
  }
  return [...seen.values()];
}

function operationData({ target, action, summary, path, disturbs }: PlannedOperation): PlainData {
  return { target, action: action ?? 'perform', summary, path, disturbs: disturbs?.() };
}

function refusalData(keys: KeySpace, { type, tag, appTag, path, message }: Fault, number: number): PlainData {
  return {
    number,
    'error-type': type,
    'error-tag': tag,
    'error-app-tag': appTag,
    // The path of a parameter of the operation is no instance of data.
    'error-path': path !== undefined && keys.rowOf(path) !== undefined ? path : undefined,
    'error-message': message,
  };
}
