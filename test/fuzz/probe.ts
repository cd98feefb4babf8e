/** Loaded into the server's process in front of it (`node --expose-gc --import probe.ts`): tells its parent what it holds. */
import { setTimeout as delay } from 'node:timers/promises';

export interface ServerFigures {
  /** After garbage collection, in bytes. */
  readonly heap: number;
  readonly external: number;
  readonly rss: number;
  /** Sockets, timers and the like. */
  readonly resources: number;
}

process.on('message', () => {
  void (async () => {
    // Finalizers free more: what they held goes with the second round.
    globalThis.gc?.();
    await delay(20);
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const resources = process.getActiveResourcesInfo().length;
    const figures: ServerFigures = { heap: heapUsed, external, rss, resources };
    process.send?.(figures);
  })();
});
process.channel?.unref();
