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
  const theirs = yanglint(paths, '-f', 'tree', ...files);
  const what = files.map((file) => basename(file)).join(' ');
  const tree = ours(paths, files);
  if (theirs.status !== 0) {
    assert.equal(theirs.status, 1, `yanglint crashes with ${what}`);
    assert.ok(tree instanceof ModuleError, `yanglint refuses ${what}: ${theirs.stderr}`);
  } else {
    if (tree instanceof ModuleError) throw tree;
    assert.equal(tree, withoutExtensions(theirs.stdout), what);
  }
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
const LOADED_FIRST: Readonly<Record<string, string>> = {
  'ietf-netconf-client.yang': 'ietf-truststore.yang',
  'ietf-system-capabilities@2022-02-17.yang': YANG_LIBRARY,
  'ietf-notification-capabilities@2022-02-17.yang': YANG_LIBRARY,
};

/** libyang puts what a `uses` augments into a case of a choice before the case's own nodes. */
const OTHER_ORDER: ReadonlySet<string> = new Set(['ietf-subscribed-notifications@2019-09-09.yang']);

/** What extensions define is no part of our trees: yang-data (RFC 8040) and the mark of mount points (RFC 8528). */
function withoutExtensions(tree: string): string {
  return tree.replaceAll('+--mp ', '+--rw ').replace(/\n(?: {2}yang-data [^\n]*\n(?: {4}[^\n]*\n)*)+/g, '');
}

/** Where RFC 7950 says otherwise than libyang does: lines that only yanglint prints. */
const ONLY_THEIRS: Readonly<Record<string, RegExp>> = {
  // Section 7.9.2: the case of a shorthand goes with its node, which an if-feature removed. libyang keeps it, empty.
  'yangcli.yang': /^ +\| +\| +\+--:\((?:candidate|startup|url)\)\n/gm,
};

function copyThatPrints(folder: string, name: string, instances: RegExp): string {
  const copy = join(stripped, `copy-${name}`);
  const text = readFileSync(join(folder, name), 'utf8').replace(instances, '');
  writeFileSync(copy, text.replace(/^module /m, 'module copy-').replace('namespace "', 'namespace "copy-'));
  return copy;
}

function compareFile(folder: string, name: string): void {
  const paths = searchPathOf(folder);
  const file = join(folder, name);
  const [crashes, first, only] = [CRASHES[name], LOADED_FIRST[name], ONLY_THEIRS[name]];
  if (crashes) compare([stripped, ...paths], [copyThatPrints(folder, name, crashes)]);
  else if (first) compare(paths, [resolve(folder, first), file]);
  else if (OTHER_ORDER.has(name)) {
    const theirs = withoutExtensions(yanglint(paths, '-f', 'tree', file).stdout);
    assert.deepEqual(lines(String(ours(paths, [file]))), lines(theirs), name);
  } else if (only) {
    const theirs = yanglint(paths, '-f', 'tree', file).stdout;
    assert.match(theirs, only);
    assert.equal(withoutRails(String(ours(paths, [file]))), withoutRails(theirs.replace(only, '')), name);
  } else compare(paths, [file]);
}

/** Lines in an order of their own. */
function lines(tree: string): readonly string[] {
  return tree.split('\n').sort();
}

/** Without the lines that lead to siblings further down: a node that is gone takes them along. */
function withoutRails(tree: string): string {
  return tree.replace(/\|(?= )/g, ' ');
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
  compare(
    [OWN_MODULES, ...STANDARD_PATHS],
    files.map((name) => join(OWN_MODULES, name)),
  );
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
