/** Processes of this machine, told apart by id and start time, so that a reused id is never taken for the old process. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessName {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTime: string;
}

export function nameOf(pid: number): ProcessName | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command in parentheses may hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const startTime = fields[19];
    return startTime === undefined || fields[0] === 'Z' ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

export function isAlive(name: ProcessName): boolean {
  return nameOf(name.pid)?.startTime === name.startTime;
}

/** SIGTERM, then SIGKILL after `graceMs`. Resolves once the process is gone. */
export async function end(name: ProcessName, graceMs: number): Promise<void> {
  const signal = (kind: NodeJS.Signals): void => {
    try {
      if (isAlive(name)) process.kill(name.pid, kind);
    } catch {
      // It ended meanwhile.
    }
  };
  signal('SIGTERM');
  // Not our child: its end can only be polled for.
  for (const deadline = performance.now() + graceMs; isAlive(name) && performance.now() < deadline; ) await delay(10);
  signal('SIGKILL');
  while (isAlive(name)) await delay(10);
}
