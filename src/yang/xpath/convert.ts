/** Conversions between XPath 1.0's types that need no tree (its sections 4.2 to 4.4). */

const numeral = /^[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*$/;

/** number() of a string: anything but a Number with an optional minus is NaN. No exponents, no plus. */
export function toNumber(text: string): number {
  const match = numeral.exec(text);
  return match === null ? Number.NaN : Number(match[1]);
}

/** string() of a number: decimal, never with an exponent, minus zero as 0. */
export function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return 'Infinity';
  if (value === Number.NEGATIVE_INFINITY) return '-Infinity';
  if (value === 0) return '0';
  const shortest = String(value);
  const exponentAt = shortest.indexOf('e');
  return exponentAt < 0
    ? shortest
    : withoutExponent(shortest.slice(0, exponentAt), Number(shortest.slice(exponentAt + 1)));
}

function withoutExponent(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.slice(sign.length).split('.');
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** round(): to the nearest integer, halves towards positive infinity; keeps minus zero. */
export function round(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  if (value < 0 && value >= -0.5) return -0;
  return Math.round(value);
}

export function normalizeSpace(text: string): string {
  return text.replace(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '');
}

/** substring(): positions count characters from 1 and are rounded, so that NaN and infinities need no case of their own. */
export function substring(text: string, start: number, length?: number): string {
  const first = round(start);
  const end = length === undefined ? Number.POSITIVE_INFINITY : first + round(length);
  let result = '';
  let position = 0;
  for (const character of text) {
    position++;
    if (position >= first && position < end) result += character;
  }
  return result;
}

export function translate(text: string, from: string, to: string): string {
  const target = Array.from(to);
  const map = new Map<string, string>();
  let index = 0;
  for (const character of from) {
    if (!map.has(character)) map.set(character, target[index] ?? '');
    index++;
  }
  let result = '';
  for (const character of text) result += map.get(character) ?? character;
  return result;
}

export function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
