/** One `pattern` of a string type (RFC 7950 section 9.4.5), ready to match. */
import { Automaton } from './automaton.ts';
import { parsePattern, type Regex } from './parse.ts';

/** Values longer than this (UTF-16 units) are not given to RegExp, which could take exponential time. */
const MAX_REGEXP_INPUT = 1_000;

export class Pattern {
  readonly source: string;
  readonly inverted: boolean;
  readonly errorMessage: string | undefined;
  readonly errorAppTag: string | undefined;
  private readonly regex: Regex;
  private matcher: ((value: string) => boolean) | undefined;

  /** Throws PatternError where `source` is not a regular expression of XML Schema. */
  constructor(source: string, inverted: boolean, errorMessage?: string, errorAppTag?: string) {
    this.source = source;
    this.inverted = inverted;
    this.errorMessage = errorMessage;
    this.errorAppTag = errorAppTag;
    this.regex = parsePattern(source);
  }

  /** Whether the whole value matches, or with `invert-match` does not. */
  accepts(value: string): boolean {
    // Built on first use: most of the patterns that a router loads are never asked.
    this.matcher ??= matcherOf(this.regex);
    return this.matcher(value) !== this.inverted;
  }
}

function matcherOf(regex: Regex): (value: string) => boolean {
  const automaton = Automaton.of(regex);
  if (automaton) return (value) => automaton.matches(value);
  const native = new RegExp(`^(?:${toSource(regex)})$`, 'v');
  return (value) => value.length <= MAX_REGEXP_INPUT && native.test(value);
}

function toSource(regex: Regex): string {
  switch (regex.kind) {
    case 'character':
      return `\\u{${regex.code.toString(16)}}`;
    case 'class':
      return regex.source;
    case 'sequence':
      return regex.items.map(toSource).join('');
    case 'choice':
      return `(?:${regex.options.map(toSource).join('|')})`;
    case 'repeat':
      return `(?:${toSource(regex.item)}){${regex.min},${regex.max === Number.POSITIVE_INFINITY ? '' : regex.max}}`;
  }
}
