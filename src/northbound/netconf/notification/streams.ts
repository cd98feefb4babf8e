/**
 * The event stream NETCONF (RFC 5277 section 3.2.3): whatever is published goes to every subscriber that may see it and
 * whose filter wants it. An event is written once for all.
 */
import type { AccessControl } from '../../../commit/access.ts';
import { writeData } from '../../../yang/codec/write-data.ts';
import { XmlWriter } from '../../../yang/codec/xml-writer.ts';
import type { Schema } from '../../../yang/schema/node.ts';
import type { Filter } from '../filter/filter.ts';
import type { Session } from '../session/session.ts';
import type { NotificationEvent } from './event.ts';
import { EventFilter } from './match.ts';
import { type QueueLimits, Subscription } from './subscription.ts';

export const NETCONF_STREAM = 'NETCONF';
export const NOTIFICATION_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:notification:1.0';

const QUEUE_LIMITS: QueueLimits = { events: 1024, characters: 8 * 1024 * 1024 };

export class Streams {
  readonly #schema: Schema;
  readonly #access: AccessControl;
  readonly #subscriptions = new Map<number, Subscription>();
  #dropped = 0;

  constructor(schema: Schema, access: AccessControl) {
    this.#schema = schema;
    this.#access = access;
  }

  /** Events that slow subscribers lost, since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  get subscribers(): number {
    return this.#subscriptions.size;
  }

  isSubscribed(sessionId: number): boolean {
    return this.#subscriptions.has(sessionId);
  }

  subscribe(session: Session, filter: Filter | undefined): void {
    const eventFilter = filter === undefined ? undefined : new EventFilter(this.#schema, filter);
    const subscription = new Subscription(session, eventFilter, QUEUE_LIMITS);
    this.#subscriptions.set(session.id, subscription);
    session.attachNotifications(subscription);
  }

  unsubscribe(sessionId: number): void {
    this.#subscriptions.delete(sessionId);
  }

  publish(event: NotificationEvent): void {
    let text: string | undefined;
    for (const subscription of this.#subscriptions.values()) {
      if (!this.#wants(subscription, event)) continue;
      text ??= this.#write(event);
      if (!subscription.push(text)) this.#dropped++;
    }
  }

  #wants({ session, filter }: Subscription, event: NotificationEvent): boolean {
    if (!session.isOpen || !this.#access.decisions(session.peer.principal).notification(event.node)) return false;
    try {
      return filter?.matches(event) ?? true;
    } catch {
      // A filter that fails on this event does not select it.
      return false;
    }
  }

  #write({ node, children, at }: NotificationEvent): string {
    const writer = new XmlWriter(this.#schema);
    writer.open('notification', NOTIFICATION_NAMESPACE);
    writer.element('eventTime', NOTIFICATION_NAMESPACE, at.toISOString());
    writer.open(node.name, node.module.namespace);
    writeData(writer, children);
    writer.close();
    writer.close();
    return writer.take();
  }
}
