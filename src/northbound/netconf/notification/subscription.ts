/** One session's subscription: the events that wait for it. */
import type { Session } from '../session/session.ts';
import type { EventFilter } from './match.ts';

export interface QueueLimits {
  readonly events: number;
  /** Characters of all that wait. */
  readonly characters: number;
}

export class Subscription {
  readonly session: Session;
  readonly filter: EventFilter | undefined;
  readonly #limits: QueueLimits;
  #queue: string[] = [];
  #head = 0;
  #characters = 0;
  #dropped = 0;

  constructor(session: Session, filter: EventFilter | undefined, limits: QueueLimits) {
    this.session = session;
    this.filter = filter;
    this.#limits = limits;
  }

  /** Events that found the queue full. */
  get dropped(): number {
    return this.#dropped;
  }

  get waiting(): number {
    return this.#queue.length - this.#head;
  }

  /** Takes an event; a full queue keeps what it has and drops the new one, so that what is sent has no holes before it. */
  push(text: string): boolean {
    if (this.waiting >= this.#limits.events || this.#characters + text.length > this.#limits.characters) {
      this.#dropped++;
      return false;
    }
    this.#queue.push(text);
    this.#characters += text.length;
    this.session.notify();
    return true;
  }

  /** The next event to send. */
  next(): string | undefined {
    const text = this.#queue[this.#head];
    if (text === undefined) return undefined;
    this.#head++;
    this.#characters -= text.length;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    return text;
  }
}
