/** What waits to be sent of one subscription to a datastore: notices, and updates that are made when their turn comes. */
import type { NotificationSource, Outgoing } from '../../session/outgoing.ts';
import type { Session } from '../../session/session.ts';
import { outboxOf } from '../outbox.ts';
import { OutgoingQueue } from '../queue.ts';

export class PushSource implements NotificationSource {
  readonly #session: Session;
  readonly #queue = new OutgoingQueue();
  #isOver = false;

  constructor(session: Session) {
    this.#session = session;
    outboxOf(session).add(this);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The caller sees to it that there is never more than an update and a few notices. */
  push(outgoing: Outgoing): void {
    this.#queue.pushAlways(outgoing);
    this.#session.notify();
  }

  next(): Outgoing | undefined {
    return this.#queue.next();
  }

  /** Only `notice` is still sent. */
  end(notice: string | undefined): void {
    this.#queue.clear();
    this.#isOver = true;
    if (notice !== undefined) this.push(notice);
  }
}
