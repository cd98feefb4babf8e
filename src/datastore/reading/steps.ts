/** Work in steps of a few milliseconds: a generator that yields where the event loop may turn. */

/** Runs all steps at once, for those who have the time. */
export function atOnce<T>(steps: Generator<void, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
