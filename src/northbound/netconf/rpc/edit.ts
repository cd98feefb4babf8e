/** edit-config, copy-config, delete-config, validate (RFC 6241 sections 7 and 8). */
import type { ConfigSource } from '../../../commit/datastores.ts';
import type { EditOptions } from '../../../commit/edit/options.ts';
import { findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import { type Call, OK, type RpcHandler } from './handler.ts';
import { datastoreCaller, namedDatastore, type Services } from './services.ts';

export function editConfigHandler({ datastores, changes }: Services): RpcHandler {
  return async (call) => {
    const target = namedDatastore(call, 'target') === 'candidate' ? 'candidate' : 'running';
    const result = await datastores.edit(datastoreCaller(call), target, call.config ?? [], editOptions(call));
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

export function copyConfigHandler({ datastores, changes }: Services): RpcHandler {
  return async (call) => {
    const target = namedDatastore(call, 'target');
    if (target === undefined) throw new Error('copy-config without a target passed its validation');
    const result = await datastores.copy(datastoreCaller(call), configSource(call), target);
    return {
      ...OK,
      after: () => {
        changes.committed(result?.record, call.caller);
        if (target === 'startup') changes.startupChanged(call.caller);
      },
    };
  };
}

export function deleteConfigHandler({ datastores, changes }: Services): RpcHandler {
  return async (call) => {
    const target = namedDatastore(call, 'target') ?? 'startup';
    await datastores.delete(datastoreCaller(call), target);
    return { ...OK, after: () => changes.startupChanged(call.caller) };
  };
}

export function validateHandler({ datastores }: Services): RpcHandler {
  return async (call) => {
    await datastores.validate(datastoreCaller(call), configSource(call));
    return OK;
  };
}

function configSource(call: Call): ConfigSource {
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
