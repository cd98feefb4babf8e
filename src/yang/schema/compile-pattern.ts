/** `pattern` statements of a type. */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { PatternError } from '../type/pattern/parse.ts';
import { Pattern } from '../type/pattern/pattern.ts';
import { child } from './module.ts';

/** One Pattern a statement, however many leaves have the type: its automaton is shared. */
const known = new WeakMap<Statement, Pattern>();

export function patternsOf(type: Statement): readonly Pattern[] {
  return type.children.filter(({ keyword }) => keyword === 'pattern').map(patternOf);
}

function patternOf(statement: Statement): Pattern {
  const old = known.get(statement);
  if (old) return old;
  try {
    const pattern = new Pattern(
      statement.argument as string,
      child(statement, 'modifier') !== undefined,
      child(statement, 'error-message')?.argument,
      child(statement, 'error-app-tag')?.argument,
    );
    known.set(statement, pattern);
    return pattern;
  } catch (error) {
    if (error instanceof PatternError)
      throw new ModuleError(statement, `not a regular expression of XML Schema: ${error.message}`);
    throw error;
  }
}
