/**
 * What a start made and has to take down again: processes, namespaces, huge pages, the folder of sockets. Written to
 * the state folder before each thing is made, so that a start after kill -9 or a power cut finds and clears it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ProcessName } from '../platform/processes.ts';

export interface RunRecord {
  /** The start itself. */
  readonly starter: ProcessName;
  /** Of this boot: processes and namespaces of an earlier one are gone. */
  readonly bootId: string;
  engine?: ProcessName;
  sluiced?: ProcessName;
  /** Number of huge pages that were added to the machine's. */
  hugePagesAdded?: number;
}

export interface Places {
  readonly state: string;
  readonly record: string;
  /** Sockets and the lab's files; short, as socket paths are limited to 107 bytes. */
  readonly run: string;
  readonly engineSocket: string;
  readonly netconfSocket: string;
  readonly logs: string;
  /** The datastore: a state folder without it is new. */
  readonly database: string;
  /** Four hexadecimal digits that tell starts with other state folders apart. */
  readonly id: string;
  /** Prefix of the lab's namespaces. */
  readonly namespacePrefix: string;
}

/** Makes the state folder (0700) and derives every other place from it. */
export function placesOf(stateFolder: string): Places {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const state = realpathSync(stateFolder);
  const id = createHash('sha256').update(state).digest('hex').slice(0, 6);
  const run = `/run/sluice/${id}`;
  return {
    state,
    id,
    run,
    record: `${state}/run.json`,
    engineSocket: `${run}/engine.sock`,
    netconfSocket: `${run}/netconf.sock`,
    logs: `${state}/log`,
    database: `${state}/datastore`,
    namespacePrefix: `sluice-${id}-`,
  };
}

export function readRecord(places: Places): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(places.record, 'utf8')) as RunRecord;
  } catch {
    return undefined;
  }
}

export function writeRecord(places: Places, record: RunRecord): void {
  const text = `${JSON.stringify(record, undefined, 2)}\n`;
  writeFileSync(`${places.record}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${places.record}.new`, places.record);
}

export function removeRecord(places: Places): void {
  rmSync(places.record, { force: true });
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
