/**
 * The event streams: whatever is published is recorded, and goes to every subscriber of a stream that carries it, who may
 * see it and whose filter wants it. An event is written once for all.
 */
import type { AccessControl } from '../../../commit/access/access.ts';
import type { EventLog, LoggedEvent } from '../../../datastore/event-log.ts';
import type { KeySpace } from '../../../datastore/key/key.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { Filter } from '../filter/filter.ts';
import type { Session } from '../session/session.ts';
import type { NotificationEvent } from './event.ts';
import type { EventStream } from './event-streams.ts';
import { EventFeed, type FeedOptions } from './feed.ts';
import { EventFilter } from './match.ts';
import { outboxOf } from './outbox.ts';
import { type EventRecord, notificationText, recordOf, writeEvent } from './record.ts';
import { readableEvent } from './redact.ts';

/** What create-subscription asks for; times in milliseconds since 1970. */
export interface SubscriptionRequest {
  readonly stream: EventStream;
  readonly filter: Filter | undefined;
  readonly replayFrom: number | undefined;
  readonly stopAt: number | undefined;
}

/** Records kept for those who catch up: they mostly read the same ones. */
const KNOWN_RECORDS = 256;

export class Streams {
  readonly log: EventLog;
  readonly #schema: Schema;
  readonly #keys: KeySpace;
  readonly #access: AccessControl;
  /** All feeds, those of RFC 8639 included. */
  readonly #feeds = new Set<EventFeed>();
  /** Subscriptions by create-subscription (RFC 5277), one a session. */
  readonly #subscriptions = new Map<number, EventFeed>();
  readonly #records = new Map<number, EventRecord | undefined>();
  #lost = 0;

  constructor(schema: Schema, keys: KeySpace, access: AccessControl, log: EventLog) {
    this.#schema = schema;
    this.#keys = keys;
    this.#access = access;
    this.log = log;
  }

  /** Events that slow subscribers lost, since the start. */
  get lost(): number {
    return this.#lost;
  }

  isSubscribed(sessionId: number): boolean {
    return this.#subscriptions.has(sessionId);
  }

  /** create-subscription (RFC 5277 section 2.1.1). */
  subscribe(session: Session, request: SubscriptionRequest): void {
    const { replayFrom, stopAt } = request;
    const end = (): string => {
      this.unsubscribe(session.id);
      return this.#mark('notificationComplete');
    };
    const feed = this.open({
      session,
      stream: request.stream,
      filter: request.filter === undefined ? undefined : new EventFilter(this.#schema, request.filter),
      ...(replayFrom === undefined ? {} : { replayFrom }),
      ...(stopAt === undefined ? {} : { stopAt }),
      replayed: () => this.#mark('replayComplete'),
      stopped: end,
      onFilterTimeout: () => feed.tell(end()),
      onLost: () => undefined,
    });
    this.#subscriptions.set(session.id, feed);
    session.notify();
  }

  /** Ends the session's subscription by create-subscription; what waits is still sent. */
  unsubscribe(sessionId: number): void {
    const feed = this.#subscriptions.get(sessionId);
    if (feed === undefined) return;
    this.#subscriptions.delete(sessionId);
    this.close(feed);
  }

  /** A feed that takes events from now on. */
  open(options: FeedOptions): EventFeed {
    const feed = new EventFeed(this, {
      ...options,
      onLost: (events) => {
        this.#lost += events;
        options.onLost(events);
      },
    });
    this.#feeds.add(feed);
    outboxOf(options.session).add(feed);
    return feed;
  }

  /** Takes no more events; what waits is still sent, and after it `notice`. */
  close(feed: EventFeed, notice?: string): void {
    if (notice !== undefined) feed.tell(notice);
    feed.end();
    this.#feeds.delete(feed);
  }

  publish(event: NotificationEvent): void {
    const { node, children, at } = event;
    const xml = writeEvent(this.#schema, event);
    const seq = this.log.append(at.getTime(), `${node.module.name}:${node.name}`, xml);
    const record: EventRecord = {
      seq,
      node,
      at: at.getTime(),
      text: notificationText(at, xml),
      children: () => children,
    };
    for (const feed of this.#feeds) feed.offer(record);
  }

  /** An event of the log; undefined where the schema no longer has it. */
  record(event: LoggedEvent): EventRecord | undefined {
    let record = this.#records.get(event.seq);
    if (record === undefined) {
      record = recordOf(this.#schema, event);
      if (this.#records.size >= KNOWN_RECORDS) this.#records.clear();
      this.#records.set(event.seq, record);
    }
    return record;
  }

  /** The event as the session may see it; undefined: not at all. */
  seenBy(session: Session, event: EventRecord): EventRecord | undefined {
    if (!session.isOpen) return undefined;
    const decisions = this.#access.decisions(session.peer.principal);
    return decisions.notification(event.node) ? readableEvent(this.#schema, this.#keys, decisions, event) : undefined;
  }

  /** replayComplete, notificationComplete: always sent (RFC 8341 section 3.4.6). */
  #mark(name: string): string {
    const node = this.#schema.notifications.get(`nc-notifications:${name}`);
    if (node === undefined) throw new Error(`the schema has no ${name}`);
    return notificationText(new Date(), writeEvent(this.#schema, { node, children: [] }));
  }
}
