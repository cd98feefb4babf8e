/** Text to statements (RFC 7950 section 6): tokens, strings, comments, nesting. What statements mean is not known here. */
import { forbiddenCharacter } from './character.ts';
import { ModuleError } from './error.ts';
import type { Statement } from './statement.ts';
import { doubleQuoted } from './string.ts';

/** Deeper nesting is refused: no real module comes near, and a hostile one must not exhaust the stack. */
export const MAX_DEPTH = 200;

const NO_CHILDREN: readonly Statement[] = Object.freeze([]);

const KEYWORD = /^[A-Za-z_][A-Za-z0-9_.-]*(?::[A-Za-z_][A-Za-z0-9_.-]*)?$/;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const STAR = 0x2a;
const PLUS = 0x2b;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/** The one statement (`module` or `submodule`) of a file. Throws ModuleError. */
export function parseStatement(text: string, file: string): Statement {
  return new Parser(text, file).parse();
}

class Parser {
  private readonly text: string;
  private readonly file: string;
  private offset = 0;
  private line = 1;
  private lineStart = 0;
  private depth = 0;
  /** Set by `yang-version 1.1`, which may come after strings that only YANG 1 allows: the first of these is kept. */
  private strict = false;
  private onlyVersion1: { offset: number; line: number; lineStart: number; reason: string } | undefined;

  constructor(text: string, file: string) {
    this.text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    this.file = file;
  }

  parse(): Statement {
    const bad = forbiddenCharacter(this.text);
    if (bad) {
      const before = this.text.slice(0, bad.index);
      this.line = before.split('\n').length;
      this.lineStart = before.lastIndexOf('\n') + 1;
      throw this.error(bad.index, `character ${bad.name} is not allowed in a YANG module`);
    }
    this.skip();
    if (this.offset >= this.text.length)
      throw this.error(this.offset, 'the file is empty, expected a module or submodule');
    const root = this.statement();
    this.skip();
    if (this.offset < this.text.length) throw this.error(this.offset, `unexpected text after the ${root.keyword}`);
    return root;
  }

  private statement(): Statement {
    const start = this.offset;
    const line = this.line;
    const column = start - this.lineStart + 1;
    const keyword = this.unquoted();
    if (!KEYWORD.test(keyword)) {
      throw this.error(
        start,
        keyword === '' ? `expected a keyword, found ${this.shown()}` : `"${keyword}" is not a keyword`,
      );
    }
    this.separator(start, keyword);
    let code = this.text.charCodeAt(this.offset);
    let argument: string | undefined;
    if (code !== SEMICOLON && code !== OPEN && code !== CLOSE && this.offset < this.text.length) {
      argument = this.argument();
      this.skip();
      code = this.text.charCodeAt(this.offset);
    }
    if (keyword === 'yang-version' && argument === '1.1' && this.depth === 1) this.becomeStrict();
    if (code === SEMICOLON) {
      this.offset++;
      return { keyword, argument, children: NO_CHILDREN, file: this.file, line, column };
    }
    if (code !== OPEN) {
      const found = this.offset < this.text.length ? this.shown() : 'the end of the file';
      throw this.error(this.offset, `expected ";" or "{" after "${keyword}", found ${found}`);
    }
    if (++this.depth > MAX_DEPTH) throw this.error(this.offset, `statements are nested more than ${MAX_DEPTH} deep`);
    this.offset++;
    const children: Statement[] = [];
    for (;;) {
      this.skip();
      if (this.offset >= this.text.length) {
        throw this.error(this.offset, `the file ends inside "${keyword}" of line ${line}: "}" is missing`);
      }
      if (this.text.charCodeAt(this.offset) === CLOSE) break;
      children.push(this.statement());
    }
    this.offset++;
    this.depth--;
    const some = children.length > 0 ? children : NO_CHILDREN;
    return { keyword, argument, children: some, file: this.file, line, column };
  }

  /** A keyword is followed by white space, a comment or the end of the statement, never directly by a string. */
  private separator(start: number, keyword: string): void {
    const code = this.text.charCodeAt(this.offset);
    if (code === DOUBLE || code === SINGLE) throw this.error(start, `white space is missing after "${keyword}"`);
    this.skip();
  }

  private argument(): string {
    const code = this.text.charCodeAt(this.offset);
    if (code !== DOUBLE && code !== SINGLE) return this.unquotedArgument();
    let value = this.quoted(code);
    for (;;) {
      this.skip();
      if (this.text.charCodeAt(this.offset) !== PLUS) return value;
      this.offset++;
      this.skip();
      const next = this.text.charCodeAt(this.offset);
      if (next !== DOUBLE && next !== SINGLE) throw this.error(this.offset, 'only quoted strings can follow "+"');
      value += this.quoted(next);
    }
  }

