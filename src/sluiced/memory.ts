/**
 * Gives memory back after large changes. V8 collects when it is asked for more, so a router that was loaded and then left
 * alone would keep what the load took: at 100,000 interfaces more than twice of what it needs.
 */
import type { CommitListener } from '../commit/pipeline.ts';

/** A change of as many rows leaves garbage that is worth a collection. */
const manyRows = 20_000;
/** Until the reply is out, and in case more comes. */
const quietMs = 2000;

/** A listener of commits. Does nothing where Node was started without `--expose-gc`. */
export function collectAfterLargeCommits(): CommitListener {
  let timer: NodeJS.Timeout | undefined;
  return ({ rows }) => {
    if (rows < manyRows || globalThis.gc === undefined) return;
    clearTimeout(timer);
    timer = setTimeout(() => globalThis.gc?.(), quietMs).unref();
  };
}
