/** Deviations (RFC 7950 section 7.20.3). */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import type { Draft, DraftKind } from './draft.ts';
import type { Definition, Scope } from './module.ts';

/** Which nodes may have a property; those of the deviate statements. */
const HOLDERS: Readonly<Record<string, readonly DraftKind[]>> = {
  type: ['leaf', 'leaf-list'],
  units: ['leaf', 'leaf-list'],
  default: ['leaf', 'leaf-list', 'choice'],
  must: ['container', 'list', 'leaf', 'leaf-list', 'anydata', 'anyxml', 'input', 'output', 'notification'],
  unique: ['list'],
  config: ['container', 'list', 'leaf', 'leaf-list', 'anydata', 'anyxml', 'choice'],
  mandatory: ['leaf', 'anydata', 'anyxml', 'choice'],
  'min-elements': ['list', 'leaf-list'],
  'max-elements': ['list', 'leaf-list'],
};
/** What every such node has, if only by default, so that it can be replaced though it is not written. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(['config', 'mandatory', 'min-elements', 'max-elements']);

/** Applies one `deviation`, whose target has been found. */
export function deviate(deviation: Statement, scope: Scope, target: Draft): void {
  for (const statement of deviation.children) {
    if (statement.keyword !== 'deviate') continue;
    if (statement.argument === 'not-supported') {
      remove(target);
      continue;
    }
    for (const child of statement.children) {
      if (child.keyword.includes(':')) {
        if (statement.argument === 'add') target.properties.push({ statement: child, scope });
        continue;
      }
      const holders = HOLDERS[child.keyword];
      if (!holders) continue;
      if (!holders.includes(target.kind)) throw new ModuleError(child, `a ${target.kind} has no "${child.keyword}"`);
      if (statement.argument === 'add') add(child, scope, target);
      else if (statement.argument === 'replace') replace(child, scope, target, statement);
      else take(child, target);
    }
  }
}

function remove(target: Draft): void {
  const siblings = target.parent?.children;
  if (!siblings) return;
  siblings.splice(siblings.indexOf(target), 1);
  // A shorthand case goes with its node.
  const { parent } = target;
  if (parent?.kind === 'case' && parent.origin === target.origin) remove(parent);
}

function isRepeatable(keyword: string, target: Draft): boolean {
  return keyword === 'must' || keyword === 'unique' || (keyword === 'default' && target.kind === 'leaf-list');
}

function add(statement: Statement, scope: Scope, target: Draft): void {
  const { keyword } = statement;
  if (!isRepeatable(keyword, target) && target.property(keyword)) {
    throw new ModuleError(statement, `"${target.name}" already has a "${keyword}": it can be replaced, not added`);
  }
  target.properties.push({ statement, scope });
}

function replace(statement: Statement, scope: Scope, target: Draft, whole: Statement): void {
  const { keyword } = statement;
  const old = target.properties.filter((one) => one.statement.keyword === keyword);
  if (old.length === 0 && !ALWAYS_THERE.has(keyword)) {
    throw new ModuleError(statement, `"${target.name}" has no "${keyword}" that could be replaced`);
  }
  target.properties = target.properties.filter((one) => !old.includes(one) || whole.children.includes(one.statement));
  target.properties.push({ statement, scope });
}

function take(statement: Statement, target: Draft): void {
  const same = (one: Definition) =>
    one.statement.keyword === statement.keyword && normal(one.statement) === normal(statement);
  const index = target.properties.findIndex(same);
  if (index < 0) {
    throw new ModuleError(
      statement,
      `"${target.name}" has no ${statement.keyword} "${statement.argument}" that could be deleted`,
    );
  }
  target.properties = target.properties.filter((_, at) => at !== index);
}

function normal(statement: Statement): string {
  return (statement.argument ?? '').trim().replace(/\s+/g, ' ');
}
