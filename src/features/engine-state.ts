/** What state providers ask of the engine; undefined: it is away, and what it would say is left out. */
import type { EngineClient, QueryWhat } from '../engine/client.ts';
import type { Event, QueryReply } from '../engine/gen/sluice_pb.js';

/** The part of the engine client that providers use; one that is asked only, and tells nothing, need not have the rest. */
export type EngineQueries = Pick<EngineClient, 'query'> &
  Partial<Pick<EngineClient, 'stream' | 'request' | 'onEvent' | 'onReplay' | 'onLoss'>>;

/**
 * Calls back with every event of the engine, and without one when everything that it says may be another: it came, went, or
 * lost events. Returns how to stop that.
 */
export function onEngineChange(engine: EngineQueries, listener: (event: Event | undefined) => void): () => void {
  const stops = [
    engine.onEvent?.((event) => listener(event.what.case === 'lost' ? undefined : event)),
    engine.onReplay?.(() => listener(undefined)),
    engine.onLoss?.(() => listener(undefined)),
  ];
  return () => {
    for (const stop of stops) stop?.();
  };
}

/** Gives each part of an answer as it comes; false: the engine is away, or was before the end. */
export async function engineParts(
  engine: EngineQueries,
  what: QueryWhat,
  onPart: (part: QueryReply) => void,
): Promise<boolean> {
  if (engine.stream !== undefined) return await engine.stream(what, onPart);
  const parts = await engine.query(what);
  for (const part of parts ?? []) onPart(part);
  return parts !== undefined;
}

type Lists =
  | 'ports'
  | 'logicalPorts'
  | 'bridgeDomains'
  | 'blockPoints'
  | 'mirrors'
  | 'ceNotifications'
  | 'vrfs'
  | 'l3Interfaces'
  | 'nextHopGroups'
  | 'accessLists'
  | 'policers'
  | 'vrrp'
  | 'dhcpRelays'
  | 'observations'
  | 'controlPlanePolicers'
  | 'bfdSessions'
  | 'ethernetSegments'
  | 'cfmMeps';

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
    for (const state of part[list]) found.set(nameOf(state), state);
  }
  return found;
}

/** Most objects have a name; others are named by what they are of. */
function nameOf(state: QueryReply[Lists][number]): string {
  if ('name' in state) return state.name;
  if ('port' in state) return state.port;
  return 'class' in state ? state.class : state.interface;
}
