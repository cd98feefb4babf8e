/** Checks statements against the grammar: unknown or repeated or missing substatements, malformed arguments. */
import { ModuleError } from './error.ts';
import { type ArgumentForm, argumentForm, substatementsOf } from './grammar.ts';
import type { Statement } from './statement.ts';

const IDENTIFIER = '[A-Za-z_][A-Za-z0-9_.-]*';
const REFERENCE = `(?:${IDENTIFIER}:)?${IDENTIFIER}`;
const DESCENDANT = `${REFERENCE}(?:/${REFERENCE})*`;

const FORMS: Readonly<Record<Exclude<ArgumentForm, 'none' | 'any'>, readonly [RegExp, string]>> = {
  identifier: [new RegExp(`^${IDENTIFIER}$`), 'an identifier'],
  reference: [new RegExp(`^${REFERENCE}$`), 'a name, with or without a prefix'],
  boolean: [/^(?:true|false)$/, '"true" or "false"'],
  status: [/^(?:current|deprecated|obsolete)$/, '"current", "deprecated" or "obsolete"'],
  'ordered-by': [/^(?:user|system)$/, '"user" or "system"'],
  date: [/^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/, 'a date, as in 2026-01-31'],
  position: [/^(?:0|[1-9]\d{0,9})$/, 'a number from 0 to 4294967295'],
  integer: [/^(?:0|-?[1-9]\d{0,9})$/, 'a number from -2147483648 to 2147483647'],
  count: [/^(?:0|[1-9]\d{0,9})$/, 'a number from 0 to 4294967295'],
  maximum: [/^(?:unbounded|[1-9]\d{0,9})$/, '"unbounded" or a number from 1 to 4294967295'],
  'fraction-digits': [/^(?:[1-9]|1[0-8])$/, 'a number from 1 to 18'],
  modifier: [/^invert-match$/, '"invert-match"'],
  version: [/^1(?:\.1)?$/, '"1" or "1.1"'],
  'enum-name': [/^(?!\s)[\s\S]+(?<!\s)$/, 'a name without white space at its ends'],
  'absolute-path': [new RegExp(`^/${DESCENDANT}(?:/${REFERENCE})*$`), 'an absolute schema node identifier'],
  'descendant-path': [new RegExp(`^${DESCENDANT}$`), 'a descendant schema node identifier'],
  'augment-path': [new RegExp(`^/?${DESCENDANT}$`), 'a schema node identifier'],
  deviate: [/^(?:not-supported|add|replace|delete)$/, '"not-supported", "add", "replace" or "delete"'],
  'not-empty': [/\S/, 'not empty'],
};

const LIMITS: Partial<Record<ArgumentForm, readonly [number, number]>> = {
  position: [0, 4294967295],
  count: [0, 4294967295],
  maximum: [1, 4294967295],
  integer: [-2147483648, 2147483647],
};

/** Throws ModuleError at the first fault of a module's or submodule's statements. Returns its YANG version. */
export function checkGrammar(root: Statement): '1' | '1.1' {
  if (root.keyword !== 'module' && root.keyword !== 'submodule') {
    throw new ModuleError(root, `expected "module" or "submodule", found "${root.keyword}"`);
  }
  const version = root.children.find((child) => child.keyword === 'yang-version')?.argument === '1.1' ? '1.1' : '1';
  checkStatement(root, version);
  return version;
}

/** What an extension's statement holds, where that is what `like` may hold: a structure's content is a container's. */
export function checkStructure(statement: Statement, like: 'container' | 'augment', version: '1' | '1.1'): void {
  checkContent(statement, like, version);
}

function checkStatement(statement: Statement, version: '1' | '1.1'): void {
  checkArgument(statement);
  const { keyword } = statement;
  checkContent(statement, keyword === 'deviate' ? `deviate ${statement.argument}` : keyword, version);
}

function checkContent(statement: Statement, like: string, version: '1' | '1.1'): void {
  const { children, keyword } = statement;
  const rules = substatementsOf(like);
  const seen: string[] = [];
  for (const child of children) {
    // What an extension's statement may hold only the extension knows (RFC 7950 section 7.19).
    if (child.keyword.includes(':')) continue;
    const rule = rules.get(child.keyword);
    if (rule === undefined || (rule.version11 && version === '1')) {
      const why =
        argumentForm(child.keyword) === undefined
          ? `"${child.keyword}" is not a YANG statement`
          : rule
            ? `"${child.keyword}" in "${keyword}" needs YANG 1.1`
            : `"${child.keyword}" is not allowed in "${keyword}"`;
      throw new ModuleError(child, why);
    }
    if (rule.max === 1) {
      if (seen.includes(child.keyword)) throw new ModuleError(child, `second "${child.keyword}" in "${keyword}"`);
      seen.push(child.keyword);
    } else if (rule.min > 0) {
      seen.push(child.keyword);
    }
    checkStatement(child, version);
  }
  for (const [name, rule] of rules) {
    if (rule.min > 0 && !seen.includes(name)) {
      throw new ModuleError(statement, `"${keyword}"${named(statement)} has no "${name}"`);
    }
  }
}

function named(statement: Statement): string {
  return statement.argument === undefined ? '' : ` ${JSON.stringify(statement.argument)}`;
}

function checkArgument(statement: Statement): void {
  const form = argumentForm(statement.keyword);
  const { argument, keyword } = statement;
  if (form === undefined) throw new ModuleError(statement, `"${keyword}" is not a YANG statement`);
  if (form === 'none') {
    if (argument !== undefined) throw new ModuleError(statement, `"${keyword}" takes no argument`);
    return;
  }
  if (argument === undefined) throw new ModuleError(statement, `"${keyword}" has no argument`);
  if (form === 'any') return;
  const [pattern, expected] = FORMS[form];
  const limits = LIMITS[form];
  const fits = pattern.test(argument);
  const outside = fits && limits && argument !== 'unbounded' && (+argument < limits[0] || +argument > limits[1]);
  if (!fits || outside) {
    throw new ModuleError(
      statement,
      `the argument of "${keyword}" is ${JSON.stringify(argument)}, expected ${expected}`,
    );
  }
}
