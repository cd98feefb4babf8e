/** Subscriptions to datastores (RFC 8641): which can be had, and their making. */
import type { Session } from '../../session/session.ts';
import { type ErrorStructure, subscriptionFault } from '../subscription/errors.ts';
import type { Notices } from '../subscription/notices.ts';
import type { Subscription, TerminatedReason } from '../subscription/subscription.ts';
import type { PushSubscriptions } from '../subscription/subscriptions.ts';
import type { DatastoreTerms } from '../subscription/terms.ts';
import { isSubscribable } from './datastores.ts';
import { PeriodicSubscription, type PushParts } from './periodic.ts';

export class Push implements PushSubscriptions {
  readonly #parts: Omit<PushParts, 'notices' | 'onOver'>;

  constructor(parts: Omit<PushParts, 'notices' | 'onOver'>) {
    this.#parts = parts;
  }

  check(terms: DatastoreTerms, _session: Session, old?: DatastoreTerms): void {
    const structure: ErrorStructure =
      old === undefined ? 'establish-subscription-datastore-error-info' : 'modify-subscription-datastore-error-info';
    if (!isSubscribable(terms.datastore)) {
      throw subscriptionFault(
        'datastore-not-subscribable',
        `${terms.datastore.replace(/.*:/, '')} cannot be subscribed to.`,
        structure,
      );
    }
    if (terms.trigger.kind === 'on-change') {
      throw subscriptionFault('on-change-unsupported', 'Changes are not told of.', structure);
    }
  }

  open(
    id: number,
    session: Session,
    terms: DatastoreTerms,
    notices: Notices,
    onOver: (id: number, reason?: TerminatedReason) => void,
  ): Subscription {
    return new PeriodicSubscription({ ...this.#parts, notices, onOver }, id, session, terms);
  }
}
