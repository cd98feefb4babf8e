/** Long work in small pieces: a generator that yields where the event loop may turn. */

/** Milliseconds of work between two turns of the event loop. */
const SLICE_MS = 8;

/** Runs to the end and lets the event loop turn every few milliseconds. */
export async function inSlices<T>(work: Generator<void, T>): Promise<T> {
  let since = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - since < SLICE_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    since = performance.now();
  }
}
