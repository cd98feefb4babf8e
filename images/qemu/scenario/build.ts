/** Builds further images for tests: other versions, broken ones, with other keys. */
import { globSync, mkdtempSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from '../../../lab/run.ts';
import { newestImage } from '../image.ts';

/**
 * Resolves with the bundle. The cache of the real build is used, its output is elsewhere: the caller removes `folder`.
 * IMAGE_BUNDLES may name a folder with bundles of earlier runs, which are taken instead.
 */
export async function otherBundle(version: string, more: readonly string[] = []) {
  const earlier = globSync(`${process.env['IMAGE_BUNDLES'] ?? '/nowhere'}/sluice-${version}-*.bundle`)[0];
  if (earlier !== undefined) return { folder: undefined, bundle: resolve(earlier) };
  const folder = mkdtempSync('build/image/out-');
  await run('bash', ['images/make', '--version', version, '--out', folder, '--bundle-only', ...more]);
  return { folder, bundle: newestImage('bundle', folder) };
}
