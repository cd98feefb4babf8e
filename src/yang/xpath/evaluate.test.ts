import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { exampleSchema, exampleScope, exampleXml, readXml } from '../data/example/example.ts';
import { DataTree, type DataTreeHandle } from '../data/tree.ts';
import { FaultError } from '../fault.ts';
import type { Schema } from '../schema/node.ts';
import { compileExpression } from './compile.ts';

let schema: Schema;
let tree: DataTree;

before(() => {
  schema = exampleSchema();
  tree = new DataTree({ schema, top: schema, nodes: readXml(schema, exampleXml, { mode: 'data' }) });
});

function evaluate(
  source: string,
  context: DataTreeHandle = tree.root(),
): string | number | boolean | readonly string[] {
  const value = compileExpression(source, exampleScope).evaluate(tree, context);
  if (value.kind !== 'nodes') return value.value;
  return value.nodes.map((node) => tree.value(node) ?? tree.schema(node)?.name ?? '/');
}

function select(source: string): DataTreeHandle {
  const [node] = compileExpression(source, exampleScope).select(tree, tree.root());
  assert.ok(node, source);
  return node;
}

const table: readonly (readonly [source: string, value: string | number | boolean | readonly string[]])[] = [
  // Numbers (XPath 1.0 sections 3.5 and 4.4)
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['7 - 2 - 1', 4],
  ['5 mod 2', 1],
  ['5 mod -2', 1],
  ['-5 mod 2', -1],
  ['1.5 mod 0.5', 0],
  ['1 div 0', Number.POSITIVE_INFINITY],
  ['- - 3', 3],
  ['--"x"', Number.NaN],
  ['6 div 4', 1.5],
  ['round(2.5)', 3],
  ['round(-2.5)', -2],
  ['string(round(-0.2))', '0'],
  ['floor(-1.5)', -2],
  ['ceiling(1.2)', 2],
  ['number("  12.5 ")', 12.5],
  ['number("1e3")', Number.NaN],
  ['number("+1")', Number.NaN],
  ['number("-.5")', -0.5],
  ['number("5.")', 5],
  ['number(true())', 1],
  ['string(1 div 3)', '0.3333333333333333'],
  ['string(1000000 * 1000000 * 1000000 * 1000000)', '1000000000000000000000000'],
  ['string(1 div 10000000)', '0.0000001'],
  ['string(-0)', '0'],
  ['string(0 div 0)', 'NaN'],
  ['string(-1 div 0)', '-Infinity'],
  // Booleans (section 3.4)
  ['1 < 2 < 3', true],
  ['3 > 2 > 1', false],
  ['"a" = "a" and 1 = 1 or false()', true],
  ['"1" = 1', true],
  ['true() = "x"', true],
  ['"" = false()', true],
  ['1 != "1"', false],
  ['"10" > "9"', true],
  ['boolean("false")', true],
  ['boolean(0 div 0)', false],
  ['not(1)', false],
  ['lang("en")', false],
  // Strings (section 4.2), characters beyond 16 bits included
  ['concat("a", 1, true())', 'a1true'],
  ['substring("12345", 2, 3)', '234'],
  ['substring("12345", 1.5, 2.6)', '234'],
  ['substring("12345", 0, 3)', '12'],
  ['substring("12345", 0 div 0, 3)', ''],
  ['substring("12345", -42, 1 div 0)', '12345'],
  ['substring("12345", -1 div 0, 1 div 0)', ''],
  ['substring("12345", 2)', '2345'],
  ['substring-before("1999/04/01", "/")', '1999'],
  ['substring-after("1999/04/01", "/")', '04/01'],
  ['substring-before("a", "b")', ''],
  ['substring-after("abc", "")', 'abc'],
  ['string-length("a\u{1f600}b")', 3],
  ['substring("a\u{1f600}b", 2, 1)', '\u{1f600}'],
  ['normalize-space("  a \t\n b ")', 'a b'],
  ['translate("bar", "abc", "AB")', 'BAr'],
  ['translate("--aaa--", "abc-", "ABC")', 'AAA'],
  ['starts-with("abc", "")', true],
  ['contains("abc", "bc")', true],
  // Paths
  ['/network/port/name', ['a', 'b', 'it\'s "c"']],
  ['/ex:network/ex:port[2]/ex:name', ['b']],
  ['/network/port[last()]/name', ['it\'s "c"']],
  ['/network/port[position() < 3][2]/name', ['b']],
  ['/network/port[name = "b"]/speed', ['100']],
  ["/network/port[name = 'a' or name = 'b']/name", ['a', 'b']],
  ['/network/port[speed > 50 and speed < 200]/name', ['b']],
  ['/network/port[not(speed)]/level', ['high']],
  ['//name', ['a', 'b', 'it\'s "c"']],
  ['//port/*[1]', ['a', 'b', 'it\'s "c"']],
  ['//name[1]', ['a', 'b', 'it\'s "c"']],
  ['(//name)[1]', ['a']],
  ['(//name)[last()]', ['it\'s "c"']],
  ['/descendant::name[2]', ['b']],
  ['count(/network/port)', 3],
  ['count(//.)', 39],
  ['count(/)', 1],
  ['sum(/network/port/radius)', 14],
  ['/network/port[1]/ancestor::*', ['network']],
  ['/network/port[1]/ancestor-or-self::node()', ['/', 'network', 'port']],
  ['/network/port[3]/preceding-sibling::port[1]/name', ['b']],
  ['/network/port[3]/preceding-sibling::port/name', ['a', 'b']],
  ['/network/port[1]/following-sibling::*[1]/name', ['b']],
  ['/network/port[2]/following::cost', ['-5']],
  ['/network/link/preceding::name', ['a', 'b', 'it\'s "c"']],
  ['/network/port[3]/preceding::name[1]', ['b']],
  ['/network/port/../label', ['plain']],
  ['/network/port/name/../../main | /network/port/name', ['a', 'b', 'it\'s "c"', 'b']],
  ['/network/@x | /network/namespace::y', []],
  ['/network/port/name/text()', ['a', 'b', 'it\'s "c"']],
  ['/network/port[name/text() = "b"]/speed/text()', ['100']],
  ['/network/comment() | /network/processing-instruction("x")', []],
  ['/network/k:port', []],
  ['/network/ex:*[name() = "example:main"]', ['b']],
  ['local-name(/network/port)', 'port'],
  ['namespace-uri(/network)', 'urn:example:data'],
  ['id("a")', []],
  // Default values and non-presence containers are there (RFC 7950 section 6.4.1)
  ['/network/port/enabled', ['true', 'false', 'true']],
  ['/network/port/radius', ['7', '7']],
  ['/plant', ['plant']],
  // Sets compared (section 3.4)
  ['/network/port/name = "b"', true],
  ['/network/port/name != "b"', true],
  ['/network/main = /network/port/name', true],
  ['/network/port/speed >= 18446744073709551615', true],
  ['/network/nothing = ""', false],
  ['/network/port = true()', true],
  ['/network/port/load = 1.5', true],
  // identityref: literals are values of the leaf
  ['/network/port/kind = "k:copper"', true],
  ['/network/port/kind = "example-kinds:copper"', true],
  ['/network/port/kind = "copper"', false],
  ['/network/port[kind = "k:laser"]/name', ['a']],
  // YANG's functions (RFC 7950 section 10)
  ['re-match("1.22.333", "\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}")', true],
  ['re-match("xab", "ab")', false],
  ['deref(/network/main)/../speed', ['100']],
  ['deref(/network/where)', ['100']],
  ['/network/port[derived-from(kind, "k:optical")]/name', ['a']],
  ['/network/port[derived-from(kind, "k:laser")]/name', []],
  ['/network/port[derived-from-or-self(kind, "k:laser")]/name', ['a']],
  ['enum-value(/network/port[1]/level)', 10],
  ['/network/port[enum-value(level) >= 20]/flags', ['up']],
  ['enum-value(/network/port[1]/name)', Number.NaN],
  ['/network/port[bit-is-set(flags, "loop")]/name', ['a']],
  ['current()/network/main', ['b']],
];

