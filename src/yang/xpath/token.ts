/** Cuts an XPath 1.0 expression into tokens (XPath 1.0 section 3.7). */
import { XPathSyntaxError } from './syntax-error.ts';

export type Token =
  | { readonly kind: 'literal'; readonly value: string; readonly at: number }
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  /** A QName, or a name test `*`, `prefix:*` (`local` is `*`). */
  | { readonly kind: 'name'; readonly prefix: string | undefined; readonly local: string; readonly at: number }
  /** Punctuation and operators, `and`, `or`, `div`, `mod` and the multiplication `*` included. */
  | { readonly kind: 'symbol'; readonly value: string; readonly at: number }
  | { readonly kind: 'end'; readonly at: number };

const nameStart =
  /[A-Za-z_\u{C0}-\u{D6}\u{D8}-\u{F6}\u{F8}-\u{2FF}\u{370}-\u{37D}\u{37F}-\u{1FFF}\u{200C}-\u{200D}\u{2070}-\u{218F}\u{2C00}-\u{2FEF}\u{3001}-\u{D7FF}\u{F900}-\u{FDCF}\u{FDF0}-\u{FFFD}\u{10000}-\u{EFFFF}]/u;
const ncName = new RegExp(
  `${nameStart.source}(?:${nameStart.source}|[-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}])*`,
  'uy',
);
const numeral = /(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)/y;
const space = /[ \t\r\n]*/y;
const symbol = /(?:\/\/|::|!=|<=|>=|\.\.|[()[\]@,/|+\-=<>.*$])/y;
const operatorNames = new Set(['and', 'or', 'div', 'mod']);

/** Longest list of tokens: no expression of a module or a filter comes near. */
const maxTokens = 20_000;

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  for (;;) {
    at += match(space)?.length ?? 0;
    if (at >= source.length) break;
    if (tokens.length >= maxTokens) throw new XPathSyntaxError(`more than ${maxTokens} tokens`, at);
    const start = at;
    const char = source[at] as string;
    if (char === '"' || char === "'") {
      const close = source.indexOf(char, at + 1);
      if (close < 0) throw new XPathSyntaxError('the quote is not closed', at);
      tokens.push({ kind: 'literal', value: source.slice(at + 1, close), at });
      at = close + 1;
      continue;
    }
    const digits = match(numeral);
    if (digits !== undefined) {
      tokens.push({ kind: 'number', value: Number(digits), at });
      at += digits.length;
      continue;
    }
    const name = match(ncName);
    if (name !== undefined) {
      at += name.length;
      if (afterOperand(tokens)) {
        // A name that follows an operand can only be an operator (section 3.7, disambiguation).
        if (!operatorNames.has(name)) throw new XPathSyntaxError(`expected an operator, not "${name}"`, start);
        tokens.push({ kind: 'symbol', value: name, at: start });
        continue;
      }
      if (source[at] === ':' && source[at + 1] !== ':') {
        at++;
        const local = source[at] === '*' ? '*' : match(ncName);
        if (local === undefined) throw new XPathSyntaxError('expected a name after ":"', at);
        at += local.length;
        tokens.push({ kind: 'name', prefix: name, local, at: start });
      } else {
        tokens.push({ kind: 'name', prefix: undefined, local: name, at: start });
      }
      continue;
    }
    const sign = match(symbol);
    if (sign === undefined) {
      throw new XPathSyntaxError(
        `unexpected character ${JSON.stringify(String.fromCodePoint(source.codePointAt(at) ?? 0))}`,
        at,
      );
    }
    at += sign.length;
    if (sign === '*' && !afterOperand(tokens)) tokens.push({ kind: 'name', prefix: undefined, local: '*', at: start });
    else tokens.push({ kind: 'symbol', value: sign, at: start });
  }
  tokens.push({ kind: 'end', at: source.length });
  return tokens;
}

/** Whether what stands before is complete, so that an operator has to follow. */
function afterOperand(tokens: readonly Token[]): boolean {
  const last = tokens.at(-1);
  if (last === undefined) return false;
  if (last.kind !== 'symbol') return true;
  return last.value === ')' || last.value === ']' || last.value === '.' || last.value === '..';
}
