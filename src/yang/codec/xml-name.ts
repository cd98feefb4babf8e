/** Names of XML 1.0 (fifth edition, section 2.3) with namespaces (Namespaces in XML 1.0, section 3), and its characters. */

const start =
  'A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const rest = `${start}\\-.0-9\\xB7\\u0300-\\u036F\\u203F\\u2040`;
const ncName = `[${start}][${rest}]*`;
const qualified = new RegExp(`^(?:(${ncName}):)?(${ncName})$`, 'u');
const unqualified = new RegExp(`^${ncName}$`, 'u');

export interface QName {
  /** As it was written. */
  readonly text: string;
  /** Empty: without. */
  readonly prefix: string;
  readonly local: string;
}

/** Undefined: no qualified name. */
export function parseQName(text: string): QName | undefined {
  const found = qualified.exec(text);
  return found === null ? undefined : { text, prefix: found[1] ?? '', local: found[2] as string };
}

export function isNcName(text: string): boolean {
  return unqualified.test(text);
}

/** Section 2.2: what no document may hold, surrogates apart. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const disallowedCharacter = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/;

/** The production Char of section 2.2. */
export function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}
