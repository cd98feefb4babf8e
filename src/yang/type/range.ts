/** Arguments of `range` and `length` (RFC 7950 sections 9.2.4 and 9.4.4). */

/** Inclusive, ascending, disjoint. */
export type Ranges = readonly (readonly [bigint, bigint])[];

/** A range or length with what its violation says. */
export interface Restriction {
  readonly ranges: Ranges;
  readonly errorMessage?: string | undefined;
  readonly errorAppTag?: string | undefined;
}

export class BadRange extends Error {}

/**
 * @param base what is being narrowed; `min` and `max` are its ends
 * @param number one bound, scaled for decimal64; undefined where it is not a number of the type
 */
export function parseRanges(source: string, base: Ranges, number: (text: string) => bigint | undefined): Ranges {
  const lowest = (base[0] as readonly [bigint, bigint])[0];
  const highest = (base[base.length - 1] as readonly [bigint, bigint])[1];
  const bound = (text: string): bigint => {
    if (text === 'min') return lowest;
    if (text === 'max') return highest;
    const value = number(text);
    if (value === undefined) throw new BadRange(`"${text}" is not a value of the type`);
    return value;
  };
  const result: (readonly [bigint, bigint])[] = [];
  for (const part of source.split('|')) {
    const ends = part.split('..').map((text) => text.trim());
    if (ends.length > 2 || ends.includes('')) throw new BadRange(`${JSON.stringify(part.trim())} is not a range`);
    const from = bound(ends[0] as string);
    const to = ends.length === 1 ? from : bound(ends[1] as string);
    if (to < from) throw new BadRange(`${part.trim()} is in the wrong order`);
    const previous = result.at(-1);
    if (previous && from <= previous[1]) throw new BadRange(`${part.trim()} is not above the part before it`);
    if (!base.some(([low, high]) => from >= low && to <= high)) {
      throw new BadRange(`${part.trim()} is outside of what the type allows`);
    }
    result.push([from, to]);
  }
  return result;
}

export function inRanges(value: bigint, ranges: Ranges): boolean {
  for (const [low, high] of ranges) if (value >= low && value <= high) return true;
  return false;
}

/** For messages: `1..10 | 20`. */
export function showRanges(ranges: Ranges, show: (value: bigint) => string = String): string {
  return ranges.map(([low, high]) => (low === high ? show(low) : `${show(low)}..${show(high)}`)).join(' | ');
}
