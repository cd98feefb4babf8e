/** Bytes that no client would send: messages, framing and hellos with a few places changed. */
import type { Random } from '../../src/yang/data/example/random.ts';

const pieces: readonly string[] = [
  '<',
  '>',
  '/',
  '/>',
  '</',
  '"',
  "'",
  '&',
  '&lt;',
  '&#0;',
  '&#x110000;',
  '&x;',
  ']]>',
  ']]>]]>',
  '\n#1\n',
  '\n#0\n',
  '\n#4294967296\n',
  '\n##\n',
  '\n#',
  '\r\n',
  '\0',
  '\ufffe',
  '\uffff',
  '\u00e9',
  '\u{1f600}',
  '<a>',
  '</a>',
  '<x:a/>',
  ' xmlns=""',
  ' xmlns:nc="x"',
  ' a="b"',
  '<!--',
  '-->',
  '<![CDATA[',
  '<?x?>',
  '<?xml version="1.1"?>',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  'nc:operation="delete"',
  '999999999999',
  '-1',
  '__proto__',
];

/** A few pieces cut, doubled, swapped or put in; sometimes a byte that is no UTF-8. */
export function damage(text: string, { below, pick }: Random): Buffer {
  let damaged = text;
  for (let times = 1 + below(4); times > 0; times--) {
    const at = below(damaged.length + 1);
    const length = below(20);
    switch (below(4)) {
      case 0:
        damaged = damaged.slice(0, at) + damaged.slice(at + length);
        break;
      case 1:
        damaged = damaged.slice(0, at) + pick(pieces) + damaged.slice(at);
        break;
      case 2:
        damaged =
          damaged.slice(0, at) + damaged.slice(at, at + length).repeat(1 + below(3)) + damaged.slice(at + length);
        break;
      default: {
        const from = below(damaged.length + 1);
        damaged = damaged.slice(0, at) + damaged.slice(from, from + below(200)) + damaged.slice(at + length);
      }
    }
  }
  const bytes = Buffer.from(damaged);
  if (below(6) === 0 && bytes.length > 0) bytes[below(bytes.length)] = below(256);
  return bytes;
}

/** The message in chunks of random sizes (RFC 6242 section 4.2). */
export function chunked(message: Buffer, { below }: Random): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; ) {
    const size = Math.min(message.length - at, 1 + (below(3) === 0 ? below(8) : below(message.length)));
    parts.push(Buffer.from(`\n#${size}\n`), message.subarray(at, at + size));
    at += size;
  }
  return Buffer.concat([...parts, Buffer.from('\n##\n')]);
}

/** In pieces, as a network might deliver them. */
export function pieced(bytes: Buffer, { below }: Random): Buffer[] {
  const found: Buffer[] = [];
  const largest = below(4) === 0 ? 1 + below(16) : bytes.length;
  // Not more than some: every piece is a turn of the server's event loop.
  const size = Math.max(largest, Math.ceil(bytes.length / 64));
  for (let at = 0; at < bytes.length; at += size) found.push(bytes.subarray(at, at + size));
  return found;
}
