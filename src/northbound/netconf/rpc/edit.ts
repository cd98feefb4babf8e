/** edit-config, copy-config, delete-config, validate (RFC 6241 sections 7 and 8). */
import { type Decisions, permitAll } from '../../../commit/access/access.ts';
import type { ConfigSource } from '../../../commit/datastores.ts';
import type { EditOptions } from '../../../commit/edit/options.ts';
import type { DefaultsMode } from '../../../datastore/reading/walk.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import { NETCONF_NAMESPACE } from '../../../yang/codec/namespaces.ts';
import { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import { findNode, findValue } from '../../../yang/data/find.ts';
import type { DataNode } from '../../../yang/data/node.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import { writeFiltered } from '../filter/filtered.ts';
import { isReadablePath } from '../filter/readable-path.ts';
import { isSame, type Location, locate } from '../url/location.ts';
import { type Call, OK, type RpcHandler } from './handler.ts';
import { datastoreCaller, namedDatastore, type Services, withDefaults } from './services.ts';

export function editConfigHandler(services: Services): RpcHandler {
  const { datastores, changes } = services;
  return async (call) => {
    const target = namedDatastore(call, 'target') === 'candidate' ? 'candidate' : 'running';
    const result = await withPayload(call, services, (payload) =>
      datastores.edit(datastoreCaller(call), target, payload, editOptions(call)),
    );
    return { ...OK, after: () => changes.committed(result?.record, call.caller) };
  };
}

function editOptions({ input }: Call): EditOptions {
  const defaultOperation = findValue(input, 'default-operation') as EditOptions['defaultOperation'];
  const testOption = findValue(input, 'test-option') as EditOptions['testOption'];
  const errorOption = findValue(input, 'error-option') as EditOptions['errorOption'];
  return {
    ...(defaultOperation === undefined ? {} : { defaultOperation }),
    ...(testOption === undefined ? {} : { testOption }),
    ...(errorOption === undefined ? {} : { errorOption }),
  };
}

export function copyConfigHandler(services: Services): RpcHandler {
  const { datastores, changes } = services;
  return async (call) => {
    const to = urlOf(call, 'target');
    if (to !== undefined) {
      await copyToUrl(call, services, to);
      return OK;
    }
    const target = namedDatastore(call, 'target');
    if (target === undefined) throw new Error('copy-config without a target passed its validation');
    const result = await withSource(call, services, (source) => datastores.copy(datastoreCaller(call), source, target));
    return {
      ...OK,
      after: () => {
        changes.committed(result?.record, call.caller);
        if (target === 'startup') changes.startupChanged(call.caller);
      },
    };
  };
}

export function deleteConfigHandler({ datastores, changes, urls }: Services): RpcHandler {
  return async (call) => {
    const url = urlOf(call, 'target');
    if (url !== undefined) {
      await urls.remove(url.location, url.path);
      return OK;
    }
    const target = namedDatastore(call, 'target') ?? 'startup';
    await datastores.delete(datastoreCaller(call), target);
    return { ...OK, after: () => changes.startupChanged(call.caller) };
  };
}

export function validateHandler(services: Services): RpcHandler {
  return async (call) => {
    await withSource(call, services, (source) => services.datastores.validate(datastoreCaller(call), source));
    return OK;
  };
}

/** Works on what an edit is to do: inline, or at a URL (RFC 6241 section 8.8.5.1, RFC 8526 section 3.1.2). */
export function withPayload<T>(
  call: Call,
  services: Services,
  work: (payload: readonly DataNode[]) => Promise<T>,
): Promise<T> {
  const url = urlOf(call, undefined);
  if (url === undefined) return work(call.config ?? []);
  return concealing(
    call,
    services,
    url,
    async () => await work(await services.urls.read(url.location, 'edit', url.path)),
  );
}

function withSource<T>(call: Call, services: Services, work: (source: ConfigSource) => Promise<T>): Promise<T> {
  const url = urlOf(call, 'source');
  const read = async (): Promise<T> => await work(await configSource(call, services));
  return url === undefined ? read() : concealing(call, services, url, read);
}

/**
 * What stands at a URL was not written by who asks: faults of it that name what the caller may not read are told without
 * saying where.
 */
async function concealing<T>(
  call: Call,
  { keys }: Services,
  { path }: UrlParameter,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    throw new FaultError(
      ...error.faults.map((fault) => {
        if (fault.path === undefined || keys.rowOf(fault.path) === undefined) return fault;
        if (isReadablePath(keys, call.decisions, fault.path)) return fault;
        return { type: fault.type, tag: fault.tag, path, message: 'this is so of a node that you may not read' };
      }),
    );
  }
}

async function configSource(call: Call, { urls }: Services): Promise<ConfigSource> {
  const url = urlOf(call, 'source');
  if (url !== undefined) return await urls.read(url.location, 'data', url.path);
  const named = namedDatastore(call, 'source');
  if (named !== undefined) return named;
  if (call.config !== undefined) return call.config;
  throw new FaultError({
    type: 'protocol',
    tag: 'missing-element',
    message: 'The source names no configuration.',
    info: [{ name: 'bad-element', value: 'source' }],
  });
}

interface UrlParameter {
  readonly location: Location;
  /** Of the parameter, for errors. */
  readonly path: string;
}

/** The URL in `source`, `target` or the operation itself; throws `invalid-value` where it names nothing that could be. */
function urlOf({ rpc, input }: Call, parameter: 'source' | 'target' | undefined): UrlParameter | undefined {
  const children = parameter === undefined ? input : findNode(input, parameter)?.children;
  const value = findValue(children, 'url');
  if (value === undefined) return undefined;
  const path = `/${rpc.module.name}:${rpc.name}${parameter === undefined ? '' : `/${parameter}`}/url`;
  return { location: locate(value, path), path };
}

/** What the caller may read of a datastore (RFC 8341 section 3.2.6), or all of what it gives itself. */
async function copyToUrl(call: Call, services: Services, to: UrlParameter): Promise<void> {
  const { datastores, schema, urls } = services;
  const from = urlOf(call, 'source');
  if (from !== undefined && isSame(from.location, to.location)) {
    throw new FaultError({
      type: 'protocol',
      tag: 'invalid-value',
      path: from.path,
      message: 'source and target are the same',
      info: [{ name: 'bad-element', value: 'source' }],
    });
  }
  const source = await configSource(call, services);
  const isNamed = typeof source === 'string';
  using reading = isNamed
    ? datastores.read(source, call.caller)
    : await datastores.compose(datastoreCaller(call), source);
  // What the caller brings he knows; what is at a URL he may not.
  const decisions = isNamed || from !== undefined ? call.decisions : permitAll;
  await urls.write(to.location, documentOf(schema, reading.view, decisions, withDefaults(call)), to.path);
}

/** A configuration as a document, piece by piece. */
function* documentOf(
  schema: Schema,
  view: SourceView,
  decisions: Decisions,
  defaults: DefaultsMode,
): Generator<string, void, void> {
  const writer = new XmlWriter(schema);
  writer.open('config', NETCONF_NAMESPACE);
  for (const _ of writeFiltered(view, 'all', decisions, { configOnly: true, defaults }, writer)) yield writer.take();
  writer.close();
  yield writer.take();
}
