/** The datastores that can be subscribed to, as one moment of them is read. */
import type { DatastoreName } from '../../../../commit/datastore-name.ts';
import type { Datastores, Reading } from '../../../../commit/datastores.ts';
import { operationalDatastore } from '../../../../commit/operational/operational.ts';
import type { StateProvider } from '../../../../commit/operational/state.ts';
import type { SourceView } from '../../../../datastore/view/source.ts';
import type { Schema } from '../../../../yang/schema/node.ts';
import type { Filter } from '../../filter/filter.ts';
import type { ReadOptions } from '../../filter/filtered.ts';
import { interestsOf } from '../../filter/interests.ts';
import type { Session } from '../../session/session.ts';

export const OPERATIONAL = 'ietf-datastores:operational';

const NAMES: ReadonlyMap<string, DatastoreName> = new Map([
  [OPERATIONAL, 'running'],
  ['ietf-datastores:running', 'running'],
  // What is intended is running as it is (RFC 8342 section 5.1.4).
  ['ietf-datastores:intended', 'running'],
  ['ietf-datastores:candidate', 'candidate'],
  ['ietf-datastores:startup', 'startup'],
]);

/** Their identities. */
export const SUBSCRIBABLE: readonly string[] = [...NAMES.keys()];

export function isSubscribable(datastore: string): boolean {
  return NAMES.has(datastore);
}

/** Whether changes of it are told: candidate and startup are read, but nobody hears of their edits. */
export function isFollowed(datastore: string): boolean {
  return NAMES.get(datastore) === 'running';
}

/** A datastore at one moment; to be closed. */
export interface Moment extends Disposable {
  readonly view: SourceView;
  readonly options: ReadOptions;
}

export interface ReadingParts {
  readonly schema: Schema;
  readonly datastores: Datastores;
  readonly providers: readonly StateProvider[];
}

/** What get-data of the datastore would give now, as far as the filter can reach. */
export async function readDatastore(
  { schema, datastores, providers }: ReadingParts,
  datastore: string,
  filter: Filter | undefined,
  session: Session,
): Promise<Moment> {
  const user = { sessionId: session.id, ownCandidate: session.hasOwnCandidate };
  const reading = datastores.read(NAMES.get(datastore) ?? 'running', user);
  if (datastore !== OPERATIONAL) return moment(reading, reading.view, { configOnly: true, defaults: 'explicit' });
  try {
    const { view } = await operationalDatastore(reading.view, providers, interestsOf(filter, schema));
    return moment(reading, view, { configOnly: false, defaults: 'report-all' });
  } catch (error) {
    reading[Symbol.dispose]();
    throw error;
  }
}

function moment(reading: Reading, view: SourceView, options: ReadOptions): Moment {
  return { view, options, [Symbol.dispose]: () => reading[Symbol.dispose]() };
}
