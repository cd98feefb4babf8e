/** Trees are what yanglint prints, byte for byte. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { STANDARD_PATHS } from '../schema/inline.ts';
import { loadSchema, type ModuleRequest } from '../schema/load.ts';
import type { Schema } from '../schema/node.ts';
import { printTree } from './print.ts';

const FIXTURES = join(import.meta.dirname, 'fixture');
const OWN = join(import.meta.dirname, '../../../yang');
const version = spawnSync('yanglint', ['--version'], { encoding: 'utf8' }).stdout ?? '';
const skip = version.startsWith('yanglint 2.') ? false : 'needs yanglint 2';
const stripped = mkdtempSync(join(tmpdir(), 'sluice-tree-'));
after(() => rmSync(stripped, { recursive: true }));

/** All features of all implemented modules on, as yanglint has it. */
function allFeatures(paths: readonly string[], files: readonly string[]): { schema: Schema; names: string[] } {
  const requests: ModuleRequest[] = files.map((file) => {
    const [name, revision] = basename(file, '.yang').split('@') as [string, string | undefined];
    return { name, features: 'all', ...(revision === undefined ? {} : { revision }) };
  });
  const first = loadSchema({ paths, modules: requests });
  const more = [...first.modules.values()].filter(
    (module) => module.implemented && !requests.some(({ name }) => name === module.name),
  );
  const modules = [...requests, ...more.map(({ name, revision }) => ({ name, revision, features: 'all' as const }))];
  return { schema: loadSchema({ paths, modules }), names: requests.map(({ name }) => name) };
}

function compare(paths: readonly string[], files: readonly string[]): void {
  const theirs = spawnSync('yanglint', [...paths.flatMap((path) => ['-p', path]), '-f', 'tree', ...files], {
    encoding: 'utf8',
  });
  assert.equal(theirs.status, 0, theirs.stderr);
  const { schema, names } = allFeatures(paths, files);
  assert.equal(names.map((name) => printTree(schema, name)).join('\n'), theirs.stdout, files.join(' '));
}

/**
 * yanglint 2.1.30 crashes when it prints the tree of a module with instances of extensions that it knows, and adds such
 * instances itself to modules of these names. A copy under another name without them has the same tree.
 */
const CRASHES: Readonly<Record<string, RegExp>> = {
  'ietf-netconf@2011-06-01.yang': /nc:get-filter-element-attributes;/g,
  'ietf-netconf-with-defaults@2011-06-01.yang': /^$/,
  'ietf-origin@2018-02-14.yang': /md:annotation\s+origin\s*\{[^}]*\}/,
  // An annotation ends with the first brace that is indented like it.
  'yang@2022-06-16.yang': /^ {2}md:annotation[\s\S]*?^ {2}\}$/gm,
};

function copyThatPrints(folder: string, name: string, instances: RegExp): string {
  const copy = join(stripped, `copy-${name}`);
  const text = readFileSync(join(folder, name), 'utf8').replace(instances, '');
  writeFileSync(copy, text.replace(/^module /m, 'module copy-').replace('namespace "', 'namespace "copy-'));
  return copy;
}

for (const folder of STANDARD_PATHS) {
  for (const name of readdirSync(folder)) {
    // A submodule has no tree of its own.
    if (!name.endsWith('.yang') || /^\s*submodule\s/m.test(readFileSync(join(folder, name), 'utf8'))) continue;
    test(`printTree equals yanglint's for ${name} of ${folder}`, { skip }, () => {
      const paths = [folder, ...STANDARD_PATHS.filter((other) => other !== folder)];
      const crashes = CRASHES[name];
      if (!crashes) return compare(paths, [join(folder, name)]);
      const copy = copyThatPrints(folder, name, crashes);
      return compare([stripped, ...paths], [copy]);
    });
  }
}

for (const names of [
  ['tree-a', 'tree-b'],
  ['tree-c', 'tree-b'],
  ['tree-d', 'tree-c', 'tree-b'],
  ['tree-e', 'tree-b'],
]) {
  test(`printTree equals yanglint's for ${names.join(' with ')}`, { skip }, () => {
    compare(
      [FIXTURES, ...STANDARD_PATHS],
      names.map((name) => join(FIXTURES, `${name}.yang`)),
    );
  });
}

test("printTree equals yanglint's for the router's own modules together", { skip }, () => {
  const files = readdirSync(OWN).filter((name) => name.endsWith('.yang') && !/^(?:nc-)?notifications@/.test(name));
  compare(
    [OWN, ...STANDARD_PATHS],
    files.map((name) => join(OWN, name)),
  );
});

test('printTree wants a module of the schema', () => {
  const schema = loadSchema({ paths: STANDARD_PATHS, modules: [{ name: 'ietf-datastores' }] });
  assert.throws(() => printTree(schema, 'nope'), /no module "nope"/);
});
