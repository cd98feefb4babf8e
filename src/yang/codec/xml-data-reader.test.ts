import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { exampleSchema, exampleXml, readXml } from '../data/example/example.ts';
import { findAll, findNode, findValue } from '../data/find.ts';
import { operationPath } from '../data/instance-path.ts';
import { type Fault, FaultError } from '../fault.ts';
import type { Schema } from '../schema/node.ts';

let schema: Schema;

before(() => {
  schema = exampleSchema();
});

const network = (inside: string) => `<network xmlns="urn:example:data">${inside}</network>`;

function faults(xml: string, mode: 'data' | 'edit' = 'edit'): readonly Fault[] {
  try {
    readXml(schema, xml, { mode });
  } catch (error) {
    assert.ok(error instanceof FaultError, String(error));
    return error.faults;
  }
  return [];
}

test('XmlDataReader gives canonical values, keys first, names with modules', () => {
  const xml = exampleXml
    .replace('<name>b</name>', '')
    .replace('<enabled>false</enabled>', ' <enabled>false</enabled> <name>b</name>\n');
  const [root] = readXml(schema, xml, { mode: 'data' });
  const [a, b, c] = findAll(root?.children, 'port');
  assert.equal(findValue(a?.children, 'kind'), 'example-kinds:laser');
  assert.equal(findValue(a?.children, 'load'), '1.5');
  assert.equal(findValue(a?.children, 'speed'), '18446744073709551615');
  assert.deepEqual(
    findAll(a?.children, 'tag').map(({ value }) => value),
    ['7', 'none'],
  );
  assert.equal(b?.children?.[0]?.schema.name, 'name');
  assert.equal(findValue(c?.children, 'name'), 'it\'s "c"');
  assert.deepEqual(findNode(a?.children, 'trunk')?.children, []);
  assert.equal(findValue(root?.children, 'where'), "/example:network/port[name='b']/speed");
  assert.equal(findNode(root?.children, 'note')?.xml, '<x xmlns="urn:example:kinds">1 &lt; 2</x>');
});

test('XmlDataReader keeps the namespaces that anydata uses', () => {
  const [root] = readXml(
    schema,
    '<network xmlns="urn:example:data" xmlns:p="urn:p" xmlns:q="urn:q" xmlns:r="urn:r">' +
      '<note><p:x q:y="1">r:value<z xmlns=""/>&lt;</p:x> <x/></note></network>',
    { mode: 'data' },
  );
  assert.equal(
    findNode(root?.children, 'note')?.xml,
    '<p:x xmlns:p="urn:p" xmlns:q="urn:q" xmlns:r="urn:r" q:y="1">r:value<z xmlns=""/>&lt;</p:x> <x xmlns="urn:example:data"/>',
  );
});

test('XmlDataReader reads the attributes of an edit', () => {
  const [root] = readXml(
    schema,
    network(
      '<port nc:operation="delete"><name>a</name><enabled/></port>' +
        `<port nc:operation="create"><name>b</name><tag yang:insert="after" yang:value="none">7</tag></port>` +
        '<label nc:operation="remove"/>' +
        `<link yang:key="[ex:from='x'][ex:to='y']"><from>a</from><to>b</to></link>`,
    ),
    { mode: 'edit' },
  );
  const [a, b] = findAll(root?.children, 'port');
  assert.deepEqual(a?.attributes, { operation: 'delete' });
  assert.equal(findNode(a?.children, 'enabled')?.value, undefined);
  assert.deepEqual(findNode(b?.children, 'tag')?.attributes, { insert: 'after', insertValue: 'none' });
  assert.deepEqual(findNode(root?.children, 'label'), {
    schema: schema.find('/example:network/label'),
    value: '',
    attributes: { operation: 'remove' },
  });
  assert.deepEqual(findNode(root?.children, 'link')?.attributes, { insertKey: ['x', 'y'] });
});

const badElement = (value: string) => ({ name: 'bad-element', value });
const badAttribute = (value: string) => ({ name: 'bad-attribute', value });
const inPort = "/example:network/port[name='a']";

