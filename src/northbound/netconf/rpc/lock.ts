/** lock and unlock (RFC 6241 sections 7.5 and 7.6). */
import { OK, type RpcHandler } from './handler.ts';
import { datastoreCaller, namedDatastore, type Services } from './services.ts';

export function lockHandler({ datastores, sessions }: Services): RpcHandler {
  return async (call) => {
    await datastores.lock(datastoreCaller(call), namedDatastore(call, 'target') ?? 'running');
    // The session may have ended while the lock waited for its turn.
    if (!sessions.isOpen(call.caller.sessionId)) await datastores.endSession(call.caller.sessionId);
    return OK;
  };
}

export function unlockHandler({ datastores }: Services): RpcHandler {
  return (call) => {
    datastores.unlock(datastoreCaller(call), namedDatastore(call, 'target') ?? 'running');
    return OK;
  };
}
