/** One at a time, in order of arrival, and never more than a bound in waiting. */
import { type Fault, FaultError } from '../yang/fault.ts';

export class SerialQueue {
  readonly #capacity: number;
  #waiting = 0;
  #isClosed = false;
  #tail: Promise<void> = Promise.resolve();

  /** @param capacity how many may wait or run; the next one is refused with `resource-denied` */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** How many wait or run. */
  get length(): number {
    return this.#waiting;
  }

  /** Runs the work after all that came before it, whether that succeeded or not. */
  run<T>(work: () => Promise<T> | T): Promise<T> {
    if (this.#isClosed) return Promise.reject(new FaultError(denied('the router is stopping')));
    if (this.#waiting >= this.#capacity) {
      const message = `${this.#capacity} changes of the configuration are waiting already; try again later`;
      return Promise.reject(new FaultError(denied(message)));
    }
    return this.runAlways(work);
  }

  /** As `run`, but never refused: for what ends something and needs no more than its turn. */
  async runAlways<T>(work: () => Promise<T> | T): Promise<T> {
    this.#waiting++;
    const turn = this.#tail.then(work);
    this.#tail = turn.then(
      () => undefined,
      () => undefined,
    );
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }

  /** Takes no more work, and resolves when what it has is done. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#tail;
  }
}

function denied(message: string): Fault {
  return { type: 'application', tag: 'resource-denied', message };
}
