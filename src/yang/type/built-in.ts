/** The built-in types (RFC 7950 section 4.2.4) and the substatements that restrict each (section 9). */
import type { BaseType } from './type.ts';

export const RESTRICTIONS: Readonly<Record<BaseType, readonly string[]>> = {
  int8: ['range'],
  int16: ['range'],
  int32: ['range'],
  int64: ['range'],
  uint8: ['range'],
  uint16: ['range'],
  uint32: ['range'],
  uint64: ['range'],
  decimal64: ['fraction-digits', 'range'],
  string: ['length', 'pattern'],
  boolean: [],
  enumeration: ['enum'],
  bits: ['bit'],
  binary: ['length'],
  leafref: ['path', 'require-instance'],
  identityref: ['base'],
  empty: [],
  union: ['type'],
  'instance-identifier': ['require-instance'],
};

/** Those that only the built-in type itself can have, not one derived from it. */
export const ONLY_BUILT_IN: readonly string[] = ['fraction-digits', 'path', 'base', 'type'];

export function isBuiltIn(name: string): name is BaseType {
  return Object.hasOwn(RESTRICTIONS, name);
}
