/**
 * One key value in a row key, so that byte order is the type's order and values delimit themselves:
 *
 *     int8…int64       8 bytes, big-endian, sign bit flipped
 *     uint8…uint64     8 bytes, big-endian
 *     decimal64        8 bytes like int64, scaled by the fraction digits
 *     anything else    canonical form as UTF-8, then 0x00 (YANG's strings hold no NUL)
 *
 * Bytes are code units of a latin1 string.
 */
import type { Type } from '../../yang/type/type.ts';

/** How a key value is encoded; part of what a node's id stands for, so a changed key type never misreads old keys. */
export type KeyForm = 'text' | 'signed' | 'unsigned' | `decimal${number}`;

export function keyForm(type: Type): KeyForm {
  switch (type.base) {
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return 'signed';
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
      return 'unsigned';
    case 'decimal64':
      return `decimal${type.fractionDigits ?? 1}`;
    case 'leafref':
      return type.leafref === undefined ? 'text' : keyForm(type.leafref.target.type);
    default:
      return 'text';
  }
}

export function encodeKey(form: KeyForm, value: string): string {
  switch (form) {
    case 'text':
      if (value.includes('\0')) throw new Error('a key holds a NUL character');
      return `${toUtf8(value)}\0`;
    case 'signed':
      return encodeInteger(value, 0x80000000);
    case 'unsigned':
      return encodeInteger(value, 0);
    default:
      return encodeInteger(scale(value, Number(form.slice(7))), 0x80000000);
  }
}

/** The canonical value at `start`, and where it ends; undefined where the bytes are no such value. */
export function decodeKey(form: KeyForm, key: string, start: number): { value: string; end: number } | undefined {
  if (form === 'text') {
    const end = key.indexOf('\0', start);
    return end < 0 ? undefined : { value: fromUtf8(key.slice(start, end)), end: end + 1 };
  }
  const end = start + 8;
  if (key.length < end) return undefined;
  const high = read32(key, start) - (form === 'unsigned' ? 0 : 0x80000000);
  const low = read32(key, start + 4);
  const near = high * 0x100000000 + low;
  const value = Number.isSafeInteger(near) ? String(near) : String((BigInt(high) << 32n) + BigInt(low));
  return { value: form === 'signed' || form === 'unsigned' ? value : unscale(value, Number(form.slice(7))), end };
}

/** UTF-8 bytes as latin1; plain ASCII is itself. */
export function toUtf8(value: string): string {
  for (let i = 0; i < value.length; i++) {
    if (value.charCodeAt(i) > 0x7f) return Buffer.from(value, 'utf8').toString('latin1');
  }
  return value;
}

export function fromUtf8(bytes: string): string {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes.charCodeAt(i) > 0x7f) return Buffer.from(bytes, 'latin1').toString('utf8');
  }
  return bytes;
}

function encodeInteger(value: string, flip: number): string {
  const near = Number(value);
  let high: number;
  let low: number;
  if (Number.isSafeInteger(near) && value !== '') {
    high = Math.floor(near / 0x100000000);
    low = near - high * 0x100000000;
  } else {
    const exact = BigInt(value);
    high = Number(exact >> 32n);
    low = Number(exact & 0xffffffffn);
  }
  high += flip;
  if (!(high >= 0 && high <= 0xffffffff)) throw new Error(`key value '${value}' is out of range`);
  return write32(high) + write32(low);
}

function write32(n: number): string {
  return String.fromCharCode((n >>> 24) & 0xff, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);
}

function read32(key: string, at: number): number {
  return (
    key.charCodeAt(at) * 0x1000000 +
    ((key.charCodeAt(at + 1) << 16) | (key.charCodeAt(at + 2) << 8) | key.charCodeAt(at + 3))
  );
}

/** `-1.5` with 3 digits: `-1500`. */
function scale(value: string, digits: number): string {
  const [whole = '', fraction = ''] = value.split('.');
  return String(BigInt(whole + fraction.padEnd(digits, '0')));
}

/** Back to the canonical form of RFC 7950 section 9.3.2: at least one digit on both sides, no more zeros than that. */
function unscale(value: string, digits: number): string {
  const negative = value.startsWith('-');
  const text = (negative ? value.slice(1) : value).padStart(digits + 1, '0');
  const whole = text.slice(0, -digits);
  const fraction = text.slice(-digits).replace(/0+$/, '') || '0';
  return `${negative ? '-' : ''}${whole}.${fraction}`;
}
