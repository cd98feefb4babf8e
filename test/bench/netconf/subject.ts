/** A NETCONF server under measurement: where it listens, and what it has used so far. */
import { readdirSync, readFileSync } from 'node:fs';
import { connectSsh, type NetconfClient } from '../../../src/northbound/netconf/client.ts';

export interface Subject {
  readonly name: 'sluice' | 'netconfd';
  readonly port: number;
  readonly username: string;
  /** OpenSSH private key. */
  readonly privateKey: Buffer;
  /** The folder that it writes to. */
  readonly folder: string;
  /** The process that holds the data. */
  readonly pid: number;
  /** Further processes that work for it, descendants included: the SSH server. */
  readonly helpers: readonly number[];
  readonly hasCandidate: boolean;
  stop(): Promise<void>;
}

/** Both sides are given one cipher, so that it is the servers that differ. */
const cipher = 'aes128-gcm@openssh.com' as const;

export function connect(subject: Subject): Promise<NetconfClient> {
  const { port, username, privateKey } = subject;
  return connectSsh({ host: '127.0.0.1', port, username, privateKey, algorithms: { cipher: [cipher] } });
}

/** CPU time of the server in milliseconds, of all its processes and threads that live or were waited for. */
export function cpuMs(subject: Subject): number {
  let sum = 0;
  for (const pid of [subject.pid, ...withDescendants(subject.helpers)]) sum += processCpuMs(pid);
  return sum;
}

/** Resident memory of the process that holds the data, in MB. */
export function memoryMb(subject: Subject): number {
  const status = readFileSync(`/proc/${subject.pid}/status`, 'utf8');
  return (Number(/VmRSS:\s*(\d+)/.exec(status)?.[1]) * 1024) / 1e6;
}

function processCpuMs(pid: number): number {
  try {
    // proc_pid_schedstat: nanoseconds on the CPU, of one thread. Children that ended count in ticks of 10 ms.
    let nanoseconds = 0;
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    }
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return nanoseconds / 1e6 + (Number(fields[13]) + Number(fields[14])) * 10;
  } catch {
    return 0; // ended meanwhile
  }
}

function withDescendants(roots: readonly number[]): number[] {
  if (roots.length === 0) return [];
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // Ended meanwhile.
    }
  }
  const found = [...roots];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found;
}
