import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BinaryType } from './binary.ts';
import { BooleanType, EmptyType } from './boolean.ts';
import { BitsType, EnumerationType } from './enumeration.ts';
import { Pattern } from './pattern/pattern.ts';
import { canonical, MODULE_NAMES } from './scope.ts';
import { StringType } from './string.ts';
import { UnionType } from './union.ts';

test('StringType counts characters, not UTF-16 units', () => {
  const type = new StringType(undefined, { ranges: [[2n, 2n]] }, []);
  assert.equal(canonical(type, '😀a'), '😀a');
  assert.match(canonical(type, '😀'), /length/);
});

test('StringType refuses characters that YANG has not', () => {
  const type = new StringType(undefined, undefined, []);
  for (const bad of ['\0', '\x1f', '\ud800', '\udc00x', '\uffff', '\u{1ffff}'])
    assert.match(canonical(type, `a${bad}`), /U\+/);
  assert.equal(canonical(type, 'a\tb\r\nü😀\u0085'), 'a\tb\r\nü😀\u0085');
});

test('StringType wants all patterns and gives their own message', () => {
  const patterns = [new Pattern('[a-z]+', false), new Pattern('root', true, 'not this one', 'reserved')];
  const type = new StringType(undefined, undefined, patterns);
  assert.equal(canonical(type, 'abc'), 'abc');
  assert.match(canonical(type, 'ABC'), /does not match/);
  assert.deepEqual(type.parse('root', MODULE_NAMES), { ok: false, message: 'not this one', appTag: 'reserved' });
});

test('compare orders by code point', () => {
  const type = new StringType(undefined, undefined, []);
  assert.deepEqual(
    ['\u{10000}', '\uffee', 'b', 'ab', 'a'].sort((a, b) => type.compare(a, b)),
    ['a', 'ab', 'b', '\uffee', '\u{10000}'],
  );
});

test('BinaryType gives base64 without white space and counts octets', () => {
  const type = new BinaryType(undefined, { ranges: [[1n, 2n]] });
  assert.equal(canonical(type, ' AA\nE= '), 'AAE=');
  assert.equal(canonical(type, 'AB=='), 'AA==', 'unused bits are zero');
  for (const bad of ['AAAA', 'A', 'AA=', 'A===', '====', 'A-B_', '']) assert.match(canonical(type, bad), /^!/, bad);
});

test('EnumerationType and BooleanType take exact names only', () => {
  const type = new EnumerationType(undefined, [{ name: 'up', value: 1 }]);
  assert.equal(canonical(type, 'up'), 'up');
  for (const bad of ['UP', ' up', '', '1', '__proto__']) assert.match(canonical(type, bad), /^!/);
  for (const bad of ['TRUE', '1', '', ' true']) assert.match(canonical(new BooleanType(undefined), bad), /^!/);
  assert.equal(new BooleanType(undefined).toJson('false'), false);
});

test('BitsType orders by position', () => {
  const type = new BitsType(undefined, [
    { name: 'z', value: 0 },
    { name: 'a', value: 7 },
  ]);
  assert.equal(canonical(type, ' a \n z '), 'z a');
  assert.equal(canonical(type, ''), '');
  assert.match(canonical(type, 'a a'), /twice/);
  assert.match(canonical(type, 'a b'), /none of the bits/);
});

test('EmptyType is empty', () => {
  assert.equal(canonical(new EmptyType(undefined), ''), '');
  assert.match(canonical(new EmptyType(undefined), ' '), /^!/);
  assert.deepEqual(new EmptyType(undefined).toJson(''), [null]);
});

test('UnionType takes the first member that fits', () => {
  const members = [new BooleanType(undefined), new EnumerationType(undefined, [{ name: 'none', value: 0 }])];
  const type = new UnionType(undefined, members);
  assert.equal(type.toJson('true'), true);
  assert.equal(type.toJson('none'), 'none');
  assert.match(canonical(type, 'x'), /fits none of the types boolean, enumeration/);
});
