import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { exampleSchema, exampleXml, readXml } from '../data/example/example.ts';
import { type Fault, FaultError } from '../fault.ts';
import type { Schema } from '../schema/node.ts';
import { readJson } from './json-reader.ts';
import { dataToJson } from './json-writer.ts';
import { dataToXml } from './write-data.ts';

let schema: Schema;

before(() => {
  schema = exampleSchema();
});

const network = (inside: unknown) => JSON.stringify({ 'example:network': inside });

function faults(text: string): readonly Fault[] {
  try {
    readJson(schema, schema, text, { mode: 'edit' });
  } catch (error) {
    assert.ok(error instanceof FaultError, String(error));
    return error.faults;
  }
  return [];
}

test('dataToJson has the forms of RFC 7951', () => {
  const json = JSON.parse(dataToJson(schema, readXml(schema, exampleXml, { mode: 'data' })));
  const { port, link, note, where } = json['example:network'];
  assert.deepEqual(port[0], {
    name: 'a',
    kind: 'example-kinds:laser',
    speed: '18446744073709551615',
    load: '1.5',
    level: 'low',
    flags: 'up loop',
    tag: [7, 'none'],
    trunk: {},
    side: 3,
  });
  assert.deepEqual(link, [{ from: 'a', to: 'b', cost: -5, slow: [null] }]);
  assert.deepEqual(note, { 'example-kinds:x': '1 < 2' });
  assert.equal(where, "/example:network/port[name='b']/speed");
});

test('readJson gives back what dataToJson and dataToXml wrote', () => {
  const nodes = readXml(schema, exampleXml, { mode: 'data' });
  assert.deepEqual(readJson(schema, schema, dataToJson(schema, nodes, 2), { mode: 'data' }), nodes);
  assert.deepEqual(readXml(schema, dataToXml(schema, nodes), { mode: 'data' }), nodes);
});

test('readJson keeps every digit of 64-bit numbers that are not in quotes', () => {
  const text = '{"example:network":{"port":[{"speed":18446744073709551615,"name":"a"}],"@port":[{"x:y":1}]}}';
  const [root] = readJson(schema, schema, text, { mode: 'data' });
  assert.deepEqual(
    root?.children?.[0]?.children?.map(({ value }) => value),
    ['a', '18446744073709551615'],
  );
});

const inPort = "/example:network/port[name='a']";
const table: readonly (readonly [text: string, tag: Fault['tag'], path: string | undefined])[] = [
  ['{', 'malformed-message', undefined],
  ['[]', 'bad-element', undefined],
  ['{"network":{}}', 'unknown-namespace', undefined],
  ['{"zz:network":{}}', 'unknown-namespace', undefined],
  ['{"example:plant":{}}', 'unknown-element', '/example:plant'],
  [network({ x: 1 }), 'unknown-element', '/example:network'],
  [network(1), 'bad-element', '/example:network'],
  [network({ port: {} }), 'bad-element', '/example:network/port'],
  [network({ port: [{ speed: '1' }] }), 'missing-element', '/example:network/port'],
  [network({ port: [{ enabled: 'true', name: 'a' }] }), 'invalid-value', `${inPort}/enabled`],
  [network({ port: [{ side: '3', name: 'a' }] }), 'invalid-value', `${inPort}/side`],
  [network({ port: [{ side: 300, name: 'a' }] }), 'invalid-value', `${inPort}/side`],
  [network({ port: [{ tag: [300], name: 'a' }] }), 'invalid-value', `${inPort}/tag[.='300']`],
  [network({ label: 1 }), 'invalid-value', '/example:network/label'],
  [network({ label: null }), 'invalid-value', '/example:network/label'],
];
for (const [text, tag, path] of table) {
  test(`readJson refuses ${text}`, () => {
    const [fault] = faults(text);
    assert.deepEqual([fault?.tag, fault?.path], [tag, path]);
  });
}

test('readJson takes names that objects have anyway', () => {
  assert.equal(faults('{"example:network":{"__proto__":{},"constructor":1}}').length, 2);
  assert.equal(faults(network({ port: [{ constructor: 1 }] }))[0]?.tag, 'unknown-element');
  assert.equal(faults('['.repeat(100_000))[0]?.tag, 'malformed-message');
});
