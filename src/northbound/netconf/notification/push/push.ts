/** Subscriptions to datastores (RFC 8641): which can be had, and their making. */
import type { KeySpace } from '../../../../datastore/key/key.ts';
import type { DataSchemaNode } from '../../../../yang/schema/node.ts';
import type { Session } from '../../session/session.ts';
import { type ErrorStructure, subscriptionFault } from '../subscription/errors.ts';
import type { Notices } from '../subscription/notices.ts';
import type { Subscription, TerminatedReason } from '../subscription/subscription.ts';
import type { PushSubscriptions } from '../subscription/subscriptions.ts';
import type { DatastoreTerms } from '../subscription/terms.ts';
import { ChangeHub } from './change-hub.ts';
import { isFollowed, isSubscribable, OPERATIONAL } from './datastores.ts';
import { OnChangeSubscription } from './on-change.ts';
import type { OnChangeSupport } from './on-change-support.ts';
import { PeriodicSubscription, type PushParts } from './periodic.ts';
import { Selection } from './selection.ts';

export class Push implements PushSubscriptions {
  readonly #parts: Omit<PushParts, 'notices' | 'onOver'>;
  readonly #hub: ChangeHub;

  constructor(parts: Omit<PushParts, 'notices' | 'onOver'> & { readonly keys: KeySpace }) {
    this.#parts = parts;
    this.#hub = new ChangeHub(parts);
  }

  /** Of which nodes of operational changes are told. */
  get support(): OnChangeSupport {
    return this.#hub.mirror.support;
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
    const selection = new Selection(this.#hub.keys, terms.filter);
    const configOnly = terms.datastore !== OPERATIONAL;
    if (!selection.selectsAny((node) => node.config || !configOnly)) {
      throw subscriptionFault('unchanging-selection', 'The filter selects nothing of the datastore.', structure);
    }
    if (terms.trigger.kind === 'on-change') this.#checkOnChange(terms, selection, structure);
  }

  #checkOnChange({ datastore }: DatastoreTerms, selection: Selection, structure: ErrorStructure): void {
    const { support } = this.#hub.mirror;
    const isTold = isFollowed(datastore) && selection.selectsAny((node) => support.tells(node) && isValue(node));
    if (isTold) return;
    throw subscriptionFault('on-change-unsupported', 'Changes of nothing that it selects are told of.', structure);
  }

  open(
    id: number,
    session: Session,
    terms: DatastoreTerms,
    notices: Notices,
    onOver: (id: number, reason?: TerminatedReason) => void,
  ): Subscription {
    const parts = { ...this.#parts, notices, onOver };
    return terms.trigger.kind === 'periodic'
      ? new PeriodicSubscription(parts, id, session, terms)
      : new OnChangeSubscription(parts, this.#hub, id, session, terms);
  }
}

/** Nodes that hold something by themselves. */
function isValue(node: DataSchemaNode): boolean {
  return node.kind !== 'container' || node.presence;
}
