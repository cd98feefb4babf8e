/** Lets one holder in at a time, in order of asking. */
export class Turn {
  #last: Promise<void> = Promise.resolve();

  /** Resolves with the function that ends the turn. */
  take(): Promise<() => void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    return before.then(() => resolve);
  }
}
