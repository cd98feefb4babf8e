/** The image with the kernel of virtual machines: it is built, and the short check passes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { run } from '../../../lab/run.ts';
import { newestImage } from '../image.ts';

export async function cloud(): Promise<string> {
  const folder = mkdtempSync('build/image/out-');
  try {
    await run('bash', ['images/make', '--variant', 'cloud', '--out', folder]);
    const text = await run('bash', ['images/check', '--image', newestImage('qcow2', folder)]);
    return `as with the other kernel:\n${text.trimEnd()}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
