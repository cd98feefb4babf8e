/** Character data and attribute values as they are meant: line ends, references, white space (XML 1.0 sections 2.11, 3.3.3, 4). */
import { isCharacter } from './xml-name.ts';

/** What is wrong with a piece of XML; the reader adds where. */
export class XmlError extends Error {}

const predefined: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const special = /[&\r]|\]\]>/;
const specialInValue = /[&\r\n\t]/;

/** Text between two pieces of markup. Throws XmlError. */
export function characterData(text: string): string {
  if (!special.test(text)) return text;
  if (text.includes(']]>')) throw new XmlError('the string "]]>" is disallowed in char data');
  return expanded(text.replace(/\r\n?/g, '\n'));
}

/** The content of a CDATA section. */
export function cdata(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** What stands between the quotes. Throws XmlError. */
export function attributeValue(text: string): string {
  if (!specialInValue.test(text)) return text;
  return expanded(text.replace(/\r\n|[\r\n\t]/g, ' '));
}

function expanded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&]*)(;?)/g, (_, name: string, end: string) => {
    if (end === '') throw new XmlError('an ampersand begins no entity or character reference');
    return name.startsWith('#') ? character(name) : entity(name);
  });
}

function entity(name: string): string {
  const text = Object.hasOwn(predefined, name) ? predefined[name] : undefined;
  if (text === undefined) throw new XmlError('undefined entity');
  return text;
}

function character(reference: string): string {
  const found = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(reference);
  const code = found?.[1] !== undefined ? Number.parseInt(found[1], 16) : Number(found?.[2] ?? Number.NaN);
  if (!isCharacter(code)) throw new XmlError('malformed character entity');
  return String.fromCodePoint(code);
}
