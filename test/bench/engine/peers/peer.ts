/** How a peer is measured: by the time that its packet thread was on the core, times the TSC, by packets. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../quantile.ts';

export interface PeerClocks {
  readonly p10: number;
  readonly p50: number;
}

/** Nanoseconds that a thread has been on a core (the first field of schedstat). */
export function onCoreNs(pid: number, tid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1').split(' ')[0]);
}

/** Windows between two readings of the packets that the thread has forwarded since its start. */
export async function windowsOf(
  pid: number,
  tid: number,
  windows: number,
  tscHz: number,
  packets: () => Promise<number>,
  windowMs = 100,
): Promise<PeerClocks> {
  const clocks: number[] = [];
  let before = { packets: await packets(), ns: onCoreNs(pid, tid) };
  for (let n = 0; n < windows; n += 1) {
    await sleep(windowMs);
    const now = { packets: await packets(), ns: onCoreNs(pid, tid) };
    if (now.packets > before.packets)
      clocks.push((((now.ns - before.ns) / (now.packets - before.packets)) * tscHz) / 1e9);
    before = now;
  }
  if (clocks.length === 0) throw new Error('it forwarded nothing');
  return { p10: quantile(clocks, 0.1), p50: quantile(clocks, 0.5) };
}
