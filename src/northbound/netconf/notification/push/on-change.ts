/**
 * An on-change subscription (RFC 8641 section 3.3). Changes wait, one for each node, until the dampening period is over and
 * the update before has been sent: a receiver that reads slowly gets fewer updates, not a longer queue.
 */
import type { Decisions } from '../../../../commit/access/access.ts';
import type { SourceView } from '../../../../datastore/view/source.ts';
import type { RowChange } from '../../../../datastore/view/view.ts';
import { FaultError } from '../../../../yang/fault.ts';
import type { Outgoing } from '../../session/outgoing.ts';
import type { Session } from '../../session/session.ts';
import type { Subscription } from '../subscription/subscription.ts';
import type { DatastoreTerms, Terms } from '../subscription/terms.ts';
import { at } from '../timer.ts';
import { allRows, type ChangeHub, type ViewChange } from './change-hub.ts';
import { changeEntries, type Entry } from './changes.ts';
import { OPERATIONAL } from './datastores.ts';
import { pushChangeUpdate } from './patch.ts';
import { Pending } from './pending.ts';
import type { PushParts } from './periodic.ts';
import { Selection, touchedRows } from './selection.ts';
import { Sight } from './sight.ts';
import { PushSource } from './source.ts';
import { pushUpdate } from './update.ts';

/** RFC 8641 section 3.7. */
const MAX_PATCH_ID = 4_294_967_295;

export class OnChangeSubscription implements Subscription {
  readonly id: number;
  readonly session: Session;
  readonly isSuspended = false;
  sent = 0;
  excluded = 0;
  readonly #parts: PushParts;
  readonly #hub: ChangeHub;
  readonly #source: PushSource;
  readonly #pending: Pending;
  #terms: DatastoreTerms;
  #selection: Selection;
  /** By which the subscriber was shown what it knows. */
  #decisions: Decisions;
  /** What an evaluated filter selected last. */
  #selected: ReturnType<Selection['wanted']> | undefined;
  #patchId = 0;
  #isIncomplete = false;
  /** The whole content is to be sent next. */
  #isSyncDue = false;
  /** An update waits for its turn, or is being sent. */
  #isBusy = false;
  #isOver = false;
  #lastAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #cancelStop: (() => void) | undefined;

