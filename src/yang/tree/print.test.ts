/**
 * Every module of Debian's packages and every one of ours, with all features: what yanglint accepts compiles and has the
 * tree that yanglint prints, byte for byte; what it refuses is refused.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { STANDARD_PATHS } from '../schema/inline.ts';
import { loadSchema, type ModuleRequest } from '../schema/load.ts';
import type { Schema } from '../schema/node.ts';
import { ModuleError } from '../statement/error.ts';
import {
  ALL_FOLDERS,
  FRR_MODULES,
  moduleFiles,
  OWN_MODULES,
  searchPathOf,
  skipWithoutYanglint as skip,
  type YanglintResult,
  yanglint,
} from '../testing/yanglint.ts';
import { printTree } from './print.ts';

const FIXTURES = join(import.meta.dirname, 'fixture');
const stripped = mkdtempSync(join(tmpdir(), 'sluice-tree-'));
after(() => rmSync(stripped, { recursive: true }));

/** All features of all implemented modules on, as yanglint has it. */
function allFeatures(paths: readonly string[], files: readonly string[]): { schema: Schema; names: string[] } {
  const requests: ModuleRequest[] = files.map((file) => {
    const [name, revision] = basename(file, '.yang').split('@') as [string, string | undefined];
    return { name, features: 'all', ...(revision === undefined ? {} : { revision }) };
  });
  const first = loadSchema({ paths, modules: requests });
  const more = [...first.modules.values()]
    .filter((module) => module.implemented && !requests.some(({ name }) => name === module.name))
    .map(({ name, revision }) => ({ name, ...(revision === '' ? {} : { revision }), features: 'all' as const }));
  const schema = more.length === 0 ? first : loadSchema({ paths, modules: [...requests, ...more] });
  return { schema, names: requests.map(({ name }) => name) };
}

/** With all features, or where one of them excludes another, with those that we have then. */
function treesOfYanglint(paths: readonly string[], files: readonly string[]): YanglintResult {
  const all = yanglint(paths, '-f', 'tree', ...files);
  if (!all.stderr.includes('cannot be enabled')) return all;
  const { schema } = allFeatures(paths, files);
  const features = [...schema.modules.values()]
    .filter(({ implemented }) => implemented)
    .flatMap((module) => ['-F', `${module.name}:${[...module.features].join(',')}`]);
  return yanglint(paths, ...features, '-f', 'tree', ...files);
}

/** The trees of the files' modules, or why they are refused. */
function ours(paths: readonly string[], files: readonly string[]): string | ModuleError {
  try {
    const { schema, names } = allFeatures(paths, files);
    return names.map((name) => printTree(schema, name)).join('\n');
  } catch (error) {
    if (error instanceof ModuleError) return error;
    throw error;
  }
}

function compare(paths: readonly string[], files: readonly string[]): void {
  const theirs = treesOfYanglint(paths, files);
  const what = files.map((file) => basename(file)).join(' ');
  const tree = ours(paths, files);
  if (theirs.status !== 0) {
    assert.equal(theirs.status, 1, `yanglint crashes with ${what}`);
    assert.ok(tree instanceof ModuleError, `yanglint refuses ${what}: ${theirs.stderr}`);
  } else {
    if (tree instanceof ModuleError) throw tree;
    if (tree === theirs.stdout) return;
    const [one, other] = [withoutEmptyCases(tree), withoutEmptyCases(theirs.stdout)];
    if (files.some((file) => OTHER_ORDER.has(basename(file)))) {
      assert.deepEqual(one.split('\n').sort(), other.split('\n').sort(), what);
    } else assert.equal(one, other, what);
  }
}

/**
 * RFC 7950 section 7.9.2: the case of a shorthand goes with its node, which an if-feature removed; libyang keeps it, empty.
 * Without such cases, and without the lines that lead on to them.
 */
