/** Characters that modules and string values may hold: `yang-char` of RFC 7950 section 14. */

// Everything but control characters, surrogates and non-characters.
const planes = Array.from(
  { length: 16 },
  (_, i) => `\\u{${(i + 1).toString(16)}0000}-\\u{${(i + 1).toString(16)}FFFD}`,
);
const FORBIDDEN = new RegExp(`[^\\t\\n\\r -\\u{D7FF}\\u{E000}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}${planes.join('')}]`, 'u');

/** The first character that is not allowed. */
export function forbiddenCharacter(text: string): { readonly index: number; readonly name: string } | undefined {
  const found = FORBIDDEN.exec(text);
  if (!found) return undefined;
  const code = (found[0].codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
  return { index: found.index, name: `U+${code}` };
}
