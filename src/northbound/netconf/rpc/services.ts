/** What handlers work with. */
import type { Caller as DatastoreCaller, Datastores } from '../../../commit/datastores.ts';
import type { StateProvider } from '../../../commit/state.ts';
import type { KeySpace } from '../../../datastore/key.ts';
import type { DefaultsMode } from '../../../datastore/walk.ts';
import { findChild, findNode, findValue } from '../../../yang/data/find.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { ConfigChanges } from '../notification/config-change.ts';
import type { Streams } from '../notification/streams.ts';
import type { Subscriptions } from '../notification/subscription/subscriptions.ts';
import type { Sessions } from '../session/sessions.ts';
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
}

/** The caller as the datastores know it. */
export function datastoreCaller({ caller, decisions }: Call): DatastoreCaller {
  return { sessionId: caller.sessionId, user: caller.principal.user, source: 'netconf', access: decisions };
}

/** The datastore that the parameter (`target`, `source`) names by an empty leaf; undefined where it is something else. */
export function namedDatastore(call: Call, parameter: string): 'running' | 'candidate' | 'startup' | undefined {
  const children = findNode(call.input, parameter)?.children;
  for (const name of ['running', 'candidate', 'startup'] as const) {
    if (findChild(children, name) !== undefined) return name;
  }
  return undefined;
}

/**
 * The parameter `with-defaults` (RFC 6243 section 4.5.1); where it is left out, the basic mode: what clients set is
 * reported, whatever its value.
 */
export function withDefaults(call: Call, basicMode: DefaultsMode = 'explicit'): DefaultsMode {
  return (findValue(call.input, 'with-defaults') as DefaultsMode | undefined) ?? basicMode;
}