for (const [source, expected] of table) {
  test(`evaluate ${source}`, () => assert.deepEqual(evaluate(source), expected));
}

test('evaluate relative paths and current()', () => {
  const from = select('/network/link/from');
  assert.deepEqual(evaluate('../cost', from), ['-5']);
  assert.deepEqual(evaluate('.', from), ['a']);
  assert.deepEqual(evaluate('../../port[name = current()]/level', from), ['low']);
  assert.deepEqual(evaluate('/network/port[name = current()/../to]/speed', from), ['100']);
  assert.deepEqual(evaluate('/network/port[current()/../to = ./name]/speed', from), ['100']);
  assert.deepEqual(evaluate('string-length()', from), 1);
});

test('evaluate looks keyed entries up', () => {
  let looked = 0;
  const counting = new Proxy(tree, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (name === 'children') looked++;
        return member.apply(target, args);
      };
    },
  });
  const expression = compileExpression('/network/link[to = "b"][from = "a"]', exampleScope);
  assert.equal(expression.select(counting, tree.root()).length, 1);
  // network; then from and to of the one entry, to test the predicates.
  assert.equal(looked, 3);
});

test('selectWithValue finds what a leafref refers to', () => {
  const path = compileExpression('/ex:network/ex:port/ex:name', exampleScope);
  assert.equal(path.selectWithValue(tree, tree.root(), 'b').length, 1);
  assert.equal(path.selectWithValue(tree, tree.root(), 'x').length, 0);
  const other = compileExpression('/ex:network/ex:port/ex:speed', exampleScope);
  assert.equal(other.selectWithValue(tree, tree.root(), '100').length, 1);
});

