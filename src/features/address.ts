/** IP addresses between the models' texts (ietf-inet-types, canonical) and the engine's bytes in network order. */

export type IpVersion = 4 | 6;

export interface Prefix {
  readonly address: Uint8Array;
  readonly length: number;
}

/** The bytes of a valid address; a zone (`%eth0`) is left out. */
export function addressBytes(text: string): Uint8Array {
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  return address.includes(':') ? ipv6Bytes(address) : ipv4Bytes(address);
}

/** Routes come by the hundred thousand: digit by digit, without a string for each octet. */
function ipv4Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(4);
  let octet = 0;
  let at = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      bytes[at] = octet;
      at += 1;
      octet = 0;
    } else octet = octet * 10 + (code - ZERO);
  }
  bytes[at] = octet;
  return bytes;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** The bytes of `address/length`. */
export function prefixBytes(text: string): Prefix {
  const slash = text.lastIndexOf('/');
  return { address: addressBytes(text.slice(0, slash)), length: Number(text.slice(slash + 1)) };
}

/** The bytes with those bits 0 that are not in the prefix. */
export function networkOf(address: Uint8Array, length: number): Uint8Array {
  return address.map((octet, at) => octet & (0xff00 >> Math.min(8, Math.max(0, length - at * 8))) & 0xff);
}

/** Canonical text of 4 or 16 bytes; of IPv6 that of RFC 5952. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0));
  const zeros = longestZeros(groups);
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return zeros === undefined ? hex(0, 8) : `${hex(0, zeros.from)}::${hex(zeros.to, 8)}`;
}

export function prefixText({ address, length }: { readonly address: Uint8Array; readonly length: number }): string {
  return `${addressText(address)}/${length}`;
}

export function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16));
}

export function versionOf(bytes: Uint8Array): IpVersion {
  return bytes.length === 4 ? 4 : 6;
}

/** fe80::/10 (RFC 4291 section 2.5.6). */
export function isLinkLocal(bytes: Uint8Array): boolean {
  return bytes.length === 16 && bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
}

function ipv6Bytes(text: string): Uint8Array {
  const [head = '', tail] = text.split('::');
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const groups = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The last 32 bits may be in dots (RFC 4291 section 2.2). */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** The longest run of at least two zero groups, the first of several. */
function longestZeros(groups: readonly number[]): { readonly from: number; readonly to: number } | undefined {
  let best: { from: number; to: number } | undefined;
  for (let from = 0; from < groups.length; from += 1) {
    let to = from;
    while (groups[to] === 0) to += 1;
    if (to - from >= 2 && (best === undefined || to - from > best.to - best.from)) best = { from, to };
    from = Math.max(from, to - 1);
  }
  return best;
}
