/** Which type decides what a value means. */
import type { Type } from '../type/type.ts';

/** In canonical values module names stand where prefixes would. */
const canonicalNames = { moduleOf: (prefix: string) => (prefix === '' ? undefined : prefix) };

/** Behind leafrefs, and of a union the first member that takes the canonical value. */
export function memberType(type: Type, value: string): Type {
  const member = memberOf(type, value);
  return member.base === 'leafref' && member.leafref !== undefined
    ? memberType(member.leafref.target.type, value)
    : member;
}

/** Of a union the first member that takes the canonical value, leafrefs kept; other types are their own. */
export function memberOf(type: Type, value: string): Type {
  for (const member of type.members ?? []) {
    if (member.parse(value, canonicalNames).ok) return memberOf(member, value);
  }
  return type;
}
