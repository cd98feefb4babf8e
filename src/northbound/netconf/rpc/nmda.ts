/** get-data and edit-data (RFC 8526 sections 3.1.1 and 3.1.2), and the datastores of RFC 8342 by their identities. */
import type { DatastoreName } from '../../../commit/datastore-name.ts';
import { operationalDatastore } from '../../../commit/operational/operational.ts';
import type { Origins } from '../../../commit/operational/origins.ts';
import type { DefaultsMode } from '../../../datastore/reading/walk.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import { findAll, findChild, findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { ReadOptions } from '../filter/filtered.ts';
import { interestsOf } from '../filter/interests.ts';
import { Narrowing } from '../filter/narrowing.ts';
import { ORIGIN_NAMESPACE } from '../filter/origin-sink.ts';
import { withPayload } from './edit.ts';
import { type Call, OK, type RpcHandler } from './handler.ts';
import { dataReply, replying } from './read.ts';
import { datastoreCaller, datastoreOf, type Services, withDefaults } from './services.ts';

export function getDataHandler({ datastores, providers, schema }: Services): RpcHandler {
  return async (call) => {
    const datastore = findValue(call.input, 'datastore');
    const name = datastore === 'ietf-datastores:operational' ? 'running' : datastoreOf(call, datastore);
    const reading = datastores.read(name, call.caller);
    return await replying(reading, async () => {
      const { view, origins } =
        datastore === 'ietf-datastores:operational'
          ? await operationalDatastore(reading.view, providers, interestsOf(call.filter, schema))
          : { view: reading.view, origins: undefined };
      const withOrigin = origins !== undefined && findChild(call.input, 'with-origin') !== undefined;
      const element = {
        namespace: call.rpc.module.namespace,
        ...(withOrigin ? { attributes: [['xmlns:or', ORIGIN_NAMESPACE] as const] } : {}),
      };
      return dataReply(call, reading, view, readOptions(call, schema, view, origins, withOrigin), element);
    });
  };
}

function readOptions(
  call: Call,
  schema: Schema,
  view: SourceView,
  origins: Origins | undefined,
  withOrigin: boolean,
): ReadOptions {
  // RFC 8342 section 5.3: operational holds what is in use, defaults included, unless the client asks for less.
  const defaults = withDefaults(call, origins === undefined ? 'explicit' : 'report-all');
  const narrowing = narrowingOf(call, schema, view, origins, defaults);
  return {
    configOnly: origins === undefined,
    defaults,
    ...(narrowing === undefined ? {} : { narrowing }),
    ...(withOrigin && origins !== undefined ? { origins } : {}),
  };
}

/** Undefined where nothing is left out. */
function narrowingOf(
  { input, decisions }: Call,
  schema: Schema,
  view: SourceView,
  origins: Origins | undefined,
  defaults: DefaultsMode,
): Narrowing | undefined {
  const config = findValue(input, 'config-filter');
  const depth = findValue(input, 'max-depth') ?? 'unbounded';
  const matches = originMatch(findAll(input, 'origin-filter').length > 0 ? 'origin-filter' : 'negated-origin-filter');
  if (config === undefined && depth === 'unbounded' && matches === undefined) return undefined;
  return new Narrowing(view, decisions, {
    ...(config === undefined ? {} : { config: config === 'true' }),
    maxDepth: depth === 'unbounded' ? Number.POSITIVE_INFINITY : Number(depth),
    ...(matches === undefined || origins === undefined ? {} : { origins: { of: origins, matches } }),
    defaults,
  });

  function originMatch(name: 'origin-filter' | 'negated-origin-filter'): ((origin: string) => boolean) | undefined {
    const values = findAll(input, name).flatMap(({ value }) => value ?? []);
    if (values.length === 0) return undefined;
    const isNegated = name === 'negated-origin-filter';
    return (origin) => values.some((value) => schema.derivedFromOrSelf(origin, value)) !== isNegated;
  }
}

/** Always all or nothing (section 3.1.2). */
export function editDataHandler(services: Services): RpcHandler {
  const { datastores, changes } = services;
  return async (call) => {
    const target = writable(call, datastoreOf(call, findValue(call.input, 'datastore')));
    const defaultOperation = findValue(call.input, 'default-operation') as 'merge' | 'replace' | 'none' | undefined;
    const options = defaultOperation === undefined ? {} : { defaultOperation };
    const result = await withPayload(call, services, (payload) =>
      datastores.edit(datastoreCaller(call), target, payload, options),
    );
    return { ...OK, after: () => changes.committed(result?.record, call.caller) };
  };
}

function writable(call: Call, name: DatastoreName): 'running' | 'candidate' {
  if (name !== 'startup' && findValue(call.input, 'datastore') === `ietf-datastores:${name}`) return name;
  throw new FaultError({
    type: 'protocol',
    tag: 'invalid-value',
    path: '/ietf-netconf-nmda:edit-data/datastore',
    message: 'Only running and candidate can be edited.',
    info: [{ name: 'bad-element', value: 'datastore' }],
  });
}
