/** Takes down what a start made: at its end, and at the next start after one that was killed. */
import { rmdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { deleteNamespaces, findNamespaces } from '../../lab/host.ts';
import { run } from '../../lab/run.ts';
import { end } from '../platform/processes.ts';
import { returnHugePages } from './huge-pages.ts';
import { bootId, type Places, type RunRecord, removeRecord } from './record.ts';

/** Longest that a process of an earlier start gets to end by itself. */
const graceMs = 3000;

export async function clear(places: Places, record: RunRecord | undefined): Promise<void> {
  if (record !== undefined && record.bootId === bootId()) {
    // sluiced first: it would otherwise see its engine go.
    if (record.sluiced !== undefined) await end(record.sluiced, graceMs);
    if (record.engine !== undefined) await end(record.engine, graceMs);
    returnHugePages(record.hugePagesAdded ?? 0);
  }
  await deleteNamespaces(await findNamespaces(places.namespacePrefix));
  await deleteDevices(devicePrefix(places));
  rmSync(places.run, { recursive: true, force: true });
  try {
    rmdirSync(dirname(places.run));
  } catch {
    // Another router's folder is in it, or none ever was.
  }
  removeRecord(places);
}

/** Prefix of the kernel devices that are the router's ports in the lab; within 15 characters with what follows. */
export function devicePrefix(places: Places): string {
  return `sl${places.id}`;
}

/** The router's ends of the lab's cables go with the namespaces at their other ends, but not at once. */
async function deleteDevices(prefix: string): Promise<void> {
  const links = JSON.parse(await run('ip', ['-json', 'link', 'show'])) as { ifname: string }[];
  for (const { ifname } of links) {
    if (ifname.startsWith(prefix)) await run('ip', ['link', 'delete', ifname]).catch(() => undefined);
  }
}
