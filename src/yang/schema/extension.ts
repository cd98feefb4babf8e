/** Statements of extensions (RFC 7950 section 7.19): known, and with an argument where they take one. */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { child, type Unit } from './module.ts';

/** Checks all of a file, except inside extension statements: what these hold only the extension knows. */
export function checkExtensions(statement: Statement, unit: Unit): void {
  for (const one of statement.children) {
    if (!one.keyword.includes(':')) {
      if (one.children.length > 0) checkExtensions(one, unit);
      continue;
    }
    const { module, name } = unit.resolve(one.keyword, one);
    const extension = unit.definition('extension', module, name);
    if (!extension) throw new ModuleError(one, `module "${module.name}" has no extension "${name}"`);
    const takesArgument = child(extension.statement, 'argument') !== undefined;
    if (takesArgument && one.argument === undefined) throw new ModuleError(one, `"${one.keyword}" has no argument`);
  }
}
