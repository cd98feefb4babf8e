/** Exact decimal numbers as strings: the canonical form of integers and decimal64. */

/** Order of two canonical decimal numbers. */
export function compareDecimals(a: string, b: string): number {
  const negative = a.charCodeAt(0) === 0x2d;
  if (negative !== (b.charCodeAt(0) === 0x2d)) return negative ? -1 : 1;
  return negative ? compareMagnitudes(b.slice(1), a.slice(1)) : compareMagnitudes(a, b);
}

function compareMagnitudes(a: string, b: string): number {
  const [wholeA, wholeB] = [integerLength(a), integerLength(b)];
  if (wholeA !== wholeB) return wholeA - wholeB;
  return a < b ? -1 : a > b ? 1 : 0;
}

function integerLength(text: string): number {
  const point = text.indexOf('.');
  return point < 0 ? text.length : point;
}

/** XML Schema collapses white space around numbers (RFC 7950 section 9.1: XSD's lexical forms). */
export function trim(text: string): string {
  return /^[ \t\r\n]|[ \t\r\n]$/.test(text) ? text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '') : text;
}
