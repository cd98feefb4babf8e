/** create-subscription (RFC 5277 section 2.1.1). */
import { findValue } from '../../../yang/data/find.ts';
import { type ErrorTag, FaultError } from '../../../yang/fault.ts';
import { NETCONF_STREAM } from '../notification/streams.ts';
import { OK, type RpcHandler } from './handler.ts';
import type { Services } from './services.ts';

export function createSubscriptionHandler({ streams, sessions }: Services): RpcHandler {
  return ({ caller, input, filter }) => {
    const stream = findValue(input, 'stream') ?? NETCONF_STREAM;
    if (stream !== NETCONF_STREAM) throw refusal('invalid-value', 'stream', `There is no event stream ${stream}.`);
    const start = findValue(input, 'startTime');
    const stop = findValue(input, 'stopTime');
    if (stop !== undefined && start === undefined) {
      throw refusal('missing-element', 'startTime', 'A subscription with a stopTime needs a startTime.');
    }
    if (start !== undefined) {
      if (stop !== undefined && Date.parse(stop) < Date.parse(start)) {
        throw refusal('bad-element', 'stopTime', 'The stopTime is before the startTime.');
      }
      if (Date.parse(start) > Date.now()) {
        throw refusal('bad-element', 'startTime', 'The startTime is in the future; replay begins in the past.');
      }
      throw refusal('operation-not-supported', 'startTime', `The stream ${stream} keeps no events for replay.`);
    }
    if (streams.isSubscribed(caller.sessionId)) {
      throw refusal('operation-failed', 'create-subscription', 'The session has a subscription already.');
    }
    return {
      ...OK,
      after: () => {
        const session = sessions.get(caller.sessionId);
        if (session !== undefined) streams.subscribe(session, filter);
      },
    };
  };
}

function refusal(tag: ErrorTag, element: string, message: string): FaultError {
  return new FaultError({ type: 'protocol', tag, message, info: [{ name: 'bad-element', value: element }] });
}
