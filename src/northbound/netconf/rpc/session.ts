/** close-session and kill-session (RFC 6241 sections 7.8 and 7.9). */
import { findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import { OK, type RpcHandler } from './handler.ts';
import type { Services } from './services.ts';

export function closeSessionHandler({ sessions }: Services): RpcHandler {
  return ({ caller }) => ({ ...OK, after: () => sessions.close(caller.sessionId) });
}

export function killSessionHandler({ sessions }: Services): RpcHandler {
  return ({ caller, input }) => {
    const victim = Number(findValue(input, 'session-id'));
    if (victim === caller.sessionId) throw refusal('A session ends itself by close-session, not by kill-session.');
    if (!sessions.kill(victim, caller.sessionId)) throw refusal(`There is no session ${victim}.`);
    return OK;
  };
}

function refusal(message: string): FaultError {
  return new FaultError({
    type: 'protocol',
    tag: 'invalid-value',
    path: '/ietf-netconf:kill-session/session-id',
    message,
  });
}
