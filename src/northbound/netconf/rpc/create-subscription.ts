/** create-subscription (RFC 5277 section 2.1.1). */
import { findValue } from '../../../yang/data/find.ts';
import { type ErrorTag, FaultError } from '../../../yang/fault.ts';
import { eventStream, NETCONF_STREAM } from '../notification/event-streams.ts';
import { timeOf } from '../notification/timer.ts';
import { OK, type RpcHandler } from './handler.ts';
import type { Services } from './services.ts';

export function createSubscriptionHandler({ streams, sessions, subscriptions }: Services): RpcHandler {
  return ({ caller, input, filter }) => {
    if (subscriptions.has(caller.sessionId)) {
      // RFC 8640 section 4.
      const message = 'The session has subscriptions by establish-subscription; the two kinds do not go together.';
      throw new FaultError({ type: 'protocol', tag: 'operation-not-supported', message });
    }
    const name = findValue(input, 'stream') ?? NETCONF_STREAM;
    const stream = eventStream(name);
    if (stream === undefined) throw refusal('invalid-value', 'stream', `There is no event stream ${name}.`);
    const { replayFrom, stopAt } = times(findValue(input, 'startTime'), findValue(input, 'stopTime'));
    if (streams.isSubscribed(caller.sessionId)) {
      throw refusal('operation-failed', 'create-subscription', 'The session has a subscription already.');
    }
    return {
      ...OK,
      after: () => {
        const session = sessions.get(caller.sessionId);
        if (session !== undefined) streams.subscribe(session, { stream, filter, replayFrom, stopAt });
      },
    };
  };
}

function times(start: string | undefined, stop: string | undefined): { replayFrom?: number; stopAt?: number } {
  if (start === undefined) {
    if (stop === undefined) return {};
    throw refusal('missing-element', 'startTime', 'A subscription with a stopTime needs a startTime.');
  }
  const replayFrom = timeOf(start);
  const stopAt = stop === undefined ? undefined : timeOf(stop);
  if (stopAt !== undefined && stopAt < replayFrom) {
    throw refusal('bad-element', 'stopTime', 'The stopTime is before the startTime.');
  }
  if (replayFrom > Date.now()) {
    throw refusal('bad-element', 'startTime', 'The startTime is in the future; replay begins in the past.');
  }
  return { replayFrom, ...(stopAt === undefined ? {} : { stopAt }) };
}

function refusal(tag: ErrorTag, element: string, message: string): FaultError {
  return new FaultError({ type: 'protocol', tag, message, info: [{ name: 'bad-element', value: element }] });
}
