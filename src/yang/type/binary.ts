/** binary (RFC 7950 section 9.8): octets in base64. */
import { accepted, refused, TypeBase } from './base.ts';
import { inRanges, type Ranges, type Restriction, showRanges } from './range.ts';
import type { NameScope, ParsedValue } from './type.ts';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

export class BinaryType extends TypeBase {
  /** Allowed lengths in octets; undefined: any. */
  readonly ranges?: Ranges;
  readonly length: Restriction | undefined;

  constructor(typedef: string | undefined, length: Restriction | undefined) {
    super('binary', typedef);
    this.length = length;
    if (length) this.ranges = length.ranges;
  }

  /** Canonical: without white space, unused bits zero. */
  parse(lexical: string, _scope: NameScope): ParsedValue {
    const text = /[ \t\r\n]/.test(lexical) ? lexical.replace(/[ \t\r\n]+/g, '') : lexical;
    if (text.length % 4 !== 0 || !BASE64.test(text)) return refused('the value is not base64');
    const octets = Buffer.from(text, 'base64');
    const { length } = this;
    if (length && !inRanges(BigInt(octets.length), length.ranges)) {
      const message = length.errorMessage ?? `${octets.length} octets, allowed are ${showRanges(length.ranges)}`;
      return refused(message, length.errorAppTag);
    }
    return accepted(octets.toString('base64'));
  }
}
