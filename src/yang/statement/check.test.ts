import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkGrammar } from './check.ts';
import { parseStatement } from './parse.ts';

const check = (text: string) => checkGrammar(parseStatement(text, 'm.yang'));
const body = (text: string, version = '1.1') =>
  `module m { yang-version ${version}; namespace urn:m; prefix m; ${text} }`;

test('checkGrammar tells the YANG version', () => {
  assert.equal(check(body('')), '1.1');
  assert.equal(check('module m { namespace urn:m; prefix m; }'), '1');
});

test('checkGrammar takes statements in any order', () => {
  assert.equal(
    check('module m { leaf a { default x; type string; } prefix m; revision 2026-01-01; namespace urn:m; }'),
    '1',
  );
});

for (const [text, reason] of [
  ['leaf a { type string; type string; }', /second "type" in "leaf"/],
  ['leaf a;', /"leaf" "a" has no "type"/],
  ['leaf a { type string; key a; }', /"key" is not allowed in "leaf"/],
  ['leaf a { tipe string; }', /"tipe" is not a YANG statement/],
  ['leaf a { type string; config maybe; }', /argument of "config" is "maybe", expected "true" or "false"/],
  ['leaf 1a { type string; }', /expected an identifier/],
  ['list l { max-elements 0; }', /expected "unbounded" or a number/],
  ['list l { min-elements 4294967296; }', /expected a number from 0/],
  ['rpc r { input x { } }', /"input" takes no argument/],
  ['leaf a { type string; must; }', /"must" has no argument/],
  ['revision 2026-13-01;', /expected a date/],
  ['deviation /m:a { deviate add { type string; } }', /"type" is not allowed in "deviate"/],
  ['deviation m:a { deviate not-supported; }', /expected an absolute schema node identifier/],
  ['container c { revision 2026-01-01; }', /"revision" is not allowed in "container"/],
] as const) {
  test(`checkGrammar refuses ${text}`, () => assert.throws(() => check(body(text)), { name: 'ModuleError', reason }));
}

test('checkGrammar keeps what only YANG 1.1 has from YANG 1', () => {
  assert.throws(() => check(body('anydata a;', '1')), { reason: /"anydata" in "module" needs YANG 1\.1/ });
  assert.throws(() => check(body('notification n { must 1; }', '1')), { reason: /needs YANG 1\.1/ });
});

test('checkGrammar leaves the inside of extension statements to the extension', () => {
  assert.equal(check(body('m:anything { whatever x { y:z; } }')), '1.1');
});

test('checkGrammar wants a module or submodule', () => {
  assert.throws(() => check('container c;'), { reason: /expected "module" or "submodule", found "container"/ });
});
