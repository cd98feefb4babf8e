import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { exampleSchema } from '../data/example/example.ts';
import type { ContainerNode, LeafNode, Schema } from '../schema/node.ts';
import { escapeAttribute, escapeText } from './escape.ts';
import { pathToXml } from './xml-path.ts';
import { XmlReader } from './xml-reader.ts';
import { XmlWriter } from './xml-writer.ts';

let schema: Schema;

before(() => {
  schema = exampleSchema();
});

const leaf = (name: string) => schema.find(`/example:network/${name}`) as LeafNode;

test('XmlWriter declares a namespace where it changes', () => {
  const writer = new XmlWriter(schema);
  writer.open('rpc-reply', 'urn:base', [['message-id', '"1"\n']]);
  writer.element('ok', 'urn:base', '');
  writer.open('data', 'urn:base');
  writer.openElement(schema.find('/example:network') as ContainerNode);
  writer.leaf(leaf('label'), 'a<b>&c\r"', true);
  writer.leaf(leaf('where'), "/example:network/port[name='b']/speed");
  writer.leaf(leaf('port/kind'), 'example-kinds:laser');
  writer.anydata(leaf('note'), '<x/>');
  assert.equal(writer.depth, 3);
  while (writer.depth > 0) writer.close();
  assert.equal(
    writer.take(),
    '<rpc-reply xmlns="urn:base" message-id="&quot;1&quot;&#10;"><ok/><data><network xmlns="urn:example:data">' +
      '<label xmlns:wd="urn:ietf:params:xml:ns:netconf:default:1.0" wd:default="true">a&lt;b&gt;&amp;c&#13;"</label>' +
      `<where xmlns:ex="urn:example:data">/ex:network/ex:port[ex:name='b']/ex:speed</where>` +
      '<kind xmlns:kinds="urn:example:kinds">kinds:laser</kind><note><x/></note></network></data></rpc-reply>',
  );
  assert.equal(writer.length, 0);
  assert.throws(() => writer.close(), /no element is open/);
});

test('escapeText and escapeAttribute survive a reader', () => {
  const characters = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code))
    .filter((character) => /[\t\n\r\x20-\uD7FF]/.test(character))
    .join('');
  let text = '';
  let value: string | undefined;
  const reader = new XmlReader({
    open: ({ attributes }) => {
      value = attributes[0]?.value;
    },
    text: (piece) => {
      text += piece;
    },
    close: () => {},
  });
  reader.write(`<a x="${escapeAttribute(characters)}">${escapeText(characters)}]]&gt;\u{1f600}</a>`);
  reader.end();
  assert.equal(text, `${characters}]]>\u{1f600}`);
  assert.equal(value, characters);
});

test('pathToXml gives every name its prefix', () => {
  assert.deepEqual(pathToXml(schema, "/example:network/port[name='it''s']"), {
    xpath: "/example:network/port[name='it''s']",
    namespaces: new Map(),
  });
  const { xpath, namespaces } = pathToXml(schema, `/example:network/port[name="it's"]/tag[.='7']/example-kinds:x[3]`);
  assert.equal(xpath, `/ex:network/ex:port[ex:name="it's"]/ex:tag[.='7']/kinds:x[3]`);
  assert.deepEqual(
    [...namespaces],
    [
      ['ex', 'urn:example:data'],
      ['kinds', 'urn:example:kinds'],
    ],
  );
  const both = `/example:network/port[name=concat('it',"'",'s "c"')]`;
  assert.equal(
    pathToXml(schema, both).xpath,
    both.replace('example:', 'ex:').replace('/port', '/ex:port').replace('name', 'ex:name'),
  );
});
