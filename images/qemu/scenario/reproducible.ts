/** The same inputs twice: the root, the boot files, the boot loader and the disk are the same bytes. */
import { createHash } from 'node:crypto';
import { createReadStream, globSync, mkdtempSync, rmSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { run } from '../../../lab/run.ts';

export async function reproducible(): Promise<string> {
  const folders = [mkdtempSync('build/image/out-'), mkdtempSync('build/image/out-')];
  try {
    const sums: string[][] = [];
    for (const folder of folders) {
      await run('bash', [
        'images/make',
        '--version',
        'twice',
        '--out',
        folder,
        ...(folder === folders[1] ? ['--engine-anew'] : []),
      ]);
      sums.push(await Promise.all(globSync(`${folder}/*.{raw,bundle,spdx.json,qcow2}`).sort().map(sumOf)));
    }
    const [first = [], second = []] = sums;
    if (first.length !== 4 || first.join() !== second.join())
      throw new Error(`${first.join('\n')}\n\n${second.join('\n')}`);
    return `twice the same:\n${first.join('\n')}`;
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true });
  }
}

async function sumOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `${hash.digest('hex')}  ${file.split('/').at(-1)}`;
}
