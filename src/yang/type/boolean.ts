/** boolean and empty (RFC 7950 sections 9.5 and 9.11). */
import { accepted, quote, refused, TypeBase } from './base.ts';
import type { NameScope, ParsedValue } from './type.ts';

export class BooleanType extends TypeBase {
  constructor(typedef: string | undefined) {
    super('boolean', typedef);
  }

  parse(lexical: string, _scope: NameScope): ParsedValue {
    if (lexical === 'true' || lexical === 'false') return accepted(lexical);
    return refused(`${quote(lexical)} is neither "true" nor "false"`);
  }

  override toJson(value: string): boolean {
    return value === 'true';
  }
}

export class EmptyType extends TypeBase {
  constructor(typedef: string | undefined) {
    super('empty', typedef);
  }

  parse(lexical: string, _scope: NameScope): ParsedValue {
    return lexical === '' ? accepted('') : refused(`${quote(lexical)} stands where nothing may stand (type empty)`);
  }

  override toJson(_value: string): [null] {
    return [null];
  }
}
