/** The benchmark's processes: an interrupted run leaves none behind, nor huge pages. */
import type { ChildProcess } from 'node:child_process';

const running = new Set<ChildProcess>();

/** Ends with the benchmark, whatever ends that. */
export function child<T extends ChildProcess>(process: T): T {
  running.add(process);
  process.once('exit', () => running.delete(process));
  return process;
}

/** Calls `end` where a signal ends the benchmark. */
export function onInterrupt(end: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      for (const one of running) one.kill('SIGKILL');
      end();
      process.exit(1);
    });
  }
}
