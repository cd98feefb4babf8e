/** Random documents: whatever comes in, nodes or a FaultError; and what was read survives being written and read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleSchema, exampleXml, below as inside, readXml } from '../data/example/example.ts';
import { random } from '../data/example/random.ts';
import type { DataNode } from '../data/node.ts';
import { FaultError } from '../fault.ts';
import { readJson } from './json-reader.ts';
import { dataToJson } from './json-writer.ts';
import { dataToXml } from './write-data.ts';
import { XmlDataReader } from './xml-data-reader.ts';
import { XmlReader } from './xml-reader.ts';

const cases = Number(process.env['FUZZ_CASES'] ?? 3_000);
const pieces = [
  '<',
  '>',
  '/>',
  '</',
  '&',
  '&lt;',
  '&#',
  ';',
  ']]>',
  '<![CDATA[',
  '<!--',
  '-->',
  '<?',
  '?>',
  '<!DOCTYPE',
  '"',
  "'",
  '=',
  'xmlns',
  ':',
  ' xmlns:a="b"',
  ' a:b="c"',
  ' nc:operation="delete"',
  '<port>',
  '</port>',
  '<name>a</name>',
  '<x/>',
  '\u0000',
  '\uFFFE',
  '\u{1f600}',
  '\r',
  '-',
  '__proto__',
  'constructor',
];

test(`XmlReader and XmlDataReader survive ${cases} random documents`, (context) => {
  const { seed, below, pick } = random();
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const schema = exampleSchema();
  const document = `<root xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0">${exampleXml}</root>`;
  let read = 0;
  for (let i = 0; i < cases; i++) {
    let text = document;
    for (let changes = 1 + below(4); changes > 0; changes--) {
      const at = below(text.length);
      if (below(4) === 0)
        text = text.slice(0, at) + text.slice(below(text.length), below(text.length)) + text.slice(at);
      else text = text.slice(0, at) + pick(pieces) + text.slice(at + below(12));
    }
    const bytes = Buffer.from(text);
    if (below(8) === 0) bytes[below(bytes.length)] = below(256);
    const data = new XmlDataReader(schema, schema, { mode: below(2) ? 'edit' : 'data' });
    const reader = new XmlReader(inside(data));
    let nodes: readonly DataNode[];
    try {
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + below(200);
        reader.write(bytes.subarray(at, at + size));
        at += size;
      }
      reader.end();
      nodes = data.finish();
    } catch (error) {
      if (error instanceof FaultError) continue;
      throw new Error(`FUZZ_SEED=${seed}: ${JSON.stringify(text)}`, { cause: error });
    }
    read++;
    assert.equal(readXml(schema, dataToXml(schema, nodes), { mode: 'edit' }).length, nodes.length, `FUZZ_SEED=${seed}`);
  }
  assert.ok(read > cases / 100, `only ${read} were good`);
});

test(`XmlDataReader and both codecs agree on ${cases} random instances`, (context) => {
  const { seed, below, pick } = random();
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const schema = exampleSchema();
  const strings = [
    '',
    ' ',
    'a',
    '<&>"\'',
    'two\nlines',
    '\r',
    '\t x ',
    'ä€\u{1f600}',
    ']]>',
    '{"a":1}',
    '\\',
    '/ex:a',
    '__proto__',
  ];
  const label = schema.find('/example:network/label');
  const port = schema.find('/example:network/port');
  const name = schema.find('/example:network/port/name');
  const speed = schema.find('/example:network/port/speed');
  const load = schema.find('/example:network/port/load');
  const network = schema.find('/example:network');
  assert.ok(label && port && name && speed && load && network);
  for (let i = 0; i < cases / 10; i++) {
    const nodes: DataNode[] = [
      {
        schema: network,
        children: [
          { schema: label, value: pick(strings) + pick(strings) },
          ...strings
            .filter(() => below(2))
            .map((value) => ({
              schema: port,
              children: [
                { schema: name, value },
                { schema: speed, value: String(BigInt(below(2 ** 31)) * BigInt(below(2 ** 31))) },
                { schema: load, value: `${below(1000) - 500}.${1 + below(9)}` },
              ],
            })),
        ],
      },
    ];
    assert.deepEqual(readXml(schema, dataToXml(schema, nodes), { mode: 'data' }), nodes, `FUZZ_SEED=${seed}`);
    assert.deepEqual(readJson(schema, schema, dataToJson(schema, nodes), { mode: 'data' }), nodes, `FUZZ_SEED=${seed}`);
  }
});

test(`readJson survives ${cases} random texts`, (context) => {
  const { seed, below, pick } = random();
  context.diagnostic(`FUZZ_SEED=${seed}`);
  const schema = exampleSchema();
  const json = dataToJson(schema, readXml(schema, exampleXml, { mode: 'data' }));
  const parts = [
    '{',
    '}',
    '[',
    ']',
    'null',
    'true',
    '1e99',
    '-0',
    '"',
    ':',
    ',',
    '"a"',
    '[null]',
    '{}',
    '"__proto__":1',
  ];
  for (let i = 0; i < cases; i++) {
    const at = below(json.length);
    const text = json.slice(0, at) + pick(parts) + json.slice(at + below(10));
    try {
      readJson(schema, schema, text, { mode: 'data' });
    } catch (error) {
      if (!(error instanceof FaultError))
        throw new Error(`FUZZ_SEED=${seed}: ${JSON.stringify(text)}`, { cause: error });
    }
  }
});
