/** get-schema (RFC 6022 section 3.1). */
import { findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import { servedSchemas } from '../monitoring/schemas.ts';
import type { RpcHandler } from './handler.ts';
import type { Services } from './services.ts';

const YANG = 'ietf-netconf-monitoring:yang';

export function getSchemaHandler({ schema }: Services): RpcHandler {
  return ({ rpc, input }) => {
    const identifier = findValue(input, 'identifier') ?? '';
    const version = findValue(input, 'version');
    const format = findValue(input, 'format') ?? YANG;
    const found = servedSchemas(schema).filter(
      (served) => served.name === identifier && (version === undefined || served.revision === version),
    );
    const [served, another] = found;
    if (served === undefined || format !== YANG) {
      const what = version === undefined ? identifier : `${identifier} of ${version}`;
      throw new FaultError({
        type: 'protocol',
        tag: 'invalid-value',
        message: `There is no schema ${what} in the format ${format.replace(/.*:/, '')}.`,
        info: [{ name: 'bad-element', value: format !== YANG ? 'format' : 'identifier' }],
      });
    }
    if (another !== undefined) {
      throw new FaultError({
        type: 'protocol',
        tag: 'operation-failed',
        appTag: 'data-not-unique',
        message: `There are several schemas ${identifier}: name one by its version.`,
      });
    }
    return {
      kind: 'stream',
      *write(writer) {
        writer.element('data', rpc.module.namespace, served.source);
        yield;
      },
    };
  };
}
