/** Huge pages of 2 MiB for the packet engine's memory: taken at start where the machine has none free, given back at the end. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const folder = '/sys/kernel/mm/hugepages/hugepages-2048kB';

export interface HugePages {
  /** Whether the engine can have what it needs. */
  readonly available: boolean;
  readonly reason: string;
}

/**
 * Makes sure that `count` huge pages are free. `beforeChange` is told how many will be added: to be given to
 * `returnHugePages` in the end. Other routers on the machine do the same, so nobody sets the number to what it was.
 */
export function reserveHugePages(count: number, beforeChange: (added: number) => void): HugePages {
  if (!existsSync(folder)) return { available: false, reason: 'the kernel has no huge pages of 2 MiB' };
  const total = read('nr_hugepages');
  const free = read('free_hugepages');
  if (free >= count) return { available: true, reason: '' };
  beforeChange(count - free);
  try {
    writeFileSync(`${folder}/nr_hugepages`, String(total + count - free));
  } catch (error) {
    beforeChange(0);
    return { available: false, reason: (error as Error).message };
  }
  const got = read('free_hugepages');
  if (got >= count) return { available: true, reason: '' };
  returnHugePages(read('nr_hugepages') - total);
  beforeChange(0);
  return {
    available: false,
    reason: `${count} huge pages of 2 MiB are needed and ${got} are to be had; free some memory, or: echo ${total + count} >${folder}/nr_hugepages`,
  };
}

/** Gives back what was added. */
export function returnHugePages(added: number): void {
  if (added > 0) writeFileSync(`${folder}/nr_hugepages`, String(Math.max(0, read('nr_hugepages') - added)));
}

function read(name: string): number {
  return Number(readFileSync(`${folder}/${name}`, 'latin1'));
}
