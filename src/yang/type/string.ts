/** string (RFC 7950 section 9.4). */
import { forbiddenCharacter } from '../statement/character.ts';
import { accepted, quote, refused, TypeBase } from './base.ts';
import type { Pattern } from './pattern/pattern.ts';
import { inRanges, type Ranges, type Restriction, showRanges } from './range.ts';
import type { NameScope, ParsedValue } from './type.ts';

export const LENGTH_BOUNDS: Ranges = [[0n, 2n ** 64n - 1n]];

export class StringType extends TypeBase {
  /** Allowed lengths in characters; undefined: any. */
  readonly ranges?: Ranges;
  /** Own patterns and those of the types it was derived from; a value must fit all. */
  readonly patterns: readonly Pattern[];
  readonly length: Restriction | undefined;

  constructor(typedef: string | undefined, length: Restriction | undefined, patterns: readonly Pattern[]) {
    super('string', typedef);
    this.length = length;
    if (length) this.ranges = length.ranges;
    this.patterns = patterns;
  }

  parse(lexical: string, _scope: NameScope): ParsedValue {
    const forbidden = forbiddenCharacter(lexical);
    if (forbidden) return refused(`the string holds the character ${forbidden.name}`);
    const { length } = this;
    if (length && !inRanges(BigInt(characterCount(lexical)), length.ranges)) {
      const message =
        length.errorMessage ?? `the length of ${quote(lexical)} is not ${showRanges(length.ranges)} characters`;
      return refused(message, length.errorAppTag);
    }
    for (const pattern of this.patterns) {
      if (pattern.accepts(lexical)) continue;
      const does = pattern.inverted ? 'matches' : 'does not match';
      const message = pattern.errorMessage ?? `${quote(lexical)} ${does} the pattern ${JSON.stringify(pattern.source)}`;
      return refused(message, pattern.errorAppTag);
    }
    return accepted(lexical);
  }
}

function characterCount(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  return count;
}
