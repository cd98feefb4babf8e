/**
 * Reads DER (ITU-T X.690), as far as certificates and CMS need it: definite lengths, tags of one octet.
 *
 *     element := tag[1] length[1, or 1 + n where the first octet is 0x80 + n] content[length]
 */

export class DerError extends Error {}

export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag and length included. */
  readonly whole: Buffer;
}

export const DER_SEQUENCE = 0x30;
export const DER_SET = 0x31;
export const DER_OID = 0x06;

/** The element that begins at `at`. */
export function readDer(bytes: Buffer, at = 0): DerElement {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new DerError('the data ends too soon');
  if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of several octets');
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const octets = first & 0x7f;
    if (octets === 0 || octets > 4) throw new DerError('a length that is not in DER');
    if (start + octets > bytes.length) throw new DerError('the data ends too soon');
    length = bytes.readUIntBE(start, octets);
    start += octets;
  }
  if (start + length > bytes.length) throw new DerError('the data ends too soon');
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) };
}

/** The elements of which the content of a constructed one consists. */
export function derChildren(content: Buffer): readonly DerElement[] {
  const children: DerElement[] = [];
  for (let at = 0; at < content.length; ) {
    const child = readDer(content, at);
    children.push(child);
    at += child.whole.length;
  }
  return children;
}

/** The content of a constructed element that has to have this tag. */
export function derWithin(element: DerElement | undefined, tag: number): readonly DerElement[] {
  if (element?.tag !== tag) throw new DerError(`expected an element of tag 0x${tag.toString(16)}`);
  return derChildren(element.content);
}

/** Dotted form of an object identifier's content. */
export function derOid(content: Buffer): string {
  const numbers: number[] = [];
  let value = 0;
  for (const octet of content) {
    value = value * 128 + (octet & 0x7f);
    if (octet >= 0x80) continue;
    if (numbers.length === 0) {
      const top = Math.min(2, Math.floor(value / 40));
      numbers.push(top, value - top * 40);
    } else numbers.push(value);
    value = 0;
  }
  return numbers.join('.');
}

/** An element around others. */
export function writeDer(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const octets = length.subarray(length.findIndex((octet) => octet !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 + octets.length]), octets, content]);
}
