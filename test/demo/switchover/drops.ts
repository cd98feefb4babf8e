/** What the PEs themselves dropped and redirected: losses that are not among it were lost elsewhere. */
import type { DualPe } from '../../dual-pe.ts';
import { segmentState } from '../../segment.ts';

type Counters = ReadonlyMap<string, number>;

const redirection = ['from-ce', 'to-ce', 'dropped', 'received', 'held', 'refused', 'copies'] as const;

/** Of each PE that runs, by its number. */
export async function redirected(net: DualPe): Promise<ReadonlyMap<number, Counters>> {
  const running = net.pes.filter((pe) => pe.isRunning);
  return new Map(
    await Promise.all(running.map(async (pe) => [pe.number, redirectionOf(await segmentState(pe.router))] as const)),
  );
}

function redirectionOf(state: string): Counters {
  const part = /<redirected>([\s\S]*?)<\/redirected>/.exec(state)?.[1] ?? '';
  return new Map(redirection.map((name) => [name, Number(new RegExp(`<${name}>(\\d+)<`).exec(part)?.[1] ?? 0)]));
}

/** A line for each PE that redirected since `before`, or took what the other one redirected. */
export async function redirectedText(net: DualPe, before: ReadonlyMap<number, Counters>): Promise<readonly string[]> {
  return [...(await redirected(net))].flatMap(([pe, now]) => {
    // A PE that has started anew counts from 0.
    const grown = redirection.map((name) => [
      name,
      Math.max(0, (now.get(name) ?? 0) - (before.get(pe)?.get(name) ?? 0)),
    ]);
    const told = grown.filter(([, count]) => count !== 0).map(([name, count]) => `${name} ${count}`);
    return told.length === 0 ? [] : [`PE ${pe} redirection, frames: ${told.join(', ')}`];
  });
}
