/** All that notifies one session, in turns: one that has much to say does not silence the others. */
import type { NotificationSource, Outgoing } from '../session/outgoing.ts';
import type { Session } from '../session/session.ts';

export class Outbox implements NotificationSource {
  readonly #sources: NotificationSource[] = [];
  #turn = 0;

  add(source: NotificationSource): void {
    this.#sources.push(source);
  }

  get isOver(): boolean {
    return false;
  }

  next(): Outgoing | undefined {
    for (let tries = this.#sources.length; tries > 0; tries--) {
      const at = this.#turn % this.#sources.length;
      const source = this.#sources[at];
      const next = source?.next();
      if (next === undefined && source?.isOver) this.#sources.splice(at, 1);
      else this.#turn = at + 1;
      if (next !== undefined) return next;
    }
    return undefined;
  }
}

const outboxes = new WeakMap<Session, Outbox>();

/** The session's outbox; made, and attached to it, when first asked for. */
export function outboxOf(session: Session): Outbox {
  let outbox = outboxes.get(session);
  if (outbox === undefined) {
    outbox = new Outbox();
    outboxes.set(session, outbox);
    session.attachNotifications(outbox);
  }
  return outbox;
}
