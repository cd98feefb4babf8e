/** /streams and /subscriptions (RFC 8639 section 3.2, 3.3). */
import type { EventLog } from '../../../../datastore/event-log.ts';
import { dateAndTime } from '../../../../features/time.ts';
import type { PlainData } from '../../../../yang/data/build.ts';
import { eventStreams } from '../event-streams.ts';
import { SUBSCRIBED } from './errors.ts';
import type { Subscription } from './subscription.ts';
import { termsData } from './terms.ts';

export const STREAMS = `/${SUBSCRIBED}:streams`;
export const SUBSCRIPTIONS = `/${SUBSCRIBED}:subscriptions`;
/** Its receiver is told when a subscription is suspended; nobody else is. */
export const RECEIVER_STATE = `${SUBSCRIPTIONS}/subscription/receivers/receiver/state`;

export function streamsData(log: EventLog): PlainData {
  const stream = eventStreams().map(({ name, description }): PlainData => {
    return {
      name,
      description,
      'replay-support': '',
      'replay-log-creation-time': dateAndTime(log.createdAt),
      'replay-log-aged-time': log.agedAt && dateAndTime(log.agedAt),
    };
  });
  return { stream };
}

export function subscriptionsData(subscriptions: Iterable<Subscription>): PlainData {
  return { subscription: Array.from(subscriptions, subscriptionData) };
}

function subscriptionData({ id, terms, session, sent, excluded, isSuspended }: Subscription): PlainData {
  const receiver: PlainData = {
    name: `session-${session.id}`,
    'sent-event-records': sent,
    'excluded-event-records': excluded,
    state: isSuspended ? 'suspended' : 'active',
  };
  return { id, ...termsData(terms), receivers: { receiver: [receiver] } };
}
