/** Huge pages of 2 MiB for the packet engine's memory: taken at start where the machine has none free, given back at the end. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const folder = '/sys/kernel/mm/hugepages/hugepages-2048kB';

export interface HugePages {
  /** Whether the engine can have what it needs. */
  readonly available: boolean;
  /** To be given to `restoreHugePages`; undefined where nothing was changed. */
  readonly before: number | undefined;
  readonly reason: string;
}

/** Makes sure that `count` huge pages are free. */
export function reserveHugePages(count: number, beforeChange: (before: number) => void): HugePages {
  if (!existsSync(folder)) {
    return { available: false, before: undefined, reason: 'the kernel has no huge pages of 2 MiB' };
  }
  const total = read('nr_hugepages');
  const free = read('free_hugepages');
  if (free >= count) return { available: true, before: undefined, reason: '' };
  beforeChange(total);
  try {
    writeFileSync(`${folder}/nr_hugepages`, String(total + count - free));
  } catch (error) {
    return { available: false, before: undefined, reason: (error as Error).message };
  }
  const got = read('free_hugepages');
  if (got >= count) return { available: true, before: total, reason: '' };
  restoreHugePages(total);
  return {
    available: false,
    before: undefined,
    reason: `${count} huge pages of 2 MiB are needed and ${got} are to be had; free some memory, or: echo ${total + count} >${folder}/nr_hugepages`,
  };
}

export function restoreHugePages(before: number): void {
  writeFileSync(`${folder}/nr_hugepages`, String(before));
}

function read(name: string): number {
  return Number(readFileSync(`${folder}/${name}`, 'latin1'));
}
