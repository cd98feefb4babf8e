/** The rpcs on dynamic subscriptions (RFC 8639 section 2.4, RFC 8640, RFC 8641 section 4.4). */
import { dateAndTime } from '../../../features/time.ts';
import { build } from '../../../yang/data/build.ts';
import { findValue } from '../../../yang/data/find.ts';
import { FaultError } from '../../../yang/fault.ts';
import type { Terms } from '../notification/subscription/terms.ts';
import { type Call, OK, type RpcHandler } from './handler.ts';
import type { Services } from './services.ts';

export function establishSubscriptionHandler({ sessions, streams, subscriptions, datastores }: Services): RpcHandler {
  return ({ caller, input, rpc }) => {
    const session = sessions.get(caller.sessionId);
    if (session === undefined) throw new Error('a session that is over asks for a subscription');
    if (streams.isSubscribed(session.id)) {
      // RFC 8640 section 4.
      throw new FaultError({
        type: 'application',
        tag: 'operation-not-supported',
        message: 'The session has a subscription by create-subscription; the two kinds do not go together.',
      });
    }
    using reading = datastores.read('running');
    const terms = subscriptions.admit(session, input, reading.view);
    const id = subscriptions.nextId();
    const revised = revisedStart(terms, streams);
    return {
      kind: 'output',
      nodes: build(rpc.output, { id, 'replay-start-time-revision': revised && dateAndTime(revised) }),
      after: () => {
        if (session.isOpen) subscriptions.establish(id, session, terms);
      },
    };
  };
}

/** Since when there are events, if that is after what was asked for. */
function revisedStart(terms: Terms, { log }: Services['streams']): Date | undefined {
  if (terms.kind !== 'stream' || terms.replayFrom === undefined) return undefined;
  const since = log.agedAt ?? log.createdAt;
  return since.getTime() > terms.replayFrom ? since : undefined;
}

export function modifySubscriptionHandler({ subscriptions, datastores }: Services): RpcHandler {
  return (call) => {
    using reading = datastores.read('running');
    return {
      ...OK,
      after: subscriptions.modification(call.caller.sessionId, idOf(call), call.input, reading.view),
    };
  };
}

export function deleteSubscriptionHandler({ subscriptions }: Services): RpcHandler {
  return (call) => {
    subscriptions.delete(call.caller.sessionId, idOf(call));
    return OK;
  };
}

export function killSubscriptionHandler({ subscriptions }: Services): RpcHandler {
  return (call) => {
    subscriptions.kill(idOf(call));
    return OK;
  };
}

export function resyncSubscriptionHandler({ subscriptions }: Services): RpcHandler {
  return (call) => ({ ...OK, after: subscriptions.resync(call.caller.sessionId, idOf(call)) });
}

function idOf({ input }: Call): number {
  return Number(findValue(input, 'id'));
}
