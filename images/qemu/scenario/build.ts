/** Builds further images for tests: other versions, broken ones, with other keys. */
import { mkdtempSync } from 'node:fs';
import { run } from '../../../lab/run.ts';
import { newestImage } from '../image.ts';

/** Resolves with the bundle. The cache of the real build is used, its output is elsewhere: the caller removes `folder`. */
export async function otherBundle(version: string, more: readonly string[] = []) {
  const folder = mkdtempSync('build/image/out-');
  await run('bash', ['images/make', '--version', version, '--out', folder, '--bundle-only', ...more]);
  return { folder, bundle: newestImage('bundle', folder) };
}
