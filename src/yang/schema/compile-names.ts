/** `enum` and `bit` statements of a type: names with values or positions (RFC 7950 sections 9.6.4 and 9.7.4). */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import type { NamedValue } from '../type/enumeration.ts';
import { supported } from './feature.ts';
import { child, type Unit } from './module.ts';

/** Names in order of value: those in force, and with those whose `if-feature` does not hold. */
export type Names = readonly [names: readonly NamedValue[], declared: readonly NamedValue[]];

/** @param base the type that is restricted, or undefined for the built-in type */
export function namesOf(
  type: Statement,
  unit: Unit,
  base: { readonly names: readonly NamedValue[]; readonly declared: readonly NamedValue[] } | undefined,
): Names {
  const statements = type.children.filter(({ keyword }) => keyword === 'enum' || keyword === 'bit');
  const [first] = statements;
  if (!first) {
    if (base) return [base.names, base.declared];
    throw new ModuleError(
      type,
      type.argument === 'bits' ? 'bits need at least one "bit"' : 'an enumeration needs at least one "enum"',
    );
  }
  if (base && unit.version === '1') throw new ModuleError(first, `restricting by "${first.keyword}" needs YANG 1.1`);
  const isEnum = first.keyword === 'enum';
  const maximum = isEnum ? 2147483647 : 4294967295;
  const names = new Set<string>();
  const values = new Map<number, string>();
  const declared: NamedValue[] = [];
  const result: NamedValue[] = [];
  let next = 0;
  for (const statement of statements) {
    const name = statement.argument as string;
    if (names.has(name)) throw new ModuleError(statement, `second ${statement.keyword} "${name}"`);
    names.add(name);
    const stated = child(statement, isEnum ? 'value' : 'position');
    const inherited = base?.declared.find((one) => one.name === name)?.value;
    if (base && inherited === undefined)
      throw new ModuleError(statement, `the restricted type has no ${statement.keyword} "${name}"`);
    const value = inherited ?? (stated ? Number(stated.argument) : next);
    if (stated && Number(stated.argument) !== value)
      throw new ModuleError(stated, `"${name}" has the value ${value} in the restricted type`);
    if (value > maximum) throw new ModuleError(statement, `"${name}" needs a value of its own: the highest is used`);
    const other = values.get(value);
    if (other !== undefined) throw new ModuleError(statement, `"${name}" has the value ${value} of "${other}"`);
    values.set(value, name);
    next = values.size === 1 ? value + 1 : Math.max(next, value + 1);
    declared.push({ name, value });
    const isThere = !base || base.names.some((one) => one.name === name);
    if (isThere && supported(statement, unit)) result.push({ name, value });
  }
  const byValue = (a: NamedValue, b: NamedValue) => a.value - b.value;
  return [result.sort(byValue), declared.sort(byValue)];
}
