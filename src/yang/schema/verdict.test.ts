/**
 * Accepted or refused: the verdict on small modules, compared with yanglint's. Each line is the body of a module `x`
 * with a feature `f`, of YANG 1.1 and of YANG 1.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ModuleError } from '../statement/error.ts';
import { skipWithoutYanglint as skip, yanglint } from '../testing/yanglint.ts';
import { loadSchema } from './load.ts';
import { BODIES, OURS_DIFFERS, OURS_DIFFERS_IN_YANG_1 } from './verdict-cases.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-verdict-'));
after(() => rmSync(folder, { recursive: true }));

for (const [version, differs] of [
  ['1.1', OURS_DIFFERS],
  ['1', OURS_DIFFERS_IN_YANG_1],
] as const) {
  test(`loadSchema accepts what yanglint accepts and refuses what it refuses: YANG ${version}`, { skip }, () => {
    const modules = BODIES.map(
      (body) => `module x { yang-version ${version}; namespace urn:x; prefix x; feature f; ${body} }`,
    );
    const theirs = acceptedByYanglint(modules);
    const wrong: string[] = [];
    for (const [index, body] of BODIES.entries()) {
      const ours = refusal(modules[index] as string);
      if ((ours === undefined) === (theirs[index] !== differs.has(body))) continue;
      wrong.push(`${body}\n  yanglint ${theirs[index] ? 'accepts' : 'refuses'}, ours: ${ours ?? 'accepted'}`);
    }
    assert.deepEqual(wrong, []);
  });
}

/** One process takes all, one after another, and prints those that it accepts; where it crashes, the rest goes to the next. */
function acceptedByYanglint(modules: readonly string[]): readonly boolean[] {
  const file = (index: number) => join(folder, `${index}.yang`);
  const out = (index: number) => join(folder, `${index}.out`);
  for (const [index, text] of modules.entries()) {
    writeFileSync(file(index), text);
    rmSync(out(index), { force: true });
  }
  const accepted: boolean[] = [];
  while (accepted.length < modules.length) {
    const from = accepted.length;
    const commands = modules.slice(from).map((_, at) => {
      const index = from + at;
      return `clear\nadd ${file(index)}\nprint -f yang -o ${out(index)} x`;
    });
    const { status } = spawnSync('yanglint', { input: `${commands.join('\n')}\n` });
    while (accepted.length < modules.length && existsSync(out(accepted.length))) {
      accepted.push(statSync(out(accepted.length)).size > 0);
    }
    if (status === 0) continue;
    // What it died of is judged alone, without being printed: printing is what it may have died of.
    const index =
      accepted.length > from && statSync(out(accepted.length - 1)).size === 0 ? accepted.length - 1 : accepted.length;
    if (index < modules.length) accepted[index] = yanglint([], '-Q', '-Q', file(index)).status === 0;
  }
  return accepted;
}

/** Why it is refused. */
function refusal(text: string): string | undefined {
  writeFileSync(join(folder, 'x.yang'), text);
  try {
    loadSchema({ paths: [folder], modules: [{ name: 'x', features: 'all' }] });
    return undefined;
  } catch (error) {
    if (error instanceof ModuleError) return error.message;
    throw error;
  }
}
