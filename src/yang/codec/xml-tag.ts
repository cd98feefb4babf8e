/** One start tag: its name and its attributes, before namespaces are looked at. */
import { parseQName, type QName } from './xml-name.ts';
import { attributeValue, XmlError } from './xml-text.ts';

export interface WrittenAttribute {
  readonly name: QName;
  readonly value: string;
}

export interface WrittenTag {
  readonly name: QName;
  readonly attributes: readonly WrittenAttribute[];
  readonly isEmpty: boolean;
}

/** Throws where a name, a value or the number of attributes is beyond the reader's limits. */
export interface TagBounds {
  name(name: string): void;
  attribute(count: number, value: string): void;
}

const nameEnd = /[ \t\r\n/]|$/g;
const attribute = /[ \t\r\n]+([^ \t\r\n=/]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagEnd = /[ \t\r\n]*(\/?)$/y;

/** @param text between `<` and `>`; throws XmlError, or what the bounds throw (a FaultError) */
export function parseTag(text: string, bounds: TagBounds): WrittenTag {
  nameEnd.lastIndex = 0;
  let at = nameEnd.exec(text)?.index ?? text.length;
  const name = qName(text.slice(0, at), bounds);
  const attributes: WrittenAttribute[] = [];
  for (;;) {
    attribute.lastIndex = at;
    const found = attribute.exec(text);
    if (found === null) break;
    const [whole, written = '', double, single = ''] = found;
    const value = attributeValue(double ?? single);
    bounds.attribute(attributes.length + 1, value);
    attributes.push({ name: qName(written, bounds), value });
    at += whole.length;
  }
  tagEnd.lastIndex = at;
  const end = tagEnd.exec(text);
  if (end === null) throw new XmlError(problem(text.slice(at)));
  return { name, attributes, isEmpty: end[1] === '/' };
}

function qName(text: string, bounds: TagBounds): QName {
  bounds.name(text);
  const name = parseQName(text);
  if (name === undefined) throw new XmlError(text === '' ? 'disallowed character in tag name' : 'malformed name');
  return name;
}

/** Why the rest of a tag is neither an attribute nor its end. */
function problem(rest: string): string {
  if (!/^[ \t\r\n]/.test(rest)) return 'no white space between attributes';
  const value = /^[ \t\r\n]+[^ \t\r\n=/]+[ \t\r\n]*(=?)[ \t\r\n]*(.?)/s.exec(rest);
  if (value === null) return 'disallowed character in a tag';
  if (value[1] === '') return 'attribute without value';
  return value[2] === '"' || value[2] === "'"
    ? 'disallowed character in an attribute value'
    : 'unquoted attribute value';
}
