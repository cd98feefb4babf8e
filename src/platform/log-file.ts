/** The file that a process of ours writes its output to. */
import { mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Opens it to append; a file of more than `maxBytes` is put aside first (one generation). The caller closes it. */
export function openLog(path: string, maxBytes: number): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxBytes) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}