function withoutEmptyCases(tree: string): string {
  const lines = tree.split('\n');
  const depth = (line: string | undefined) => line?.search(/[+\w]/) ?? 0;
  const kept = lines.filter((line, at) => !/[+xo]--:\([^)]*\)/.test(line) || depth(lines[at + 1]) > depth(line));
  return kept.join('\n').replace(/\|(?= )/g, ' ');
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

/** An import without a revision is of the first folder that has the module; where a newer one is needed, it comes first. */
const YANG_LIBRARY = '/usr/share/yang/modules/libyang/ietf-yang-library@2019-01-04.yang';

/** Modules that yanglint has to load first, so that it has their features on: a leafref makes it implement them too late. */
const LOADED_FIRST: Readonly<Record<string, readonly string[]>> = {
  'ietf-netconf-client.yang': ['ietf-truststore.yang'],
  'sluice-ethernet-segments@2026-11-26.yang': ['ietf-keystore@2024-10-10.yang', 'ietf-truststore@2024-10-10.yang'],
  'sluice-evpn@2026-11-26.yang': ['ietf-keystore@2024-10-10.yang', 'ietf-truststore@2024-10-10.yang'],
  'sluice-url@2026-11-25.yang': ['ietf-truststore@2024-10-10.yang'],
  'ietf-system-capabilities@2022-02-17.yang': [YANG_LIBRARY],
  'ietf-notification-capabilities@2022-02-17.yang': [YANG_LIBRARY],
};

/** libyang puts what an augment inside of `uses` adds to a case in front of it; RFC 8340 section 2.6 has it in order, at the end. */
const OTHER_ORDER: ReadonlySet<string> = new Set([
  'ietf-subscribed-notifications@2019-09-09.yang',
  // Submodules that augment each other: RFC 7950 has no order for them.
  'ietf-snmp@2014-12-10.yang',
]);

function copyThatPrints(folder: string, name: string, instances: RegExp): string {
  const copy = join(stripped, `copy-${name}`);
  const text = readFileSync(join(folder, name), 'utf8').replace(instances, '');
  writeFileSync(copy, text.replace(/^module /m, 'module copy-').replace('namespace "', 'namespace "copy-'));
  return copy;
}

function compareFile(folder: string, name: string): void {
  const paths = searchPathOf(folder);
  const file = join(folder, name);
  const [crashes, first] = [CRASHES[name], LOADED_FIRST[name]];
  if (crashes) compare([stripped, ...paths], [copyThatPrints(folder, name, crashes)]);
  else if (first) compare(paths, [...first.map((each) => resolve(folder, each)), file]);
  else compare(paths, [file]);
}

for (const folder of ALL_FOLDERS) {
  test(`loadSchema and printTree agree with yanglint on ${folder.replace(OWN_MODULES, 'yang')}`, { skip }, () => {
    const names = moduleFiles(folder);
    assert.ok(names.length > 0);
    const wrong = names.flatMap((name) => {
      try {
        compareFile(folder, name);
        return [];
      } catch (error) {
        return [`${name}: ${(error as Error).message}`];
      }
    });
    assert.deepEqual(wrong, []);
  });
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
  const files = moduleFiles(OWN_MODULES).filter((name) => !/^(?:nc-)?notifications@/.test(name));
  compare([OWN_MODULES, ...STANDARD_PATHS], [YANG_LIBRARY, ...files.map((name) => join(OWN_MODULES, name))]);
});

test("printTree equals yanglint's for FRR's modules together", { skip }, () => {
  // The deviations take away what other modules augment.
  const files = moduleFiles(FRR_MODULES).filter((name) => !/^(?:ietf-|frr-deviations|frr-test)/.test(name));
  assert.ok(files.length > 20);
  compare(
    searchPathOf(FRR_MODULES),
    files.map((name) => join(FRR_MODULES, name)),
  );
});

test('printTree wants a module of the schema', () => {
  const schema = loadSchema({ paths: STANDARD_PATHS, modules: [{ name: 'ietf-datastores' }] });
  assert.throws(() => printTree(schema, 'nope'), /no module "nope"/);
});
