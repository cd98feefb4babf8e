/**
 * Our reader beside saxes: on random documents both give the same events, or both refuse. Where saxes says otherwise than
 * Namespaces in XML 1.0 (it takes white space around the name of a namespace away, and lets a local name begin with any
 * character of a name), the comparison looks away.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SaxesAttributeNS, SaxesParser } from 'saxes';
import { random } from '../data/example/random.ts';
import { FaultError } from '../fault.ts';
import { XmlReader } from './xml-reader.ts';

const cases = Number(process.env['FUZZ_CASES'] ?? 6_000);
const XMLNS = 'http://www.w3.org/2000/xmlns/';

type Event = string;

const openEvent = (
  namespace: string,
  name: string,
  attributes: readonly (readonly [string, string, string])[],
): Event =>
  `<${namespace.trim()}|${name}${attributes.map(([uri, ...rest]) => ` ${[uri.trim(), ...rest].join('|')}`).join('')}>`;

/** Undefined: refused. */
function bySaxes(document: string): string | undefined {
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true });
  const events: Event[] = [];
  let depth = 0;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    throw new Error('a document type');
  });
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw new Error('the encoding');
  });
  parser.on('opentag', (tag) => {
    depth++;
    const attributes = (Object.values(tag.attributes) as SaxesAttributeNS[]).filter(({ uri }) => uri !== XMLNS);
    events.push(
      openEvent(
        tag.uri,
        tag.local,
        attributes.map(({ uri, local, value }) => [uri, local, value] as const),
      ),
    );
  });
  parser.on('closetag', () => {
    depth--;
    events.push('</>');
  });
  const text = (text: string): void => void (depth > 0 && events.push(text));
  parser.on('text', text);
  parser.on('cdata', text);
  try {
    parser.write(document);
    parser.close();
    return events.join('');
  } catch {
    return undefined;
  }
}

function byUs(document: string, size: () => number): string | undefined {
  const events: Event[] = [];
  const reader = new XmlReader({
    open({ namespace, name, attributes }) {
      events.push(
        openEvent(
          namespace,
          name,
          attributes.map((each) => [each.namespace, each.name, each.value] as const),
        ),
      );
    },
    text: (text) => void events.push(text),
    close: () => void events.push('</>'),
  });
  const bytes = Buffer.from(document);
  try {
    for (let at = 0; at < bytes.length; ) {
      const end = at + size();
      reader.write(bytes.subarray(at, end));
      at = end;
    }
    reader.end();
    return events.join('');
  } catch (error) {
    if (error instanceof FaultError) return undefined;
    throw error;
  }
}

/** A namespace of white space alone; a local name behind a prefix that begins with what a name may not. */
const leniencies = /xmlns[^=]*=\s*(["'])\s+\1|:(?:[-.0-9]|\u0300)/;

const document = `<?xml version="1.0" encoding="UTF-8"?><!-- c --><rpc xmlns="urn:a" xmlns:b="urn:b" message-id='1'>
  <edit b:operation="delete"><b:name>x &lt; y &#x41;</b:name><![CDATA[<raw>]]><?pi data?></edit><leaf/>
  <type xmlns:t="urn:t">t:x</type><type xmlns:t="urn:t">t:y</type>
</rpc>`;

const pieces = [
  ...[
    '<',
    '>',
    '/>',
    '</',
    '&',
    '&lt;',
    '&#',
    '&#65;',
    '&#xD800;',
    '&amp',
    ';',
    ']]>',
    ']]',
    '<![CDATA[',
    '<!--',
    '-->',
    '--',
  ],
  ...[
    '<?',
    '?>',
    '<?xml',
    '<?xml version="1.0"?>',
    '<!',
    '"',
    "'",
    '=',
    'xmlns',
    ':',
    ' xmlns:a="b"',
    ' xmlns=""',
    ' xmlns:b=""',
  ],
  ...[
    ' a:b="c"',
    ' b:x="1"',
    ' xml:lang="en"',
    ' xmlns:xml="u"',
    ' xmlns:xmlns="u"',
    '<leaf/>',
    '</rpc>',
    '<b:leaf>',
    '</b:leaf>',
  ],
  ...[
    '\t',
    '\n',
    '\r',
    '\r\n',
    ' ',
    '\u0000',
    '\u0001',
    '\uFFFE',
    '\uFEFF',
    '\u{1f600}',
    '\u00e4',
    '\u0300',
    '-',
    '.',
    '1',
    '__proto__',
  ],
];

test(`XmlReader reads and refuses what saxes does, on ${cases} random documents`, (context) => {
  const { seed, below, pick } = random();
  context.diagnostic(`FUZZ_SEED=${seed}`);
  let read = 0;
  for (let i = 0; i < cases; i++) {
    let text = document;
    for (let changes = 1 + below(3); changes > 0; changes--) {
      const at = below(text.length);
      if (below(4) === 0)
        text = text.slice(0, at) + text.slice(below(text.length), below(text.length)) + text.slice(at);
      else text = text.slice(0, at) + pick(pieces) + text.slice(at + below(6));
    }
    if (!text.isWellFormed() || leniencies.test(text)) continue;
    const expected = bySaxes(text);
    const largest = pick([1, 3, 50, 5000]);
    const found = byUs(text, () => 1 + below(largest));
    assert.equal(found, expected, `FUZZ_SEED=${seed}: ${JSON.stringify(text)}`);
    if (expected !== undefined) read++;
  }
  assert.ok(read > cases / 20, `only ${read} were good`);
});
