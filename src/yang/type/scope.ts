/** For tests: prefixes are module names. */
import type { NameScope, Type } from './type.ts';

export const MODULE_NAMES: NameScope = { moduleOf: (prefix) => (prefix === '' ? 'x' : prefix) };

/** Canonical form, or `!` and why the value is refused. */
export function canonical(type: Type, lexical: string, scope: NameScope = MODULE_NAMES): string {
  const parsed = type.parse(lexical, scope);
  return parsed.ok ? parsed.value : `!${parsed.message}`;
}
