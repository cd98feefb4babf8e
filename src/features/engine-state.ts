/** What state providers ask of the engine; undefined: it is away, and what it would say is left out. */
import type { EngineClient } from '../engine/client.ts';
import type { QueryReply } from '../engine/gen/sluice_pb.js';

/** The part of the engine client that providers use. */
export type EngineQueries = Pick<EngineClient, 'query'>;

type Lists = 'ports' | 'logicalPorts' | 'bridgeDomains' | 'blockPoints' | 'ceNotifications';

/** Answers are asked for by name up to here; above, asking for all is cheaper. */
const MANY_NAMES = 256;

/**
 * The engine's state of the named objects (undefined: of all) by name.
 */
export async function engineState<L extends Lists>(
  engine: EngineQueries,
  list: L,
  names: readonly string[] | undefined,
): Promise<ReadonlyMap<string, QueryReply[L][number]> | undefined> {
  const found = new Map<string, QueryReply[L][number]>();
  if (names?.length === 0) return found;
  const asked = names === undefined || names.length > MANY_NAMES ? [] : [...names];
  const parts = await engine.query({ case: list, value: { names: asked } });
  if (parts === undefined) return undefined;
  for (const part of parts) {
    for (const state of part[list]) found.set('name' in state ? state.name : state.port, state);
  }
  return found;
}
