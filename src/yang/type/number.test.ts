import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DECIMAL64_BOUNDS, Decimal64Type } from './decimal64.ts';
import { IntegerType, integerBounds } from './integer.ts';
import { parseRanges } from './range.ts';
import { canonical, MODULE_NAMES } from './scope.ts';

const integer = (base: 'int8' | 'uint16' | 'int64' | 'uint64') =>
  new IntegerType(base, undefined, { ranges: integerBounds(base) });
const decimal = (digits: number) => new Decimal64Type(undefined, digits, { ranges: DECIMAL64_BOUNDS });

test('IntegerType gives decimal without sign and leading zeros', () => {
  const type = integer('int8');
  for (const [lexical, expected] of [
    ['5', '5'],
    ['+5', '5'],
    ['-0', '0'],
    ['007', '7'],
    [' 12\n', '12'],
    ['-128', '-128'],
  ] as const) {
    assert.equal(canonical(type, lexical), expected);
  }
  for (const lexical of ['', ' ', '1.0', '1e1', '0x1f', '128', '-129', 'a', '1 2', '٣', '--1']) {
    assert.match(canonical(type, lexical), /^!/, lexical);
  }
});

test('IntegerType takes hexadecimal and octal only in modules', () => {
  const scope = { ...MODULE_NAMES, inModule: true };
  const type = integer('uint16');
  assert.equal(canonical(type, '0x1F', scope), '31');
  assert.equal(canonical(type, '010', scope), '8');
  assert.equal(canonical(type, '0', scope), '0');
  assert.equal(canonical(type, '010'), '10');
  assert.match(canonical(type, '0x1F'), /^!/);
});

test('IntegerType is exact for 64 bits', () => {
  assert.equal(canonical(integer('uint64'), '18446744073709551615'), '18446744073709551615');
  assert.match(canonical(integer('uint64'), '18446744073709551616'), /^!/);
  assert.equal(canonical(integer('int64'), '-9223372036854775808'), '-9223372036854775808');
  assert.match(canonical(integer('int64'), '9223372036854775808'), /^!/);
  assert.equal(canonical(integer('int64'), `${'0'.repeat(100)}9007199254740993`), '9007199254740993');
  assert.equal(integer('int64').toJson('9007199254740993'), '9007199254740993');
  assert.equal(integer('int8').toJson('-3'), -3);
});

test('IntegerType refuses a megabyte of digits at once', () => {
  const started = performance.now();
  assert.match(canonical(integer('uint64'), '9'.repeat(1_000_000)), /^!/);
  assert.ok(performance.now() - started < 500);
});

test('IntegerType says what the range says', () => {
  const ranges = parseRanges('1..10 | 20', integerBounds('uint16'), BigInt);
  const type = new IntegerType('uint16', 'x:t', { ranges, errorMessage: 'not good', errorAppTag: 'bad-range' });
  assert.deepEqual(type.parse('11', MODULE_NAMES), { ok: false, message: 'not good', appTag: 'bad-range' });
  assert.equal(canonical(type, '20'), '20');
});

test('compare orders numbers by value', () => {
  const sorted = ['10', '-2', '9', '-10', '0', '18446744073709551615'].sort((a, b) => integer('int64').compare(a, b));
  assert.deepEqual(sorted, ['-10', '-2', '0', '9', '10', '18446744073709551615']);
  const decimals = ['1.5', '-1.5', '1.25', '10.0', '-0.5'].sort((a, b) => decimal(2).compare(a, b));
  assert.deepEqual(decimals, ['-1.5', '-0.5', '1.25', '1.5', '10.0']);
});

test('Decimal64Type gives the canonical form of RFC 7950 section 9.3.2', () => {
  for (const [lexical, expected] of [
    ['1', '1.0'],
    ['+1.50', '1.5'],
    ['-0.00', '0.0'],
    ['007.1', '7.1'],
    ['-.5', '!'],
    ['1.', '!'],
    ['1e3', '!'],
    [' 2.5 ', '2.5'],
  ] as const) {
    if (expected === '!') assert.match(canonical(decimal(2), lexical), /^!/);
    else assert.equal(canonical(decimal(2), lexical), expected);
  }
  assert.match(canonical(decimal(2), '1.005'), /more than 2 fraction digits/);
  assert.equal(canonical(decimal(2), '1.500'), '1.5');
});

test('Decimal64Type is exact at the ends of 64 bits', () => {
  assert.equal(canonical(decimal(18), '9.223372036854775807'), '9.223372036854775807');
  assert.match(canonical(decimal(18), '9.223372036854775808'), /^!/);
  assert.equal(canonical(decimal(1), '-922337203685477580.8'), '-922337203685477580.8');
});
