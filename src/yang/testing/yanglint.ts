/** For tests: yanglint (libyang) as the compiler that we did not write, and the folders of modules that it is asked about. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STANDARD_PATHS } from '../schema/inline.ts';

const version = spawnSync('yanglint', ['--version'], { encoding: 'utf8' }).stdout ?? '';
/** Why a test of what libyang 2 says cannot run; false where it can. */
export const skipWithoutYanglint = version.startsWith('yanglint 2.') ? false : 'needs yanglint 2';

export const OWN_MODULES = join(import.meta.dirname, '../../../yang');
/** Debian's `frr`. */
export const FRR_MODULES = '/usr/share/yang';

/** Every folder with modules of Debian's libyuma-base, libyang2 and frr, and our own. Those that are not there are left out. */
export const ALL_FOLDERS: readonly string[] = [
  OWN_MODULES,
  ...STANDARD_PATHS,
  ...['ietf-draft', 'ietf-derived', 'netconfcentral', 'yuma123', 'examples'].map(
    (name) => `/usr/share/yuma/modules/${name}`,
  ),
  FRR_MODULES,
].filter((folder) => existsSync(folder));

/** Files with a module (not a submodule, which has no tree and cannot be loaded alone) in a folder. */
export function moduleFiles(folder: string): readonly string[] {
  return readdirSync(folder).filter(
    (name) => name.endsWith('.yang') && !/^\s*submodule\s/m.test(readFileSync(join(folder, name), 'utf8')),
  );
}

/**
 * The folder first, then all others: where its imports are looked for. Ours are for ours alone: yanglint takes the newest
 * revision that it finds anywhere, and packaged drafts need each other's old ones.
 */
export function searchPathOf(folder: string): readonly string[] {
  const others = ALL_FOLDERS.filter((other) => other !== folder && other !== OWN_MODULES);
  return [folder, ...others];
}

export interface YanglintResult {
  /** Null where it crashed. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function yanglint(paths: readonly string[], ...options: readonly string[]): YanglintResult {
  return spawnSync('yanglint', [...paths.flatMap((path) => ['-p', path]), ...options], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}
