/** union (RFC 7950 section 9.12): the first member type that takes the value decides. */
import { quote, refused, TypeBase } from './base.ts';
import type { NameScope, ParsedValue, Type } from './type.ts';

/** Canonical values carry module names where a prefix would stand. */
const CANONICAL: NameScope = { moduleOf: (name) => (name === '' ? undefined : name) };

export class UnionType extends TypeBase {
  readonly members: readonly Type[];

  constructor(typedef: string | undefined, members: readonly Type[]) {
    super('union', typedef);
    this.members = members;
  }

  override get hasNames(): boolean {
    return this.members.some((member) => member.hasNames);
  }

  parse(lexical: string, scope: NameScope): ParsedValue {
    let only: ParsedValue | undefined;
    for (const member of this.members) {
      const parsed = member.parse(lexical, scope);
      if (parsed.ok) return parsed;
      only = parsed;
    }
    if (this.members.length === 1 && only) return only;
    return refused(`${quote(lexical)} fits none of the types ${this.members.map(typeName).join(', ')}`);
  }

  override toXml(value: string, prefixOf: (module: string) => string): string {
    return this.memberOf(value)?.toXml(value, prefixOf) ?? value;
  }

  override toJson(value: string): string | number | boolean | [null] {
    return this.memberOf(value)?.toJson(value) ?? value;
  }

  /** By member type first: the order is total although the members' orders differ. */
  override compare(a: string, b: string): number {
    const [x, y] = [this.indexOf(a), this.indexOf(b)];
    if (x !== y) return x - y;
    return this.members[x]?.compare(a, b) ?? 0;
  }

  /** The member type of a canonical value. */
  memberOf(value: string): Type | undefined {
    return this.members[this.indexOf(value)];
  }

  private indexOf(value: string): number {
    return this.members.findIndex((member) => {
      const parsed = member.parse(value, CANONICAL);
      return parsed.ok && parsed.value === value;
    });
  }
}

function typeName(type: Type): string {
  return type.typedef ?? type.base;
}
