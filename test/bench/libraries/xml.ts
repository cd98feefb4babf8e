/** `node xml.ts xml2js|sluice`: prints what the reader makes of an edit-config of 10 MB and of some documents, as JSON. */
import { createRequire } from 'node:module';
import { type XmlElement, XmlReader } from '../../../src/yang/codec/xml-reader.ts';

const entries = 50_000;

export interface XmlFigures {
  readonly bytes: number;
  readonly cpuMs: number;
  /** Resident memory at its highest. */
  readonly peakMiB: number;
  readonly verdicts: number;
  readonly wrong: readonly string[];
}

/** Documents, and whether they are well-formed (XML 1.0, Namespaces in XML 1.0). */
const documents: readonly (readonly [what: string, text: string, isWellFormed: boolean])[] = [
  ['a document', '<a xmlns="urn:a"><b c="d">e</b></a>', true],
  ['an attribute twice', '<a b="1" b="2"/>', false],
  [
    'an attribute twice, by two prefixes of one namespace',
    '<a xmlns:p="urn:p" xmlns:q="urn:p" p:b="1" q:b="2"/>',
    false,
  ],
  ['a control character', '<a>\u0001</a>', false],
  ['a character reference to one', '<a>&#1;</a>', false],
  ['a second root', '<a/><b/>', false],
  ['text behind the root', '<a/>b', false],
  ['a prefix that is not declared', '<p:a/>', false],
  ['an entity that is not declared', '<a>&b;</a>', false],
  ['a comment with two hyphens', '<a><!-- -- --></a>', false],
  ['the end of a CDATA section in text', '<a>]]></a>', false],
  ['an attribute without a value', '<a b/>', false],
  ['an end tag of another name', '<a><b></a></b>', false],
  ['an unfinished document', '<a><b/>', false],
];

interface Xml2js {
  Parser: new (options: object) => { parseStringPromise(text: string): Promise<unknown> };
}

function edit(): string {
  const each = Array.from(
    { length: entries },
    (_, i) =>
      `<interface><name>eth${i}</name><description>customer number ${i}</description><type xmlns:t="urn:ietf:params:xml:ns:yang:iana-if-type">t:l2vlan</type><enabled>true</enabled><mtu>${1500 + (i % 7000)}</mtu></interface>`,
  );
  return `<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" message-id="1"><edit-config><target><running/></target><config><interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${each.join('')}</interfaces></config></edit-config></rpc>`;
}

/** An element as xml2js would give it, so that both do the same work. */
interface Read {
  readonly name: string;
  readonly children: Read[];
  text: string;
}

function readSluice(bytes: Buffer): Read | undefined {
  const open: Read[] = [];
  let root: Read | undefined;
  const reader = new XmlReader({
    open({ name }: XmlElement) {
      const read: Read = { name, children: [], text: '' };
      open.at(-1)?.children.push(read);
      root ??= read;
      open.push(read);
    },
    text(text) {
      const last = open.at(-1);
      if (last !== undefined) last.text += text;
    },
    close: () => void open.pop(),
  });
  for (let at = 0; at < bytes.length; at += 65_536) reader.write(bytes.subarray(at, at + 65_536));
  reader.end();
  return root;
}

const isXml2js = process.argv[2] === 'xml2js';
const { Parser } = createRequire(import.meta.url)('xml2js') as Xml2js;
const read = async (bytes: Buffer): Promise<unknown> =>
  isXml2js ? await new Parser({ xmlns: true, strict: true }).parseStringPromise(bytes.toString()) : readSluice(bytes);

const bytes = Buffer.from(edit());
const before = process.cpuUsage();
const kept = await read(bytes);
const { user, system } = process.cpuUsage(before);
if (kept === undefined) throw new Error('nothing was read');
const peakMiB = process.resourceUsage().maxRSS / 1024;
const wrong: string[] = [];
for (const [what, text, isWellFormed] of documents) {
  const accepted = await read(Buffer.from(text)).then(
    () => true,
    () => false,
  );
  if (accepted !== isWellFormed) wrong.push(what);
}
const figures: XmlFigures = {
  bytes: bytes.length,
  cpuMs: (user + system) / 1000,
  peakMiB,
  verdicts: documents.length,
  wrong,
};
process.stdout.write(`\n${JSON.stringify(figures)}\n`);
process.exit(0);
