/** All dynamic subscriptions: who may have how many, what they are called, and what ends them. */
import type { StateSignal } from '../../../../commit/operational/state-signal.ts';
import type { KeySpace } from '../../../../datastore/key/key.ts';
import type { RowChange, View } from '../../../../datastore/view/view.ts';
import type { DataNode } from '../../../../yang/data/node.ts';
import type { Schema } from '../../../../yang/schema/node.ts';
import type { Session } from '../../session/session.ts';
import type { Streams } from '../streams.ts';
import { SUBSCRIBED, subscriptionFault } from './errors.ts';
import { FILTERS, Filters } from './filters.ts';
import { Notices } from './notices.ts';
import { StreamSubscription } from './stream.ts';
import type { Subscription, TerminatedReason } from './subscription.ts';
import { type DatastoreTerms, modifiedTerms, readTerms, type Terms } from './terms.ts';

/** Subscriptions of one session, and of all. */
export const MAX_PER_SESSION = 64;
const MAX_SUBSCRIPTIONS = 4096;

const MAX_ID = 4_294_967_295;
const SUBSCRIPTION = `/${SUBSCRIBED}:subscriptions/subscription`;

export interface SubscriptionsParts {
  readonly schema: Schema;
  readonly keys: KeySpace;
  readonly streams: Streams;
  /** Told where one came, went or has other terms. */
  readonly changes: StateSignal;
  /** Makes the subscriptions to datastores. */
  readonly push: PushSubscriptions;
}

export interface PushSubscriptions {
  /** Throws a FaultError where the terms cannot be met. `old`: those that they change. */
  check(terms: DatastoreTerms, session: Session, old?: DatastoreTerms): void;
  open(
    id: number,
    session: Session,
    terms: DatastoreTerms,
    notices: Notices,
    onOver: (id: number, reason?: TerminatedReason) => void,
  ): Subscription;
}

