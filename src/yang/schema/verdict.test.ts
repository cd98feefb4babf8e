/**
 * Accepted or refused: the verdict on small modules, compared with yanglint's. Each line is the body of a module `x`
 * of YANG 1.1 with a feature `f`.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ModuleError } from '../statement/error.ts';
import { loadSchema } from './load.ts';
import { BODIES, OURS_DIFFERS } from './verdict-cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-verdict-'));
after(() => rmSync(folder, { recursive: true }));
const version = spawnSync('yanglint', ['--version'], { encoding: 'utf8' }).stdout ?? '';

test('loadSchema accepts what yanglint accepts and refuses what it refuses', {
  skip: version.startsWith('yanglint 2.') ? false : 'needs yanglint 2',
}, () => {
  const wrong: string[] = [];
  for (const body of BODIES) {
    const file = join(folder, 'x.yang');
    writeFileSync(file, `module x { yang-version 1.1; namespace urn:x; prefix x; feature f; ${body} }`);
    const theirs = spawnSync('yanglint', ['-Q', '-Q', file]).status === 0;
    const ours = verdict();
    if ((ours === undefined) !== (theirs !== OURS_DIFFERS.has(body))) {
      wrong.push(`${body}\n  yanglint ${theirs ? 'accepts' : 'refuses'}, ours: ${ours ?? 'accepted'}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** Why it is refused. */
function verdict(): string | undefined {
  try {
    loadSchema({ paths: [folder], modules: [{ name: 'x', features: 'all' }] });
    return undefined;
  } catch (error) {
    if (error instanceof ModuleError) return error.message;
    throw error;
  }
}
