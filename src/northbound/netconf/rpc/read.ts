/** get and get-config (RFC 6241 sections 7.1 and 7.7). */
import type { Reading } from '../../../commit/datastores.ts';
import { operationalView } from '../../../commit/operational/operational.ts';
import type { SourceView } from '../../../datastore/view/source.ts';
import { NETCONF_NAMESPACE } from '../../../yang/codec/namespaces.ts';
import type { WrittenAttribute } from '../../../yang/codec/xml-writer.ts';
import { applyFilter, type ReadOptions, writeFiltered } from '../filter/filtered.ts';
import { interestsOf } from '../filter/interests.ts';
import type { Call, Reply, RpcHandler } from './handler.ts';
import { namedDatastore, type Services, withDefaults } from './services.ts';

/** Running and state. Only the providers that the filter can reach are asked, and only for what it can reach. */
export function getHandler({ datastores, providers, schema }: Services): RpcHandler {
  return async (call) => {
    const reading = datastores.read('running');
    return await replying(reading, async () => {
      const interests = interestsOf(call.filter, schema);
      const isNothing = interests !== undefined && interests.length === 0;
      const view = isNothing ? reading.view : await operationalView(reading.view, providers, interests ?? []);
      return dataReply(call, reading, view, { configOnly: false, defaults: withDefaults(call) });
    });
  };
}

export function getConfigHandler({ datastores }: Services): RpcHandler {
  return async (call) => {
    const reading = datastores.read(namedDatastore(call, 'source') ?? 'running', call.caller);
    const options = { configOnly: true, defaults: withDefaults(call) };
    return await replying(reading, async () => dataReply(call, reading, reading.view, options));
  };
}

/** Gives the reading back where no reply comes of it. */
export async function replying(reading: Reading, make: () => Promise<Reply>): Promise<Reply> {
  try {
    return await make();
  } catch (error) {
    reading[Symbol.dispose]();
    throw error;
  }
}

/** The element that holds the data: of ietf-netconf, or of the module whose rpc it is. */
interface DataElement {
  readonly namespace: string;
  readonly attributes?: readonly WrittenAttribute[];
}

export function dataReply(
  call: Call,
  reading: Reading,
  view: SourceView,
  options: ReadOptions,
  { namespace, attributes }: DataElement = { namespace: NETCONF_NAMESPACE },
): Reply {
  const wanted = applyFilter(view, call.filter, call.decisions, options.defaults);
  return {
    kind: 'stream',
    *write(writer) {
      try {
        writer.open('data', namespace, attributes);
        yield* writeFiltered(view, wanted, call.decisions, options, writer);
        writer.close();
      } finally {
        reading[Symbol.dispose]();
      }
    },
  };
}