const table: readonly (readonly [what: string, xml: string, expected: Partial<Fault>])[] = [
  [
    'unknown namespace',
    '<x xmlns="urn:x"/>',
    { tag: 'unknown-namespace', info: [badElement('x'), { name: 'bad-namespace', value: 'urn:x' }] },
  ],
  [
    'no namespace',
    '<network/>',
    { tag: 'unknown-namespace', info: [badElement('network'), { name: 'bad-namespace', value: '' }] },
  ],
  ['unknown top-level element', '<x xmlns="urn:example:data"/>', { tag: 'unknown-element', info: [badElement('x')] }],
  [
    'unknown element',
    network('<x><y/></x>'),
    { tag: 'unknown-element', path: '/example:network', info: [badElement('x')] },
  ],
  [
    'element in a leaf',
    network('<port><main/><name>a</name></port>'),
    { tag: 'unknown-element', path: inPort, info: [badElement('main')] },
  ],
  [
    'element inside of a leaf',
    network('<main><x/></main>'),
    { tag: 'unknown-element', path: '/example:network/main', info: [badElement('x')] },
  ],
  [
    'state in an edit',
    '<plant xmlns="urn:example:data"/>',
    { tag: 'unknown-element', path: '/example:plant', info: [badElement('plant')] },
  ],
  [
    'bad value before the key',
    network('<port><speed>-1</speed><name>a</name></port>'),
    { tag: 'invalid-value', path: `${inPort}/speed` },
  ],
  [
    'bad value of a leaf-list',
    network('<port><name>a</name><tag>256</tag></port>'),
    { tag: 'invalid-value', path: `${inPort}/tag[.='256']` },
  ],
  [
    'bad identity',
    network('<port><name>a</name><kind>ex:laser</kind></port>'),
    { tag: 'invalid-value', path: `${inPort}/kind` },
  ],
  ['empty leaf', network('<port><name>a</name><level/></port>'), { tag: 'invalid-value', path: `${inPort}/level` }],
  [
    'missing key',
    network('<port><speed>1</speed></port>'),
    { tag: 'missing-element', path: '/example:network/port', info: [badElement('name')] },
  ],
  [
    'one of two keys missing',
    network('<link><to>b</to></link>'),
    { tag: 'missing-element', path: "/example:network/link[to='b']", info: [badElement('from')] },
  ],
  [
    'text in a container',
    network('some text'),
    { tag: 'bad-element', path: '/example:network', info: [badElement('network')] },
  ],
  [
    'attribute without namespace',
    network('<label operation="delete">x</label>'),
    {
      tag: 'unknown-attribute',
      path: '/example:network/label',
      info: [badAttribute('operation'), badElement('label')],
    },
  ],
  [
    'unknown operation',
    network('<label nc:operation="none">x</label>'),
    { tag: 'bad-attribute', path: '/example:network/label', info: [badAttribute('operation'), badElement('label')] },
  ],
  [
    'insert of a leaf',
    network('<label yang:insert="first">x</label>'),
    { tag: 'unknown-attribute', path: '/example:network/label', info: [badAttribute('insert'), badElement('label')] },
  ],
  [
    'key that is none',
    network(`<link yang:key="[ex:from='x']"><from>a</from><to>b</to></link>`),
    {
      tag: 'bad-attribute',
      path: "/example:network/link[from='a'][to='b']",
      info: [badAttribute('key'), badElement('link')],
    },
  ],
];
for (const [what, xml, expected] of table) {
  test(`XmlDataReader reports ${what}`, () => {
    const [fault, ...others] = faults(xml);
    assert.deepEqual(others, []);
    assert.ok(fault);
    const { message: _, ...rest } = fault;
    assert.deepEqual({ info: undefined, ...rest }, { type: 'application', info: undefined, ...expected });
  });
}

test('XmlDataReader reports an edit attribute in data', () => {
  assert.equal(faults(network('<label nc:operation="delete">x</label>'), 'data')[0]?.tag, 'unknown-attribute');
});

test('XmlDataReader reports several faults at once, but not without end', () => {
  assert.equal(faults(network('<x/><label yang:value="1">a</label>text')).length, 3);
  assert.equal(faults(network('<x/>'.repeat(1_000))).length, 16);
});

test('XmlDataReader answers a large value with small faults, in time', { timeout: 60_000 }, () => {
  const large = 'x'.repeat(3_000_000);
  const xml = `<port><name>${large}</name><speed>${large}</speed><tag>${large}</tag></port><note>${large}<y>${large} :</y></note>`;
  const found = faults(network(xml));
  assert.equal(found.length, 2);
  assert.ok(JSON.stringify(found).length < 20_000);
});

test('XmlDataReader reads the input of an rpc with its own path', () => {
  const input = schema.rpcs.get('example:connect')?.input;
  assert.ok(input);
  const options = { mode: 'data', path: operationPath(input), errorType: 'protocol' } as const;
  const xml = (inside: string) => `<ex:port>a</ex:port><ex:slow><ex:delay>${inside}</ex:delay></ex:slow>`;
  assert.equal(findValue(readXml(schema, xml('4'), options, input), 'slow', 'delay'), '4');
  assert.throws(
    () => readXml(schema, xml('400'), options, input),
    (error) =>
      error instanceof FaultError &&
      error.faults[0]?.path === '/example:connect/slow/delay' &&
      error.faults[0].type === 'protocol',
  );
});

test('XmlDataReader hands anydata over with its attributes', () => {
  const seen: string[] = [];
  const [root] = readXml(schema, network('<note x="1">a<b><c/></b></note><main>a</main>'), {
    mode: 'edit',
    foreign: (node, element) => {
      seen.push(`${node.name} ${element.attributes[0]?.value}`);
      return { open: ({ name }) => seen.push(name), text: (text) => seen.push(text), close: () => seen.push('/') };
    },
  });
  assert.deepEqual(seen, ['note 1', 'a', 'b', 'c', '/', '/']);
  assert.deepEqual(
    root?.children?.map((child) => child.schema.name),
    ['note', 'main'],
  );
});