  private unquotedArgument(): string {
    const start = this.offset;
    const value = this.unquoted();
    if (value === '') throw this.error(start, `unexpected ${this.shown()}`);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code === DOUBLE || code === SINGLE) {
        this.version1Only(start + i, this.line, this.lineStart, 'a quote inside an unquoted string');
        break;
      }
    }
    return value;
  }

  private quoted(quote: number): string {
    const start = this.offset;
    const { line, lineStart, text } = this;
    let end = text.indexOf(quote === DOUBLE ? '"' : "'", start + 1);
    if (quote === DOUBLE) {
      while (end > 0 && text.charCodeAt(end - 1) === 0x5c && isEscaped(text, end, start))
        end = text.indexOf('"', end + 1);
    }
    if (end < 0) throw this.error(start, 'the string is not closed');
    const raw = text.slice(start + 1, end);
    this.countLines(start + 1, raw);
    this.offset = end + 1;
    const after = text.charCodeAt(this.offset);
    if (after !== SEMICOLON && after !== OPEN && after !== SPACE && after !== LF && after !== CR && after !== TAB) {
      // "a"b is an error in YANG 1.1's grammar and was one in YANG 1's; a comment may follow directly.
      if (after !== SLASH && after !== PLUS && this.offset < text.length) {
        throw this.error(this.offset, `unexpected ${this.shown()} after a string`);
      }
    }
    if (quote === SINGLE) return raw.includes('\r') ? raw.replaceAll('\r\n', '\n') : raw;
    const column = raw.includes('\n') ? visualColumn(text, lineStart, start) : 0;
    return doubleQuoted(raw, column, (offset) => {
      if (this.onlyVersion1) return;
      const position = start + 1 + offset;
      const before = raw.slice(0, offset).split('\n');
      const its = before.length > 1 ? position - (before.at(-1) as string).length : lineStart;
      this.version1Only(
        position,
        line + before.length - 1,
        its,
        `"\\${text[position + 1] ?? ''}" in a double-quoted string`,
      );
    });
  }

  private unquoted(): string {
    const { text } = this;
    const start = this.offset;
    let i = start;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > CLOSE) continue;
      if (code <= SPACE || code === SEMICOLON || code === OPEN || code === CLOSE) break;
      if ((code === DOUBLE || code === SINGLE) && i === start) break;
      if (code === SLASH && (text.charCodeAt(i + 1) === SLASH || text.charCodeAt(i + 1) === STAR)) break;
    }
    this.offset = i;
    return text.slice(start, i);
  }

  /** White space and comments. */
  private skip(): void {
    const { text } = this;
    for (;;) {
      const code = text.charCodeAt(this.offset);
      if (code === SPACE || code === TAB || code === CR) {
        this.offset++;
      } else if (code === LF) {
        this.offset++;
        this.line++;
        this.lineStart = this.offset;
      } else if (code === SLASH && text.charCodeAt(this.offset + 1) === SLASH) {
        const end = text.indexOf('\n', this.offset);
        this.offset = end < 0 ? text.length : end;
      } else if (code === SLASH && text.charCodeAt(this.offset + 1) === STAR) {
        this.blockComment();
      } else {
        return;
      }
    }
  }

  private blockComment(): void {
    const end = this.text.indexOf('*/', this.offset + 2);
    if (end < 0) throw this.error(this.offset, 'the comment is not closed');
    this.countLines(this.offset, this.text.slice(this.offset, end));
    this.offset = end + 2;
  }

  /** Passes the line breaks of a piece of the text. */
  private countLines(start: number, piece: string): void {
    for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', at + 1)) {
      this.line++;
      this.lineStart = start + at + 1;
    }
  }

  private version1Only(offset: number, line: number, lineStart: number, what: string): void {
    const reason = `${what} is not allowed in YANG 1.1`;
    if (this.strict) throw new ModuleError({ file: this.file, line, column: offset - lineStart + 1 }, reason);
    this.onlyVersion1 ??= { offset, line, lineStart, reason };
  }

  private becomeStrict(): void {
    this.strict = true;
    const first = this.onlyVersion1;
    if (!first) return;
    throw new ModuleError(
      { file: this.file, line: first.line, column: first.offset - first.lineStart + 1 },
      first.reason,
    );
  }

  private shown(): string {
    return this.offset < this.text.length ? JSON.stringify(this.text[this.offset]) : 'the end of the file';
  }

  private error(offset: number, reason: string): ModuleError {
    return new ModuleError({ file: this.file, line: this.line, column: offset - this.lineStart + 1 }, reason);
  }
}

/** Whether the quote at `end` follows an odd number of backslashes. */
function isEscaped(text: string, end: number, start: number): boolean {
  let count = 0;
  for (let i = end - 1; i > start && text.charCodeAt(i) === 0x5c; i--) count++;
  return count % 2 === 1;
}

function visualColumn(text: string, lineStart: number, offset: number): number {
  let column = 1;
  for (let i = lineStart; i < offset; i++) column += text.charCodeAt(i) === TAB ? 8 : 1;
  return column;
}
