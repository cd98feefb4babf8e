/**
 * Regular expressions of XML Schema (XSD 1.0 Part 2 appendix F), which YANG's `pattern` uses, to a tree. They match
 * whole values, have no anchors (`^` and `$` are characters), no back references and no look-around.
 * What other YANG tools let pass, we do: `{`, `}` and `]` as characters where they cannot be anything else.
 */
import { blockClass } from './blocks.ts';

export type Regex =
  | { readonly kind: 'character'; readonly code: number }
  /** `source` is a character class of JavaScript with the flag v, also good for use inside another class. */
  | { readonly kind: 'class'; readonly source: string }
  | { readonly kind: 'sequence'; readonly items: readonly Regex[] }
  | { readonly kind: 'choice'; readonly options: readonly Regex[] }
  /** `max` may be Infinity. */
  | { readonly kind: 'repeat'; readonly item: Regex; readonly min: number; readonly max: number };

/** Says at which character (from 1) of the pattern the fault is. */
export class PatternError extends Error {}

/** Nested groups beyond this are refused. */
const MAX_DEPTH = 100;

const NAME_START =
  ':A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}';
const NAME = `${NAME_START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}`;

const CLASS_ESCAPES: Readonly<Record<string, string>> = {
  s: '[ \\t\\n\\r]',
  S: '[^ \\t\\n\\r]',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: '[^\\p{P}\\p{Z}\\p{C}]',
  W: '[\\p{P}\\p{Z}\\p{C}]',
  i: `[${NAME_START}]`,
  I: `[^${NAME_START}]`,
  c: `[${NAME}]`,
  C: `[^${NAME}]`,
};
const CHARACTER_ESCAPES: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09 };
// Others than XSD's own are taken as they are: many published modules write \/ or \" or \@.
const SELF_ESCAPES = /^[^A-Za-z0-9]$/u;
const CATEGORY = /^(?:L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|Z[slp]?|S[mcko]?|C[cfonus]?)$/;

export function parsePattern(source: string): Regex {
  return new Parser(source).parse();
}

class Parser {
  private readonly characters: readonly string[];
  private position = 0;
  private depth = 0;

  constructor(source: string) {
    this.characters = Array.from(source);
  }

  parse(): Regex {
    const regex = this.choice();
    if (this.position < this.characters.length) throw this.error('")" without "("');
    return regex;
  }

  private choice(): Regex {
    const options = [this.sequence()];
    while (this.take('|')) options.push(this.sequence());
    return options.length === 1 ? (options[0] as Regex) : { kind: 'choice', options };
  }

  private sequence(): Regex {
    const items: Regex[] = [];
    for (let next = this.peek(); next !== undefined && next !== '|' && next !== ')'; next = this.peek()) {
      items.push(this.quantified(this.atom()));
    }
    return items.length === 1 ? (items[0] as Regex) : { kind: 'sequence', items };
  }

  private quantified(item: Regex): Regex {
    const next = this.peek();
    if (next === '?') return this.repeat(item, 0, 1, 1);
    if (next === '*') return this.repeat(item, 0, Number.POSITIVE_INFINITY, 1);
    if (next === '+') return this.repeat(item, 1, Number.POSITIVE_INFINITY, 1);
    if (next !== '{') return item;
    const rest = this.characters.slice(this.position, this.position + 24).join('');
    const quantity = /^\{(\d+)(?:(,)(\d*))?\}/.exec(rest);
    if (!quantity) return item;
    const min = Number(quantity[1]);
    const max = quantity[2] === undefined ? min : quantity[3] === '' ? Number.POSITIVE_INFINITY : Number(quantity[3]);
    if (max < min) throw this.error(`the quantifier ${quantity[0]} has its bounds in the wrong order`);
    return this.repeat(item, min, max, quantity[0].length);
  }

  private repeat(item: Regex, min: number, max: number, length: number): Regex {
    this.position += length;
    const next = this.peek();
    if (next === '?' || next === '*' || next === '+') throw this.error(`"${next}" follows another quantifier`);
    return { kind: 'repeat', item, min, max };
  }

