/** Many sessions, each of which asks again as soon as it is answered. */
import type { NetconfClient } from '../../../src/northbound/netconf/client.ts';
import { connect, type Subject } from './subject.ts';

/** Logins at a time: servers refuse more that are half open. */
const loginsAtOnce = 8;
/** netconfd behind sshd takes about a second for each. */
const opensWithinMs = 240_000;

/** Undefined where they are not open in time; then none is. */
export async function openSessions(subject: Subject, count: number): Promise<readonly NetconfClient[] | undefined> {
  const clients: NetconfClient[] = [];
  const deadline = performance.now() + opensWithinMs;
  let left = count;
  const open = async (): Promise<void> => {
    while (left-- > 0 && performance.now() < deadline) clients.push(await connect(subject));
  };
  await Promise.all(Array.from({ length: loginsAtOnce }, open));
  if (clients.length === count) return clients;
  await closeAll(clients);
  return undefined;
}

export async function closeAll(clients: readonly NetconfClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.close()));
}

export interface Rate {
  readonly perSecond: number;
  /** Milliseconds of each rpc. */
  readonly latencies: readonly number[];
  readonly answered: number;
}

/** All sessions at once until `total` rpcs are answered. */
export async function rate(clients: readonly NetconfClient[], operation: string, total: number): Promise<Rate> {
  const latencies: number[] = [];
  let left = total;
  const started = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) {
        const sent = performance.now();
        await client.rpc(operation);
        latencies.push(performance.now() - sent);
      }
    }),
  );
  return { perSecond: (total * 1000) / (performance.now() - started), latencies, answered: latencies.length };
}

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
