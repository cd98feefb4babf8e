/** What waits for one subscriber, within bounds. */
import type { Outgoing } from '../session/outgoing.ts';

export interface QueueLimits {
  readonly events: number;
  /** Characters of all that wait. */
  readonly characters: number;
}

const QUEUE_LIMITS: QueueLimits = { events: 1024, characters: 8 * 1024 * 1024 };

export class OutgoingQueue {
  readonly #limits: QueueLimits;
  #items: Outgoing[] = [];
  #head = 0;
  #characters = 0;

  constructor(limits: QueueLimits = QUEUE_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** False: there is no room, and it was not taken. */
  push(item: Outgoing): boolean {
    if (this.size >= this.#limits.events || this.#characters + sizeOf(item) > this.#limits.characters) return false;
    this.pushAlways(item);
    return true;
  }

  /** What must not be lost and comes once: marks and changes of a subscription's state. */
  pushAlways(item: Outgoing): void {
    this.#items.push(item);
    this.#characters += sizeOf(item);
  }

  next(): Outgoing | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    this.#characters -= sizeOf(item);
    if (this.#head === this.#items.length) this.clear();
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#characters = 0;
  }
}

function sizeOf(item: Outgoing): number {
  return typeof item === 'string' ? item.length : 0;
}
