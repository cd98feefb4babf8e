/**
 * Rows that a walk goes through: read from the operational datastore, kept for a moment, read again when they are asked
 * for and old. What a walk costs is bounded by that: reading takes at most a tenth of the time, however long it takes.
 */

/** Younger rows are not read again, whatever has changed. */
const LEAST_AGE_MS = 200;
/** Older rows are read again, though the answer is still given from them. */
const AGE_MS = 1_000;
/** Rows older than this are not shown: the answer waits. */
const SHOWN_MS = 5_000;
/** Reading again waits for so many times the time that reading took. */
const REST = 10;

export class Snapshot<T> {
  readonly #load: () => Promise<T>;
  #value: T;
  #loadedAt = Number.NEGATIVE_INFINITY;
  #tookMs = 0;
  #isChanged = false;
  #loading: Promise<void> | undefined;

  constructor(empty: T, load: () => Promise<T>) {
    this.#value = empty;
    this.#load = load;
  }

  get value(): T {
    return this.#value;
  }

  /** Something has changed: the next answer waits for it. */
  expire(): void {
    this.#isChanged = true;
  }

  /** What has to be awaited before `value` may be shown; undefined: nothing. */
  fresh(): Promise<void> | undefined {
    const age = performance.now() - this.#loadedAt;
    const rest = Math.max(LEAST_AGE_MS, this.#tookMs * REST);
    const isOld = age > Math.max(AGE_MS, rest) || (this.#isChanged && age > rest);
    if (isOld) this.#loading ??= this.#reload();
    const mayShow = age <= Math.max(SHOWN_MS, 2 * rest) && !(this.#isChanged && isOld);
    return mayShow ? undefined : this.#loading;
  }

  async #reload(): Promise<void> {
    const from = performance.now();
    // What changes from here on may not be in it.
    this.#isChanged = false;
    try {
      this.#value = await this.#load();
      this.#loadedAt = performance.now();
      this.#tookMs = this.#loadedAt - from;
    } finally {
      this.#loading = undefined;
    }
  }
}
