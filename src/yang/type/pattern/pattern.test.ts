import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PatternError } from './parse.ts';
import { Pattern } from './pattern.ts';

const cases: readonly (readonly [pattern: string, matching: readonly string[], others: readonly string[]])[] = [
  ['abc', ['abc'], ['xabc', 'abcx', '']],
  ['', [''], ['a']],
  ['a|b|', ['a', 'b', ''], ['ab']],
  ['(ab)*c?', ['', 'abab', 'c', 'ababc'], ['aba', 'cc']],
  ['a{2}b{1,}c{0,2}', ['aab', 'aabbbcc'], ['ab', 'aa', 'aabccc']],
  ['(a*)*', ['', 'aaaa'], ['b']],
  ['^a$', ['^a$'], ['a']],
  ['a.c', ['abc', 'a😀c', 'a\u2028c'], ['a\nc', 'a\rc', 'ac']],
  ['[a-c]+', ['abc'], ['d', '']],
  ['[^a-c]', ['d', '😀', '\n'], ['a', '']],
  ['[a-z-[aeiou]]+', ['xyz'], ['xay']],
  ['[^a-z-[A-Z]]', ['1'], ['a', 'A']],
  ['[-a]', ['-', 'a'], ['b']],
  ['[a-]', ['-', 'a'], ['b']],
  ['[\\-a\\]\\\\]+', ['-a]\\'], ['b']],
  ['[+\\-*/&|^$.(){}]+', ['+-*/&|^$.(){}'], ['a']],
  ['[a&&b]', ['a', '&', 'b'], ['c']],
  ['\\d+', ['09', '٣'], ['a']],
  ['\\D\\W\\S', ['a-x'], ['1-x', 'aax', 'a- ']],
  ['[\\d\\s.]+', ['1 .\t'], ['a']],
  ['\\w+', ['aä_'.replace('_', ''), '1'], ['-', ' ']],
  ['\\i\\c*', ['_a-1.b', ':x', 'ä'], ['1a', '-a']],
  ['\\I\\C', ['1 '], ['a ']],
  ['\\p{L}+\\P{L}', ['äß1'], ['1', 'ab']],
  ['\\p{Lu}\\p{Nd}\\p{Sc}', ['A1€'], ['a1€']],
  ['\\p{IsBasicLatin}+', ['az~'], ['ä']],
  ['\\P{IsGreek}[\\p{IsGreek}-[α]]', ['aβ'], ['aα', 'ββ']],
  ['[\\p{IsBasicLatin}]{1,3}', ['a', 'abc'], ['abcd']],
  ['\\.\\\\\\?\\*\\+\\(\\)\\{\\}\\[\\]\\|\\-\\^\\n\\r\\t', ['.\\?*+(){}[]|-^\n\r\t'], ['x']],
  ['a\\/b\\"\\@', ['a/b"@'], ['a\\/b']],
  ['a{b}', ['a{b}'], ['ab']],
  ['😀+', ['😀😀'], ['😀x', '\ud83d']],
  ['[😀-😂]', ['😁'], ['😃']],
  [
    '((:|[0-9a-fA-F]{0,4}):)([0-9a-fA-F]{0,4}:){0,5}((([0-9a-fA-F]{0,4}:)?(:|[0-9a-fA-F]{0,4})))(%[\\p{N}\\p{L}]+)?',
    ['fe80::1%eth0', '1:2:3:4:5:6:7:8', '::'],
    ['1', 'g::'],
  ],
  ['.{0,65535}', ['', 'x'.repeat(1000)], ['\n']],
];

for (const [source, matching, others] of cases) {
  test(`Pattern ${source}`, () => {
    const pattern = new Pattern(source, false);
    for (const value of matching) assert.equal(pattern.accepts(value), true, `${JSON.stringify(value)} matches`);
    for (const value of others) assert.equal(pattern.accepts(value), false, `${JSON.stringify(value)} does not match`);
  });
}

test('Pattern refuses what is not a regular expression of XML Schema', () => {
  for (const bad of [
    '[a-z',
    'a{2,1}',
    '(a',
    'a)',
    '*a',
    'a**',
    '\\q',
    '\\',
    '\\p{Xx}',
    '\\p{IsNowhere}',
    '\\pL',
    '[z-a]',
    '[]',
    '(?:a)',
    'a+?',
    '(?=a)',
    '\\1',
    '\\b',
  ]) {
    assert.throws(() => new Pattern(bad, false), PatternError, bad);
  }
  assert.throws(() => new Pattern('('.repeat(10_000), false), PatternError);
  assert.throws(() => new Pattern('[a-['.repeat(10_000), false), PatternError);
});

test('Pattern takes time proportional to the value', () => {
  const started = performance.now();
  for (const source of [
    '(a+)+b',
    '(a|a)*b',
    '(.*)*x',
    '(a|aa)+c',
    '([a-z]+)*[0-9]',
    '(.*.*.*.*.*)x',
    '(a?){50}a{50}b',
  ]) {
    assert.equal(new Pattern(source, false).accepts('a'.repeat(50_000)), false);
  }
  assert.ok(performance.now() - started < 3_000);
});

test('Pattern keeps few states however many the values reach', () => {
  // Deterministic states of this one are exponential in 20.
  const pattern = new Pattern('(a|b)*a(a|b){20}', false);
  let seed = 1;
  let value = '';
  for (let i = 0; i < 20_000; i++) {
    seed = (seed * 48271) % 2147483647;
    value += seed % 2 ? 'a' : 'b';
  }
  const expected = value.at(-21) === 'a';
  assert.equal(pattern.accepts(value), expected);
});

test('Pattern leaves huge repetitions to a bounded fallback', () => {
  const pattern = new Pattern('((a{0,200}b){0,200}c){0,200}', false);
  assert.equal(pattern.accepts('aabc'), true);
  assert.equal(pattern.accepts('a'.repeat(2_000)), false);
});
