/** commit-difference and rollback (sluice-commit-history). */
import { inSlices } from '../../../commit/slices.ts';
import { type PatchEdit, patchSteps } from '../../../datastore/reading/patch.ts';
import { writeData } from '../../../yang/codec/write-data.ts';
import type { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import { build } from '../../../yang/data/build.ts';
import { childSchema, findValue } from '../../../yang/data/find.ts';
import type { RpcNode } from '../../../yang/schema/node.ts';
import { commitOptions } from './commit.ts';
import type { Content, RpcHandler } from './handler.ts';
import { datastoreCaller, type Services } from './services.ts';
import { writePatch } from './yang-patch.ts';

const PATH = '/sluice-commit-history';

export function commitDifferenceHandler({ datastores }: Services): RpcHandler {
  return async ({ rpc, input, decisions }) => {
    const given = (name: string) => {
      const value = findValue(input, name);
      return value === undefined ? {} : { [name]: Number(value) };
    };
    using difference = await datastores.difference({ ...given('from'), ...given('to') }, `${PATH}:commit-difference`);
    const edits = await inSlices(patchSteps(difference.change, decisions));
    const { from, to } = difference;
    const isText = findValue(input, 'format') === 'text';
    return {
      kind: 'stream',
      *write(writer) {
        writeData(writer, build(rpc.output, { from, to }));
        if (edits.length === 0) return;
        if (isText) yield* writeText(writer, rpc, edits);
        else yield* writePatch(writer, childSchema(rpc.output, 'yang-patch'), edits);
      },
    };
  };
}

export function rollbackHandler({ datastores, changes, sessions, schema }: Services): RpcHandler {
  return async (call) => {
    const { sessionId } = call.caller;
    const to = { commit: Number(findValue(call.input, 'to')), path: `${PATH}:rollback/to` };
    const target = findValue(call.input, 'target') === 'candidate' ? 'candidate' : 'running';
    const result = await datastores.rollback(datastoreCaller(call), to, target, commitOptions(schema, call));
    // The session may have ended while the rollback waited for its turn.
    if (!sessions.isOpen(sessionId)) await datastores.endSession(sessionId);
    return {
      kind: 'output',
      nodes: build(call.rpc.output, { commit: result?.record?.id }),
      after: () => changes.committed(result?.record, call.caller),
    };
  };
}

function* writeText(writer: XmlWriter, rpc: RpcNode, edits: readonly PatchEdit[]): Content {
  writer.open('text', rpc.module.namespace);
  for (const edit of edits) {
    writer.text(`${lineOf(edit)}\n`);
    yield;
  }
  writer.close();
}

function lineOf({ operation, path, where, point, value, sourceValue }: PatchEdit): string {
  switch (operation) {
    case 'create':
      return `+ ${path}${shown(value)}`;
    case 'insert':
      return `+ ${path} (${where}${point === undefined ? '' : ` ${point}`})`;
    case 'delete':
      return `- ${path}${shown(sourceValue)}`;
    case 'move':
      return `~ ${path} (${where}${point === undefined ? '' : ` ${point}`})`;
    case 'replace':
      return `~ ${path}: ${contentOf(sourceValue) ?? ''} -> ${contentOf(value) ?? ''}`;
  }
}

/** The value of a leaf; nothing of an element with elements in it. */
function shown(xml: string | undefined): string {
  const content = contentOf(xml);
  return content === undefined ? '' : `: ${content}`;
}

function contentOf(xml = ''): string | undefined {
  const [, text] = /^<[^>]*>([^<]*)<\/[^>]*>$/.exec(xml) ?? [];
  return text?.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
