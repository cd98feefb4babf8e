/** What handlers work with. */

import type { DatastoreName } from '../../../commit/datastore-name.ts';
import type { Caller as DatastoreCaller, Datastores } from '../../../commit/datastores.ts';
import type { StateProvider } from '../../../commit/operational/state.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { DefaultsMode } from '../../../datastore/reading/walk.ts';
import { findChild, findNode, findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { ConfigChanges } from '../notification/config-change.ts';
import type { Streams } from '../notification/streams.ts';
import type { Subscriptions } from '../notification/subscription/subscriptions.ts';
import type { Sessions } from '../session/sessions.ts';
import type { UrlAccess } from '../url/access.ts';
import type { Call } from './handler.ts';

export interface Services {
  readonly schema: Schema;
  readonly keys: KeySpace;
  readonly datastores: Datastores;
  readonly providers: readonly StateProvider[];
  readonly sessions: Sessions;
  readonly streams: Streams;
  readonly subscriptions: Subscriptions;
  readonly changes: ConfigChanges;
  readonly urls: UrlAccess;
}

/** The caller as the datastores know it. */
export function datastoreCaller({ caller, decisions }: Call): DatastoreCaller {
  const { sessionId, principal, ownCandidate } = caller;
  return { sessionId, user: principal.user, source: 'netconf', ownCandidate, access: decisions };
}

/**
 * The datastore that the parameter (`target`, `source`) names by an empty leaf, or by the leaf `datastore` of RFC 8526;
 * undefined where it is something else.
 */
export function namedDatastore(call: Call, parameter: string): DatastoreName | undefined {
  const children = findNode(call.input, parameter)?.children;
  for (const name of ['running', 'candidate', 'startup'] as const) {
    if (findChild(children, name) !== undefined) return name;
  }
  const datastore = findValue(children, 'datastore');
  if (datastore === undefined) return undefined;
  const below = `/${parameter}/ietf-netconf-nmda:datastore`;
  const name = datastoreOf(call, datastore, below);
  // Only what can be written can be locked (RFC 8526 sections 3.2.1 and 3.2.2).
  if (datastore === INTENDED && call.rpc.name !== 'validate') {
    throw noDatastore(call, datastore, below);
  }
  return name;
}

const INTENDED = 'ietf-datastores:intended';

/**
 * The datastore that an identity names. What is intended is running as it is: there is nothing that expands it (RFC 8342
 * section 5.1.4). Throws `invalid-value` for all that hold no configuration, or do not exist here.
 */
export function datastoreOf(call: Call, identity: string | undefined, below = '/datastore'): DatastoreName {
  switch (identity) {
    case 'ietf-datastores:running':
    case INTENDED:
      return 'running';
    case 'ietf-datastores:candidate':
      return 'candidate';
    case 'ietf-datastores:startup':
      return 'startup';
    default:
      throw noDatastore(call, identity ?? '', below);
  }
}

function noDatastore({ rpc }: Call, identity: string, below: string): FaultError {
  return new FaultError({
    type: 'protocol',
    tag: 'invalid-value',
    path: `/${rpc.module.name}:${rpc.name}${below}`,
    message: `${rpc.name} does not work on ${identity.replace(/.*:/, '')}.`,
    info: [{ name: 'bad-element', value: 'datastore' }],
  });
}

/**
 * The parameter `with-defaults` (RFC 6243 section 4.5.1); where it is left out, the basic mode: what clients set is
 * reported, whatever its value.
 */
export function withDefaults(call: Call, basicMode: DefaultsMode = 'explicit'): DefaultsMode {
  return (findValue(call.input, 'with-defaults') as DefaultsMode | undefined) ?? basicMode;
}
