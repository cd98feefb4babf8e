/** update (draft-ietf-netconf-privcand). */
import { findValue } from '../../../yang/data/find.ts';
import { OK, type RpcHandler } from './handler.ts';
import { datastoreCaller, type Services } from './services.ts';

const PREFERENCES = { 'prefer-candidate': 'candidate', 'prefer-running': 'running' } as const;

export function updateHandler({ datastores }: Services): RpcHandler {
  return async (call) => {
    const mode = findValue(call.input, 'resolution-mode');
    const preference = mode === 'prefer-candidate' || mode === 'prefer-running' ? PREFERENCES[mode] : undefined;
    await datastores.update(datastoreCaller(call), preference);
    return OK;
  };
}
