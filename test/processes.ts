/** CPU time that a process used, all of its threads, in milliseconds (schedstat: nanoseconds on a CPU). */
import { readdirSync, readFileSync } from 'node:fs';

export function cpuMilliseconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
  }
  return nanoseconds / 1e6;
}
