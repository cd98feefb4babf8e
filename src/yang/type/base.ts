/** What the types have in common. */
import type { BaseType, NameScope, ParsedValue, Type } from './type.ts';

export abstract class TypeBase implements Type {
  readonly base: BaseType;
  readonly typedef: string | undefined;

  constructor(base: BaseType, typedef: string | undefined) {
    this.base = base;
    this.typedef = typedef;
  }

  abstract parse(lexical: string, scope: NameScope): ParsedValue;

  get hasNames(): boolean {
    return false;
  }

  toXml(value: string, _prefixOf: (module: string) => string): string {
    return value;
  }

  toJson(value: string): string | number | boolean | [null] {
    return value;
  }

  compare(a: string, b: string): number {
    return compareCodePoints(a, b);
  }
}

export function accepted(value: string): ParsedValue {
  return { ok: true, value };
}

export function refused(message: string, appTag?: string): ParsedValue {
  return appTag === undefined ? { ok: false, message } : { ok: false, message, appTag };
}

/** A value inside a message, shortened. */
export function quote(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
}

/** Order of code points; JavaScript's own is by UTF-16 unit, which puts U+FFFD after U+10000. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    const surrogates = (isSurrogate(x) ? 1 : 0) - (isSurrogate(y) ? 1 : 0);
    return surrogates !== 0 ? surrogates : x - y;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
