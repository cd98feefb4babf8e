/** Every module of Debian's folders that yanglint accepts compiles; what it refuses we refuse. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { ModuleError } from '../statement/error.ts';
import { STANDARD_PATHS } from './inline.ts';
import { loadSchema } from './load.ts';

const FOLDERS = [
  ...STANDARD_PATHS,
  ...['ietf-draft', 'ietf-derived', 'netconfcentral', 'yuma123'].map((name) => `/usr/share/yuma/modules/${name}`),
].filter((folder) => existsSync(folder));
const version = spawnSync('yanglint', ['--version'], { encoding: 'utf8' }).stdout ?? '';

for (const folder of FOLDERS) {
  const paths = [folder, ...FOLDERS.filter((other) => other !== folder)];
  test(`loadSchema and yanglint agree on ${folder}`, { skip: version ? false : 'needs yanglint' }, () => {
    const wrong: string[] = [];
    let accepted = 0;
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.yang'))) {
      const theirs =
        spawnSync('yanglint', ['-Q', '-Q', ...paths.flatMap((path) => ['-p', path]), `${folder}/${file}`]).status === 0;
      const [name, revision] = file.slice(0, -5).split('@') as [string, string | undefined];
      const reason = refusal(paths, name, revision);
      if (reason === undefined) accepted++;
      if ((reason === undefined) !== theirs)
        wrong.push(`${file}: yanglint ${theirs ? 'accepts' : 'refuses'}, ours: ${reason ?? 'accepted'}`);
    }
    assert.deepEqual(wrong, []);
    assert.ok(accepted > 0);
  });
}

function refusal(paths: string[], name: string, revision: string | undefined): string | undefined {
  try {
    loadSchema({ paths, modules: [{ name, features: 'all', ...(revision === undefined ? {} : { revision }) }] });
    return undefined;
  } catch (error) {
    if (error instanceof ModuleError) return error.message;
    throw error;
  }
}
