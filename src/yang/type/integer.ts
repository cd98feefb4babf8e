/** int8 … uint64 (RFC 7950 section 9.2). */
import { accepted, quote, refused, TypeBase } from './base.ts';
import { compareDecimals, trim } from './number.ts';
import { inRanges, type Ranges, type Restriction, showRanges } from './range.ts';
import type { NameScope, ParsedValue } from './type.ts';

export type IntegerBase = 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint32' | 'uint64';

/** Values of the built-in type. */
export function integerBounds(base: IntegerBase): Ranges {
  const bits = BigInt(base.replace(/\D/g, ''));
  return base.startsWith('u') ? [[0n, 2n ** bits - 1n]] : [[-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]];
}

const DECIMAL = /^[+-]?\d+$/;
const HEX_OR_OCTAL = /^([+-]?)(?:0[xX]([0-9a-fA-F]+)|0([0-7]+))$/;
/** Decimal digits that a double holds exactly. */
const SAFE_DIGITS = 15;

export class IntegerType extends TypeBase {
  readonly ranges: Ranges;
  readonly restriction: Restriction;
  private readonly safe: readonly (readonly [number, number])[] | undefined;

  constructor(base: IntegerBase, typedef: string | undefined, restriction: Restriction) {
    super(base, typedef);
    this.restriction = restriction;
    this.ranges = restriction.ranges;
    this.safe = base.endsWith('64') ? undefined : this.ranges.map(([low, high]) => [Number(low), Number(high)]);
  }

  parse(lexical: string, scope: NameScope): ParsedValue {
    const text = trim(lexical);
    if (scope.inModule) {
      const other = HEX_OR_OCTAL.exec(text);
      if (other && text !== '0') {
        const magnitude = BigInt(other[2] !== undefined ? `0x${other[2]}` : `0o${other[3]}`);
        return this.check(other[1] === '-' ? -magnitude : magnitude, text);
      }
    }
    if (!DECIMAL.test(text)) return refused(`${quote(lexical)} is not an integer (${this.base})`);
    if (this.safe && text.length <= SAFE_DIGITS) {
      const value = Number(text);
      for (const [low, high] of this.safe)
        if (value >= low && value <= high) return accepted(String(value === 0 ? 0 : value));
      return this.outside(text);
    }
    // A hostile megabyte of digits would cost quadratic time as a BigInt; nothing beyond 20 significant digits fits.
    if (text.replace(/^[+-]?0*/, '').length > 20) return this.outside(text);
    return this.check(BigInt(text.startsWith('+') ? text.slice(1) : text), text);
  }

  private check(value: bigint, text: string): ParsedValue {
    return inRanges(value, this.ranges) ? accepted(String(value)) : this.outside(text);
  }

  private outside(text: string): ParsedValue {
    const { errorMessage, errorAppTag } = this.restriction;
    return refused(errorMessage ?? `${quote(text)} is outside of ${showRanges(this.ranges)}`, errorAppTag);
  }

  override toJson(value: string): string | number {
    return this.safe ? Number(value) : value;
  }

  override compare(a: string, b: string): number {
    return compareDecimals(a, b);
  }
}