export class Subscriptions {
  readonly #parts: SubscriptionsParts;
  readonly #filters: Filters;
  readonly #notices: Notices;
  readonly #all = new Map<number, Subscription>();
  readonly #bySession = new Map<number, Set<Subscription>>();
  #lastId = 0;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
    this.#filters = new Filters(parts.keys);
    this.#notices = new Notices(parts.schema);
  }

  all(): Iterable<Subscription> {
    return this.#all.values();
  }

  get(id: number): Subscription | undefined {
    return this.#all.get(id);
  }

  has(sessionId: number): boolean {
    return this.#bySession.has(sessionId);
  }

  /** The terms that establish-subscription asks for. Throws a FaultError where there can be no such subscription. */
  admit(session: Session, input: readonly DataNode[], running: View): Terms {
    const terms = readTerms(input, this.#filters, running);
    const own = this.#bySession.get(session.id)?.size ?? 0;
    if (own >= MAX_PER_SESSION || this.#all.size >= MAX_SUBSCRIPTIONS) {
      throw subscriptionFault(
        'insufficient-resources',
        own >= MAX_PER_SESSION
          ? `A session can have ${MAX_PER_SESSION} subscriptions.`
          : `There can be ${MAX_SUBSCRIPTIONS} subscriptions.`,
      );
    }
    if (terms.kind === 'datastore') this.#parts.push.check(terms, session);
    return terms;
  }

  nextId(): number {
    do this.#lastId = this.#lastId >= MAX_ID ? 1 : this.#lastId + 1;
    while (this.#all.has(this.#lastId));
    return this.#lastId;
  }

  /** Begins: what it has to tell is sent from now on. */
  establish(id: number, session: Session, terms: Terms): void {
    const onOver = (over: number, reason?: TerminatedReason): void => this.#end(over, reason);
    const { schema, streams, push } = this.#parts;
    const subscription =
      terms.kind === 'stream'
        ? new StreamSubscription({ schema, streams, notices: this.#notices, onOver }, id, session, terms)
        : push.open(id, session, terms, this.#notices, onOver);
    this.#all.set(id, subscription);
    const own = this.#bySession.get(session.id) ?? new Set();
    own.add(subscription);
    this.#bySession.set(session.id, own);
    this.#changed(subscription);
  }

  /** What modify-subscription asks for, to be done when its reply is sent. Throws a FaultError. */
  modification(sessionId: number, id: number, input: readonly DataNode[], running: View): () => void {
    const subscription = this.#own(sessionId, id);
    const terms = modifiedTerms(input, subscription.terms, this.#filters, running);
    if (terms.kind === 'datastore' && subscription.terms.kind === 'datastore') {
      this.#parts.push.check(terms, subscription.session, subscription.terms);
    }
    return () => this.#modify(subscription, terms);
  }

  /** delete-subscription. Throws a FaultError where the session has no such subscription. */
  delete(sessionId: number, id: number): void {
    this.#forget(this.#own(sessionId, id)).end();
  }

  /** resync-subscription (RFC 8641 section 4.4.4), to be done when its reply is sent. Throws a FaultError. */
  resync(sessionId: number, id: number): () => void {
    const subscription = this.#all.get(id);
    if (subscription === undefined || subscription.session.id !== sessionId) {
      throw subscriptionFault('no-such-subscription-resync', `There is no subscription ${id} that you could name.`);
    }
    const { terms } = subscription;
    const canSync = terms.kind === 'datastore' && terms.trigger.kind === 'on-change' && terms.trigger.syncOnStart;
    if (!canSync || subscription.resync === undefined) {
      const message = 'Only on-change subscriptions are synchronized, and not those that rule it out at their start.';
      throw subscriptionFault('on-change-sync-unsupported', message);
    }
    return () => {
      if (this.#all.get(id) === subscription) subscription.resync?.();
    };
  }

  /** kill-subscription: its receiver is told. Throws a FaultError where there is none. */
  kill(id: number): void {
    if (!this.#all.has(id)) throw noSuchSubscription(id);
    this.#end(id, 'no-such-subscription');
  }

  /** The session's own subscription. Throws a FaultError where it has none of this number. */
  #own(sessionId: number, id: number): Subscription {
    const subscription = this.#all.get(id);
    if (subscription === undefined || subscription.session.id !== sessionId) throw noSuchSubscription(id);
    return subscription;
  }

  endSession(sessionId: number): void {
    for (const subscription of this.#bySession.get(sessionId) ?? []) this.#forget(subscription).end();
  }

  /** Configured filters may have changed: subscriptions that refer to one go on with it, or end. */
  onCommit(rows: readonly RowChange[], running: View): void {
    if (!rows.some(({ node }) => node?.path.startsWith(FILTERS))) return;
    for (const subscription of [...this.#all.values()]) {
      const { terms } = subscription;
      if (terms.filter?.name === undefined || !rows.some((row) => this.#concerns(row, terms))) continue;
      const renewed = this.#filters.renewed(terms, running);
      if (renewed === undefined) this.#end(subscription.id, 'filter-unavailable');
      else this.#modify(subscription, renewed);
    }
  }

  #concerns({ key }: RowChange, { filter }: Terms): boolean {
    const name = this.#parts.keys.decode(key)[1]?.keys[0];
    return name === undefined || name === filter?.name;
  }

  #modify(subscription: Subscription, terms: Terms): void {
    if (this.#all.get(subscription.id) !== subscription) return;
    subscription.modify(terms, this.#notices.modified(subscription.id, terms));
    this.#changed(subscription);
  }

  #end(id: number, reason: TerminatedReason | undefined): void {
    const subscription = this.#all.get(id);
    if (subscription === undefined) return;
    this.#forget(subscription).end(reason === undefined ? undefined : this.#notices.terminated(id, reason));
  }

  #changed({ id }: Subscription): void {
    const node = this.#parts.schema.find(SUBSCRIPTION);
    if (node !== undefined) this.#parts.changes.tell([{ node, keys: new Map([[SUBSCRIPTION, [String(id)]]]) }]);
  }

  #forget(subscription: Subscription): Subscription {
    this.#all.delete(subscription.id);
    this.#changed(subscription);
    const own = this.#bySession.get(subscription.session.id);
    own?.delete(subscription);
    if (own?.size === 0) this.#bySession.delete(subscription.session.id);
    return subscription;
  }
}

function noSuchSubscription(id: number) {
  return subscriptionFault('no-such-subscription', `There is no subscription ${id} that you could name.`);
}
