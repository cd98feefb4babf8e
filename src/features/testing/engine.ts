/** What providers read of an engine whose answers are given, row by row. */
import { create } from '@bufbuild/protobuf';
import type { Interest, RowWriter } from '../../commit/operational/state.ts';
import { MemoryView } from '../../datastore/view/memory.ts';
import type { QueryWhat } from '../../engine/client.ts';
import { type QueryReply, QueryReplySchema } from '../../engine/gen/sluice_pb.js';
import type { QueryReplyInit } from '../../engine/testing/reference-engine.ts';
import type { EngineQueries } from '../engine-state.ts';
import { forwardingFeatures } from '../forwarding.ts';
import { keys, type Rows, viewOf } from './schema.ts';

/** Answers queries by their case, in parts; what was asked is noted as `case value`. */
export function engineOf(
  answers: Readonly<Record<string, readonly QueryReplyInit[]>>,
): EngineQueries & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    query: async (what: QueryWhat): Promise<readonly QueryReply[]> => {
      asked.push(`${what.case} ${JSON.stringify(what.value)}`);
      return (answers[what.case ?? ''] ?? []).map((part) => create(QueryReplySchema, part));
    },
  };
}

/** The state that the forwarding features write over a configuration: values by instance path. */
export async function stateOf(
  engine: EngineQueries,
  running: Rows,
  interests: readonly Interest[] = [],
): Promise<ReadonlyMap<string, string>> {
  const features = forwardingFeatures(keys, engine, { of: async (names) => names.map((_, at) => at + 1) });
  const view = viewOf(
    running,
    features.flatMap((feature) => feature.indexes ?? []),
  );
  const rows = new MemoryView(keys);
  const out: RowWriter = { put: (key, node, row) => rows.put(key, node, row), notApplied: () => {} };
  for (const { state } of features) await state?.read(interests, view, out);
  const read = new Map<string, string>();
  for (const { key, row, node } of rows.subtree('')) {
    if (node.kind === 'leaf-list') read.set(keys.path(key), '');
    for (const [leaf, value] of row.leaves) read.set(keys.path(key, leaf), value);
  }
  return read;
}
