/** decimal64 (RFC 7950 section 9.3): a 64-bit integer times ten to the minus `fractionDigits`, exact. */
import { accepted, quote, refused, TypeBase } from './base.ts';
import { compareDecimals, trim } from './number.ts';
import { inRanges, type Ranges, type Restriction, showRanges } from './range.ts';
import type { NameScope, ParsedValue } from './type.ts';

export const DECIMAL64_BOUNDS: Ranges = [[-(2n ** 63n), 2n ** 63n - 1n]];
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** The scaled integer of a decimal number, or undefined where it is none or has too many fraction digits. */
export function scaled(text: string, fractionDigits: number): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const whole = (match[2] as string).replace(/^0+(?=\d)/, '');
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > fractionDigits || whole.length > 19) return undefined;
  const magnitude = BigInt(whole + fraction.padEnd(fractionDigits, '0'));
  return match[1] === '-' ? -magnitude : magnitude;
}

/** Canonical form: at least one digit on either side of the point, no zeros that say nothing (section 9.3.2). */
export function unscaled(value: bigint, fractionDigits: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(fractionDigits + 1, '0');
  const fraction = digits.slice(-fractionDigits).replace(/0+$/, '') || '0';
  return `${value < 0n ? '-' : ''}${digits.slice(0, -fractionDigits)}.${fraction}`;
}

export class Decimal64Type extends TypeBase {
  readonly fractionDigits: number;
  readonly ranges: Ranges;
  readonly restriction: Restriction;

  constructor(typedef: string | undefined, fractionDigits: number, restriction: Restriction) {
    super('decimal64', typedef);
    this.fractionDigits = fractionDigits;
    this.restriction = restriction;
    this.ranges = restriction.ranges;
  }

  parse(lexical: string, _scope: NameScope): ParsedValue {
    const text = trim(lexical);
    if (!DECIMAL.test(text)) return refused(`${quote(lexical)} is not a decimal number`);
    const value = scaled(text, this.fractionDigits);
    if (value === undefined) {
      const { errorMessage, errorAppTag } = this.restriction;
      const fraction = (text.split('.')[1] ?? '').replace(/0+$/, '');
      if (fraction.length > this.fractionDigits) {
        return refused(`${quote(lexical)} has more than ${this.fractionDigits} fraction digits`);
      }
      return refused(errorMessage ?? `${quote(lexical)} is outside of ${this.shown()}`, errorAppTag);
    }
    if (inRanges(value, this.ranges)) return accepted(unscaled(value, this.fractionDigits));
    const { errorMessage, errorAppTag } = this.restriction;
    return refused(errorMessage ?? `${quote(lexical)} is outside of ${this.shown()}`, errorAppTag);
  }

  private shown(): string {
    return showRanges(this.ranges, (value) => unscaled(value, this.fractionDigits));
  }

  override compare(a: string, b: string): number {
    return compareDecimals(a, b);
  }
}
