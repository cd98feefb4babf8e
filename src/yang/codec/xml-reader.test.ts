import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultError } from '../fault.ts';
import { type XmlElement, type XmlHandler, XmlReader } from './xml-reader.ts';

class Events implements XmlHandler {
  readonly all: string[] = [];
  open({ namespace, name, attributes }: XmlElement): void {
    const written = attributes.map((each) => ` ${each.namespace}|${each.name}=${each.value}`).join('');
    this.all.push(`<${namespace}|${name}${written}>`);
  }
  text(text: string): void {
    this.all.push(text);
  }
  close(): void {
    this.all.push('</>');
  }
}

function events(document: string | Uint8Array, size = Number.MAX_SAFE_INTEGER): string {
  const handler = new Events();
  const reader = new XmlReader(handler);
  const bytes = typeof document === 'string' ? Buffer.from(document) : document;
  for (let at = 0; at < bytes.length; at += size) reader.write(bytes.subarray(at, at + size));
  reader.end();
  return handler.all.join('');
}

const accepted: readonly (readonly [document: string, expected: string])[] = [
  ['<a/>', '<|a></>'],
  ['\uFEFF<a/>', '<|a></>'],
  ['  <?xml-x y?><!-- c --><a/> ', '<|a></>'],
  ['<?xml version="1.0" encoding="utf-8"?><a xmlns="u" xmlns:p="v" p:x="1" y="2"/>', '<u|a v|x=1 |y=2></>'],
  ['<p:a xmlns:p="u"><b/><p:b xmlns:p="v"/></p:a>', '<u|a><|b></><v|b></></>'],
  ['<a>x<!-- c -->y<?p?><![CDATA[<&]]>&lt;&amp;&#x41;&quot;&apos;</a>', '<|a>xy<&<&A"\'</>'],
  ['<a>1\r\n2\r3</a>', '<|a>1\n2\n3</>'],
  ['<a x="1\n2&#10;3"/>', '<|a |x=1 2\n3></>'],
  ['<a>\u00e4\u20ac\u{1f600}</a>', '<|a>\u00e4\u20ac\u{1f600}</>'],
  [
    '<__proto__ constructor="1" xmlns:__proto__="u"><__proto__:b/></__proto__>',
    '<|__proto__ |constructor=1><u|b></></>',
  ],
];
for (const [document, expected] of accepted) {
  test(`XmlReader reads ${JSON.stringify(document)}, whole and byte by byte`, () => {
    assert.equal(events(document), expected);
    assert.equal(events(document, 1).replaceAll('\n', '\n'), expected);
  });
}

const refused: readonly (readonly [document: string | Uint8Array, reason: RegExp])[] = [
  ['', /must contain a root element/],
  ['text', /text data outside of root/],
  ['<a>', /unclosed tag/],
  ['<a></b>', /unexpected close tag/],
  ['<a/><b/>', /only one root/],
  ['<a/>x', /outside of root/],
  ['<!DOCTYPE a><a/>', /document type declaration is not allowed/],
  ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /document type declaration is not allowed/],
  ['<a>&b;</a>', /undefined entity/],
  ['<a>&#0;</a>', /malformed character entity/],
  ['<a>&#xD800;</a>', /malformed character entity/],
  ['<a>\u0001</a>', /disallowed character/],
  ['<a>\uFFFF</a>', /disallowed character/],
  ['<a x="1" x="2"/>', /duplicate attribute/],
  ['<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>', /duplicate attribute/],
  ['<a x="<"/>', /disallowed character/],
  ['<a x=1/>', /unquoted attribute/],
  ['<a>]]></a>', /disallowed in char data/],
  ['<p:a/>', /unbound namespace prefix/],
  ['<a p:x="1"/>', /unbound namespace prefix/],
  ['<a xmlns:p=""/>', /undefine prefix/],
  ['<a:b:c xmlns:a="u"/>', /malformed name/],
  ['<?xml version="1.0" encoding="ISO-8859-1"?><a/>', /not UTF-8/],
  [' <?xml version="1.0"?><a/>', /start of the document/],
  ['<!-- -- --><a/>', /malformed comment/],
  [Uint8Array.of(0x3c, 0x61, 0x3e, 0xff), /not UTF-8/],
  [Uint8Array.of(0x3c, 0x61, 0x3e, 0xc0, 0x80), /not UTF-8/],
  [Uint8Array.of(0x3c, 0x61, 0x2f, 0x3e, 0xe2, 0x82), /not UTF-8/],
  [Uint8Array.of(0xfe, 0xff, 0x00, 0x3c, 0x00, 0x61), /not UTF-8/],
];
for (const [document, reason] of refused) {
  test(`XmlReader refuses ${typeof document === 'string' ? JSON.stringify(document) : Buffer.from(document).toString('hex')}`, () => {
    for (const size of [1, Number.MAX_SAFE_INTEGER]) {
      assert.throws(
        () => events(document, size),
        (error) => {
          assert.ok(error instanceof FaultError);
          assert.equal(error.faults[0]?.tag, 'malformed-message');
          assert.equal(error.faults[0].type, 'rpc');
          assert.match(error.message, reason);
          return true;
        },
      );
    }
  });
}

const tooBig = (error: unknown) => error instanceof FaultError && error.faults[0]?.tag === 'too-big';

test('XmlReader bounds depth, attributes and names', () => {
  assert.equal(events('<a>'.repeat(128) + '</a>'.repeat(128)).length, 128 * 7);
  assert.throws(() => events('<a>'.repeat(129)), tooBig);
  assert.throws(() => events(`<a ${Array.from({ length: 257 }, (_, i) => `a${i}="1"`).join(' ')}/>`), tooBig);
  assert.throws(() => events(`<a x="${'1'.repeat(65_537)}"/>`), tooBig);
  assert.throws(() => events(`<${'a'.repeat(1_025)}/>`), tooBig);
});

test('XmlReader gives events as chunks come and stays failed', () => {
  const handler = new Events();
  const reader = new XmlReader(handler);
  reader.write('<a><b>te');
  assert.equal(handler.all.join(''), '<|a><|b>');
  reader.write('xt</b>');
  assert.equal(handler.all.join(''), '<|a><|b>text</>');
  assert.throws(() => reader.write('</b>'), FaultError);
  assert.throws(() => reader.write('</a>'), /unexpected close tag/);
  assert.throws(() => reader.end(), /unexpected close tag/);
});

test('XmlReader passes on what the handler throws, and stops', () => {
  const reader = new XmlReader({
    open() {
      throw new Error('enough');
    },
    text() {},
    close() {},
  });
  assert.throws(() => reader.write('<a><b/></a>'), /enough/);
  assert.throws(() => reader.end(), /enough/);
});
