/** A periodic subscription (RFC 8641 section 3.1): the content again and again, at multiples of its period. */
import type { AccessControl } from '../../../../commit/access/access.ts';
import { FaultError } from '../../../../yang/fault.ts';
import type { Outgoing } from '../../session/outgoing.ts';
import type { Session } from '../../session/session.ts';
import type { Notices } from '../subscription/notices.ts';
import type { Subscription, TerminatedReason } from '../subscription/subscription.ts';
import type { DatastoreTerms, Terms } from '../subscription/terms.ts';
import { at } from '../timer.ts';
import { type ReadingParts, readDatastore } from './datastores.ts';
import { PushSource } from './source.ts';
import { pushUpdate } from './update.ts';

export interface PushParts extends ReadingParts {
  readonly access: AccessControl;
  readonly notices: Notices;
  readonly onOver: (id: number, reason?: TerminatedReason) => void;
  /** Told of bugs. */
  readonly onBug: (error: unknown) => void;
}

/** A subscription that cannot be served for so long ends (RFC 8639: suspension-timeout). */
const SUSPENSION_LIMIT_MS = 300_000;

export class PeriodicSubscription implements Subscription {
  readonly id: number;
  readonly session: Session;
  sent = 0;
  readonly excluded = 0;
  readonly #parts: PushParts;
  readonly #source: PushSource;
  #terms: DatastoreTerms;
  /** The time that all updates are a multiple of the period away from. */
  #anchor: number;
  /** An update waits, or is being read and sent. */
  #isBusy = false;
  #suspendedAt: number | undefined;
  #isOver = false;
  #cancel: (() => void) | undefined;
  #cancelStop: (() => void) | undefined;

  constructor(parts: PushParts, id: number, session: Session, terms: DatastoreTerms) {
    this.#parts = parts;
    this.id = id;
    this.session = session;
    this.#terms = terms;
    this.#source = new PushSource(session);
    this.#anchor = Date.now();
    this.#begin();
  }

  get terms(): Terms {
    return this.#terms;
  }

  get isSuspended(): boolean {
    return this.#suspendedAt !== undefined;
  }

  modify(terms: Terms, notice: string): void {
    if (terms.kind !== 'datastore') throw new Error('a subscription to a datastore stays one');
    this.#terms = terms;
    this.#suspendedAt = undefined;
    this.#source.push(notice);
    this.#begin();
  }

  end(notice?: string): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#cancelStop?.();
    this.#source.end(notice);
  }

  #begin(): void {
    this.#cancel?.();
    this.#cancelStop?.();
    const { trigger, stopAt } = this.#terms;
    if (trigger.kind !== 'periodic') throw new Error('a periodic subscription stays one');
    if (stopAt !== undefined) this.#cancelStop = at(stopAt, () => this.#parts.onOver(this.id));
    if (trigger.anchor === undefined) {
      // The first update is the anchor (section 4.2).
      this.#anchor = Date.now();
      // One that waits already is made when its turn comes, under the new terms.
      if (!this.#isBusy) this.#update();
    } else this.#anchor = trigger.anchor;
    this.#schedule(trigger.periodMs, Date.now());
  }

  /** The next multiple of the period; those that were missed are left out. */
  #schedule(periodMs: number, from: number): void {
    const next = this.#anchor + (Math.floor((from - this.#anchor) / periodMs) + 1) * periodMs;
    this.#cancel = at(next, () => {
      this.#update();
      // A timer may be a little early.
      if (!this.#isOver) this.#schedule(periodMs, Math.max(next, Date.now()));
    });
  }

  #update(): void {
    if (this.#suspendedAt !== undefined) {
      if (Date.now() - this.#suspendedAt > SUSPENSION_LIMIT_MS) this.#parts.onOver(this.id, 'suspension-timeout');
      return;
    }
    if (this.#isBusy) {
      // An update that is not made has to be told of (section 3.11.1).
      this.#suspendedAt = Date.now();
      this.#source.push(this.#parts.notices.suspended(this.id, 'unsupportable-volume'));
      return;
    }
    this.#isBusy = true;
    this.#source.push(() => this.#read());
  }

  async #read(): ReturnType<Exclude<Outgoing, string>> {
    const { access, onBug } = this.#parts;
    const { datastore, filter } = this.#terms;
    if (this.#isOver) return undefined;
    let moment: Awaited<ReturnType<typeof readDatastore>> | undefined;
    try {
      moment = await readDatastore(this.#parts, datastore, filter?.filter, this.session);
      const decisions = access.decisions(this.session.peer.principal);
      this.sent++;
      return pushUpdate(this.id, moment, filter?.filter, decisions, () => this.#done());
    } catch (error) {
      moment?.[Symbol.dispose]();
      this.#isBusy = false;
      if (!(error instanceof FaultError)) onBug(error);
      this.#parts.onOver(this.id, 'filter-unavailable');
      return undefined;
    }
  }

  #done(): void {
    this.#isBusy = false;
    if (this.#suspendedAt === undefined || this.#isOver) return;
    this.#suspendedAt = undefined;
    this.#source.push(this.#parts.notices.resumed(this.id));
  }
}
