import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModuleError } from './error.ts';
import { MAX_DEPTH, parseStatement } from './parse.ts';

function description(text: string, version = ''): string | undefined {
  const root = parseStatement(`module m { ${version} ${text} }`, 'm.yang');
  return root.children.find(({ keyword }) => keyword === 'description')?.argument;
}

function fault(text: string): string {
  try {
    parseStatement(text, 'm.yang');
  } catch (error) {
    assert.ok(error instanceof ModuleError, String(error));
    return error.message;
  }
  return assert.fail(`accepted: ${text}`);
}

test('parseStatement keeps the place of each statement', () => {
  const root = parseStatement(
    'module m {\r\n  /* two\n lines */ prefix p; // end\n\tnamespace\n "urn:m" ;\n}\n',
    'm.yang',
  );
  const places = root.children.map(({ keyword, argument, line, column }) => [keyword, argument, line, column]);
  assert.deepEqual(places, [
    ['prefix', 'p', 3, 11],
    ['namespace', 'urn:m', 4, 2],
  ]);
});

test('parseStatement reads strings as RFC 7950 section 6.1.3 says', () => {
  assert.equal(description(`description 'a\\n"b"';`), 'a\\n"b"');
  assert.equal(description('description "a\\n\\t\\"\\\\b";'), 'a\n\t"\\b');
  assert.equal(description(`description "a" + 'b'\n +\n"c";`), 'abc');
  assert.equal(description('description a-b+c/d;'), 'a-b+c/d');
  assert.equal(description('description "";'), '');
  assert.equal(description('description "x" /* c */ + /* d */ "y";'), 'xy');
});

test('parseStatement trims white space around line breaks of double-quoted strings', () => {
  const text = [
    'module m {',
    '  description "one  \t',
    '               two',
    '                  three',
    '     four',
    '"; }',
  ];
  const root = parseStatement(text.join('\n'), 'm.yang');
  assert.equal(root.children[0]?.argument, 'one\ntwo\n   three\nfour\n');
  const crlf = parseStatement(text.join('\r\n'), 'm.yang');
  assert.equal(crlf.children[0]?.argument, 'one\ntwo\n   three\nfour\n');
});

test('parseStatement counts a tab as eight columns where it trims', () => {
  const root = parseStatement('module m {\n      organization "a\n\t\t\tb\n\t\tc";\n}', 'm.yang');
  assert.equal(root.children[0]?.argument, 'a\n    b\nc');
});

test('parseStatement lets YANG 1 have backslashes and quotes that YANG 1.1 forbids', () => {
  assert.equal(description('description "a\\qb";'), 'a\\qb');
  assert.equal(description('description a"b;'), 'a"b');
  assert.match(fault('module m { yang-version 1.1; description "a\\qb"; }'), /^m\.yang:1:44: "\\q" .* YANG 1\.1/);
  assert.match(fault('module m { description a"b; yang-version 1.1; }'), /^m\.yang:1:25: a quote .* YANG 1\.1/);
});

test('parseStatement names the place of what it refuses', () => {
  assert.match(fault(''), /^m\.yang:1:1: the file is empty/);
  assert.match(fault('module m {\n  prefix p\n}'), /^m\.yang:3:1: expected ";" or "{" after "prefix", found "}"/);
  assert.match(fault('module m {\n container c { '), /^m\.yang:2:16: the file ends inside "container" of line 2/);
  assert.match(fault('module m { description "abc; }'), /^m\.yang:1:24: the string is not closed/);
  assert.match(fault('module m { /* }'), /^m\.yang:1:12: the comment is not closed/);
  assert.match(fault('module m; x'), /^m\.yang:1:11: unexpected text after the module/);
  assert.match(fault('module m { description "a" + b; }'), /^m\.yang:1:30: only quoted strings can follow/);
  assert.match(fault('module m { description "a" "b"; }'), /^m\.yang:1:28: expected ";"/);
  assert.match(fault('module m { description"b"; }'), /white space is missing|is not a keyword/);
  assert.match(fault('module m { ; }'), /^m\.yang:1:12: expected a keyword, found ";"/);
  assert.match(fault('module m {\n contact "\u0007"; }'), /^m\.yang:2:11: character U\+0007/);
  assert.match(fault('module m { contact "\ud800"; }'), /^m\.yang:1:21: character U\+D800/);
});

test('parseStatement bounds the nesting', () => {
  const nested = (depth: number) => `module m {${'container c {'.repeat(depth)}${'}'.repeat(depth)}}`;
  assert.ok(parseStatement(nested(MAX_DEPTH - 1), 'm.yang'));
  assert.match(fault(nested(100_000)), /nested more than 200 deep/);
});

test('parseStatement reads 1 MB without line breaks in time proportional to its size', () => {
  const started = performance.now();
  parseStatement(`module m { ${`leaf a { description "\\q" + 'b'; /* c */ }`.repeat(25_000)} }`, 'm');
  assert.ok(performance.now() - started < 2_000);
});

test('parseStatement reads 1 MB of comments, strings and escapes in time proportional to its size', () => {
  const started = performance.now();
  parseStatement(
    `module m { description "${'\\\\'.repeat(250_000)}"; ${'/*\n*/'.repeat(50_000)} contact "${'\n'.repeat(250_000)}"; }`,
    'm',
  );
  assert.ok(performance.now() - started < 2_000);
});
