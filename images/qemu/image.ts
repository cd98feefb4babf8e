/** The image that was built last. */
import { globSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** @param kind its file name's end */
export function newestImage(kind: 'qcow2' | 'raw' | 'bundle', folder = 'build/image/out'): string {
  const found = globSync(`${folder}/*.${kind}`).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (found === undefined) throw new Error(`there is no image in ${folder}: npm run image`);
  return resolve(found);
}
