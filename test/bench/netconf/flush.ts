/** What the disk takes of a commit: LMDB flushes twice. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Milliseconds of each of `count` writes of one page with its flush, in the folder. */
export function flushes(folder: string, count: number): number[] {
  const path = join(folder, 'bench-flush');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(4096);
  const found: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    writeSync(file, page);
    fdatasyncSync(file);
    found.push(performance.now() - started);
  }
  closeSync(file);
  rmSync(path);
  return found;
}