const wrong = [
  '',
  ' ',
  'a b',
  '/[1]',
  'a//',
  'a[',
  'a]',
  '"x',
  'foo()',
  'ex:count(a)',
  'count()',
  'count(a, b)',
  'count(1)',
  '1 | a',
  '1/a',
  '"a"[1]',
  'zz:a',
  '$x',
  'up::a',
  'a:',
  '::a',
  '1 1',
  '@',
  '#',
  '!a',
  'a and',
  'text(1)',
  '()',
];
for (const source of wrong) {
  test(`compileExpression refuses ${JSON.stringify(source)}`, () => {
    assert.throws(
      () => compileExpression(source, exampleScope),
      (error) =>
        error instanceof FaultError && error.faults[0]?.tag === 'invalid-value' && error.faults[0].type === 'protocol',
    );
  });
}

test('compileExpression takes names that are operators or functions elsewhere', () => {
  for (const source of [
    'div',
    'and and and',
    'or or or',
    'mod mod mod',
    '* * *',
    'text',
    'count',
    'div/mod',
    'self::node()',
    './/a',
    'a-b',
    'a -b',
  ]) {
    compileExpression(source, exampleScope);
  }
});

test('compileExpression names the place in a module', () => {
  const place = { keyword: 'must', argument: 'a b', children: [], file: 'm.yang', line: 3, column: 5 };
  assert.throws(
    () => compileExpression('a b', exampleScope, place),
    /^ModuleError: m\.yang:3:5: "a b" is no XPath expression/,
  );
});

test('compileExpression bounds nesting and length', () => {
  const invalid = { name: 'FaultError' };
  assert.throws(() => compileExpression(`${'('.repeat(5_000)}1${')'.repeat(5_000)}`, exampleScope), invalid);
  assert.throws(() => compileExpression(`${'a['.repeat(5_000)}1${']'.repeat(5_000)}`, exampleScope), invalid);
  assert.throws(() => compileExpression(`1${'+1'.repeat(5_000)}`, exampleScope), invalid);
  assert.throws(() => compileExpression(`a${'/a'.repeat(60_000)}`, exampleScope), invalid);
  assert.equal(evaluate(`1${' or 1'.repeat(5_000)}`), true);
  assert.equal(evaluate(`${'-'.repeat(10_000)}1`), 1);
});

test('evaluate ends a walk without end', { timeout: 60_000 }, () => {
  const nodes = readXml(
    schema,
    `<network xmlns="urn:example:data">${Array.from({ length: 300 }, (_, i) => `<port><name>${i}</name></port>`).join('')}</network>`,
    { mode: 'data' },
  );
  const large = new DataTree({ schema, top: schema, nodes });
  const expression = compileExpression('//*[//*[//*[//*[. = "x"]]]]', exampleScope);
  assert.throws(
    () => expression.select(large, large.root()),
    (error) => error instanceof FaultError && error.faults[0]?.tag === 'resource-denied',
  );
});

test('evaluate ends where long text is read without end', { timeout: 60_000 }, () => {
  const nodes = readXml(schema, `<network xmlns="urn:example:data"><label>${'x'.repeat(4_000_000)}</label></network>`, {
    mode: 'data',
  });
  const large = new DataTree({ schema, top: schema, nodes });
  for (const name of ['concat', 'string-length']) {
    const source =
      name === 'concat'
        ? `concat(${'//label,'.repeat(5_000)}1)`
        : `1${' and string-length(//label) > 1'.repeat(1_500)}`;
    assert.throws(
      () => compileExpression(source, exampleScope).evaluate(large, large.root()),
      (error) => error instanceof FaultError && error.faults[0]?.tag === 'resource-denied',
      name,
    );
  }
});

test('select refuses what is no node set', () => {
  assert.throws(
    () => compileExpression('count(/network)', exampleScope).select(tree, tree.root()),
    (error) => error instanceof FaultError && error.faults[0]?.tag === 'invalid-value',
  );
});
