/** The image that was built last, and disks that begin as an image. */
import { globSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from '../../lab/run.ts';

/** @param kind its file name's end */
export function newestImage(kind: 'qcow2' | 'raw' | 'bundle', folder = 'build/image/out'): string {
  const found = globSync(`${folder}/*.${kind}`).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
  if (found === undefined) throw new Error(`there is no image in ${folder}: npm run image`);
  return resolve(found);
}

/** Makes a disk of this size over an image, which stays as it is. */
export async function overlay(image: string, disk: string, size: string): Promise<void> {
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', image, disk, size]);
}

/** Makes a raw disk with what an image holds. @param image the qcow2; the raw disk is beside it */
export async function rawCopy(image: string, disk: string): Promise<void> {
  await run('cp', ['--sparse=always', '--reflink=auto', image.replace(/qcow2$/, 'raw'), disk]);
}