  private atom(): Regex {
    const character = this.characters[this.position] as string;
    switch (character) {
      case '(': {
        if (++this.depth > MAX_DEPTH) throw this.error(`groups are nested more than ${MAX_DEPTH} deep`);
        this.position++;
        const regex = this.choice();
        if (!this.take(')')) throw this.error('")" is missing');
        this.depth--;
        return regex;
      }
      case '[':
        return { kind: 'class', source: this.characterClass() };
      case '\\':
        return this.escape();
      case '.':
        this.position++;
        return { kind: 'class', source: '[^\\n\\r]' };
      case '?':
      case '*':
      case '+':
        throw this.error(`"${character}" has nothing to repeat`);
      default:
        this.position++;
        return { kind: 'character', code: character.codePointAt(0) as number };
    }
  }

  private escape(): Regex {
    const character = this.characters[this.position + 1];
    if (character === undefined) throw this.error('the pattern ends with "\\"');
    if (character === 'p' || character === 'P') return { kind: 'class', source: this.property() };
    const source = CLASS_ESCAPES[character];
    if (source === undefined && !SELF_ESCAPES.test(character) && CHARACTER_ESCAPES[character] === undefined) {
      throw this.error(`"\\${character}" is not an escape of XML Schema`);
    }
    this.position += 2;
    if (source !== undefined) return { kind: 'class', source };
    return { kind: 'character', code: CHARACTER_ESCAPES[character] ?? (character.codePointAt(0) as number) };
  }

  private property(): string {
    const negated = this.characters[this.position + 1] === 'P';
    const end = this.characters.indexOf('}', this.position);
    const name =
      this.characters[this.position + 2] === '{' ? this.characters.slice(this.position + 3, end).join('') : '';
    const source = CATEGORY.test(name)
      ? `\\${negated ? 'P' : 'p'}{${name}}`
      : name.startsWith('Is')
        ? blockClass(name.slice(2), negated)
        : undefined;
    if (end < 0 || source === undefined) throw this.error(`"\\p{${name}}" names no category or block of Unicode`);
    this.position = end + 1;
    return source;
  }

  private characterClass(): string {
    if (++this.depth > MAX_DEPTH) throw this.error(`groups are nested more than ${MAX_DEPTH} deep`);
    this.position++;
    const negated = this.take('^');
    let body = '';
    let subtracted: string | undefined;
    for (let first = true; ; first = false) {
      const character = this.peek();
      if (character === undefined) throw this.error('"]" is missing');
      if (character === ']' && !first) break;
      if (character === '-' && this.characters[this.position + 1] === '[') {
        this.position++;
        subtracted = this.characterClass();
        if (this.peek() !== ']') throw this.error('"]" is missing after a subtracted class');
        break;
      }
      body += this.classPart();
    }
    this.position++;
    this.depth--;
    const source = `[${negated ? '^' : ''}${body}]`;
    return subtracted === undefined ? source : `[${source}--${subtracted}]`;
  }

  /** One character, range or escape inside brackets. */
  private classPart(): string {
    const from = this.classCharacter();
    if (typeof from === 'string') return from;
    const next = this.characters[this.position + 1];
    if (this.peek() !== '-' || next === undefined || next === ']' || next === '[') return literal(from);
    this.position++;
    const to = this.classCharacter();
    // A hyphen before a class escape, as in [a-\d], is not a range.
    if (typeof to === 'string') return `${literal(from)}${literal(0x2d)}${to}`;
    if (to < from)
      throw this.error(`the range ${String.fromCodePoint(from)}-${String.fromCodePoint(to)} is in the wrong order`);
    return `${literal(from)}-${literal(to)}`;
  }

  private classCharacter(): number | string {
    if (this.peek() === '\\') {
      const regex = this.escape();
      return regex.kind === 'class' ? regex.source : regex.kind === 'character' ? regex.code : '';
    }
    const character = this.characters[this.position++] as string;
    return character.codePointAt(0) as number;
  }

  private peek(): string | undefined {
    return this.characters[this.position];
  }

  private take(character: string): boolean {
    if (this.characters[this.position] !== character) return false;
    this.position++;
    return true;
  }

  private error(reason: string): PatternError {
    return new PatternError(`${reason} (character ${this.position + 1})`);
  }
}

/** A code point as part of a class. */
function literal(code: number): string {
  return `\\u{${code.toString(16)}}`;
}