  constructor(parts: PushParts, hub: ChangeHub, id: number, session: Session, terms: DatastoreTerms) {
    this.#parts = parts;
    this.#hub = hub;
    this.id = id;
    this.session = session;
    this.#terms = terms;
    this.#source = new PushSource(session);
    this.#pending = new Pending(hub.keys);
    this.#selection = new Selection(hub.keys, terms.filter);
    this.#decisions = this.#rights();
    this.#watchStop();
    hub.add(this, () => this.#begin());
  }

  get terms(): Terms {
    return this.#terms;
  }

  get isOperational(): boolean {
    return this.#terms.datastore === OPERATIONAL;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get syncsOnStart(): boolean {
    return this.#terms.trigger.kind === 'on-change' && this.#terms.trigger.syncOnStart;
  }

  modify(terms: Terms, notice: string): void {
    if (terms.kind !== 'datastore') throw new Error('a subscription to a datastore stays one');
    const isSelectionNew = new Selection(this.#hub.keys, terms.filter).id !== this.#selection.id;
    const { filter } = terms;
    this.#terms = terms;
    this.#watchStop();
    this.#source.push(notice);
    if (!isSelectionNew && filter?.name === undefined) {
      this.#schedule();
      return;
    }
    // What is selected is another part of the datastore: changes of the old one mean nothing any more.
    this.#selection = new Selection(this.#hub.keys, filter);
    this.#pending.clear();
    this.#begin();
  }

  end(notice?: string): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#cancelStop?.();
    this.#hub.remove(this);
    this.#source.end(notice);
  }

  /** resync-subscription: the whole content, and from then on changes of it. */
  resync(): void {
    this.#isSyncDue = true;
    this.#schedule(true);
  }

  /** What a change is to this subscription and to all that `isLike` it. */
  entries(change: ViewChange): readonly Entry[] {
    const decisions = this.#rights();
    const before = this.#decisions;
    this.#decisions = decisions;
    const configOnly = !this.isOperational;
    if (!this.#selection.isEvaluated) {
      const rows = change.changesRules ? allRows(change.before, change.after) : change.rows;
      const rights = change.changesRules ? before : decisions;
      return this.#difference(
        rows,
        new Sight(change.before, this.#selection.wanted(change.before, rights), rights, configOnly),
        new Sight(change.after, this.#selection.wanted(change.after, decisions), decisions, configOnly),
      );
    }
    if (!change.changesRules && !this.#selection.isTouched(change.rows)) return [];
    const was = this.#selected ?? this.#selection.wanted(change.before, before);
    const is = this.#selection.wanted(change.after, decisions);
    this.#selected = is;
    const rows: Iterable<RowChange> = change.changesRules
      ? allRows(change.before, change.after)
      : touchedRows(change.rows, [was, is], change.before, change.after);
    return this.#difference(
      rows,
      new Sight(change.before, was, before, configOnly),
      new Sight(change.after, is, decisions, configOnly),
    );
  }

  /** Two subscriptions of which this is the same have the same entries of every change. */
  get likeness(): string {
    const { user, recovery, externalGroups } = this.session.peer.principal;
    return JSON.stringify([this.#selection.id, this.isOperational, recovery, user, externalGroups]);
  }

  /** Another one that is like this has worked a change out. */
  follow(other: OnChangeSubscription): void {
    this.#decisions = other.#decisions;
    this.#selected = other.#selected;
  }

  /** Takes what a change is to it. */
  take(entries: readonly Entry[]): void {
    const { trigger } = this.#terms;
    if (trigger.kind !== 'on-change' || this.#isSyncDue) return;
    for (const entry of entries) {
      if (trigger.excluded.has(entry.operation)) this.excluded++;
      else if (!this.#pending.add(entry)) {
        this.#overflow();
        break;
      }
    }
    this.#schedule();
  }

  /** The filter cannot be evaluated any more. */
  fail(error: unknown): void {
    if (!(error instanceof FaultError)) this.#parts.onBug(error);
    this.#parts.onOver(this.id, 'filter-unavailable');
  }

  #difference(rows: Iterable<RowChange>, before: Sight, after: Sight): readonly Entry[] {
    return [...changeEntries(rows, before, after)];
  }

  #rights(): Decisions {
    return this.#parts.access.decisions(this.session.peer.principal);
  }

  /** The datastore can be followed from now on. */
  #begin(): void {
    if (this.#isOver) return;
    if (this.syncsOnStart) this.resync();
    else if (this.#selection.isEvaluated) {
      try {
        using moment = this.#hub.moment(this.#terms.datastore);
        this.#select(moment.view);
      } catch (error) {
        this.fail(error);
      }
    }
  }

  #select(view: SourceView): void {
    this.#decisions = this.#rights();
    this.#selected = this.#selection.isEvaluated ? this.#selection.wanted(view, this.#decisions) : undefined;
  }

  #watchStop(): void {
    this.#cancelStop?.();
    const { stopAt } = this.#terms;
    this.#cancelStop = stopAt === undefined ? undefined : at(stopAt, () => this.#parts.onOver(this.id));
  }

  /** More has changed than can wait: either all is sent anew, or what is sent says that it is not all. */
  #overflow(): void {
    if (this.syncsOnStart) {
      this.#pending.clear();
      this.#isSyncDue = true;
    } else this.#isIncomplete = true;
  }

  /** Has an update sent as soon as may be; `now`: whatever the dampening period says. */
  #schedule(now = false): void {
    if (this.#isBusy || this.#isOver || (this.#pending.isEmpty && !this.#isSyncDue)) return;
    const { trigger } = this.#terms;
    const dampeningMs = trigger.kind === 'on-change' && !now ? trigger.dampeningMs : 0;
    const wait = this.#lastAt + dampeningMs - performance.now();
    clearTimeout(this.#timer);
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#schedule(), Math.ceil(wait));
      this.#timer.unref();
      return;
    }
    this.#isBusy = true;
    this.#source.push(async () => this.#update());
  }

  #update(): Awaited<ReturnType<Exclude<Outgoing, string>>> {
    if (this.#isOver) return undefined;
    const { filter, datastore } = this.#terms;
    const moment = this.#hub.moment(datastore);
    try {
      if (this.#isSyncDue) {
        this.#isSyncDue = false;
        this.#pending.clear();
        this.#patchId = 0;
        this.#isIncomplete = false;
        this.#select(moment.view);
        this.#sent();
        return pushUpdate(this.id, moment, filter?.filter, this.#decisions, () => this.#done());
      }
      const wanted = this.#selected ?? this.#selection.wanted(moment.view, this.#decisions);
      const sight = new Sight(moment.view, wanted, this.#decisions, !this.isOperational);
      const content = pushChangeUpdate(this.#pending.take(), sight, {
        id: this.id,
        patchId: this.#patchId,
        isIncomplete: this.#isIncomplete,
        done: () => {
          moment[Symbol.dispose]();
          this.#done();
        },
      });
      if (content === undefined) return undefined;
      this.#isIncomplete = false;
      this.#patchId = this.#patchId === MAX_PATCH_ID ? 0 : this.#patchId + 1;
      this.#sent();
      return content;
    } catch (error) {
      moment[Symbol.dispose]();
      this.#isBusy = false;
      this.fail(error);
      return undefined;
    }
  }

  #sent(): void {
    this.sent++;
    this.#lastAt = performance.now();
  }

  #done(): void {
    this.#isBusy = false;
    this.#schedule();
  }
}
