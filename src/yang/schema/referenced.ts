/** Which other modules a module needs to be implemented (RFC 7950 section 5.6.5). */
import type { Statement } from '../statement/statement.ts';
import { isBuiltIn } from '../type/built-in.ts';
import { supported } from './feature.ts';
import { child, type Definition, type LoadedModule, type Scope, type Unit } from './module.ts';

const PREFIX = /([A-Za-z_][\w.-]*):(?!:)/g;

/** Names of the modules whose nodes its augments, deviations and leafrefs use, and whose identities its defaults are. */
export function referencedModules(module: LoadedModule): ReadonlySet<string> {
  const names = new Set<string>();
  const seen = new Set<Statement>();
  for (const unit of module.units) visit(unit.root, unit.scope, names, seen);
  names.delete(module.name);
  return names;
}

function visit(statement: Statement, scope: Scope, names: Set<string>, seen: Set<Statement>): void {
  if (seen.has(statement)) return;
  seen.add(statement);
  for (const one of statement.children) {
    // What a feature leaves out needs nothing.
    if (!supported(one, scope.unit)) continue;
    switch (one.keyword) {
      case 'augment':
      case 'deviation':
        addPrefixes(one.argument as string, scope.unit, names);
        break;
      case 'uses':
        follow(scope.find('grouping', one.argument as string, one), names, seen);
        break;
      case 'type':
        visitType(one, scope, names, seen);
        break;
      case 'grouping':
      case 'typedef':
        // Only where it is used.
        continue;
      case 'default':
        if (statement.keyword === 'leaf' || statement.keyword === 'leaf-list') addDefault(statement, one, scope, names);
        break;
      default:
    }
    if (one.children.length > 0 && one.keyword !== 'type') visit(one, scope.inside(one), names, seen);
  }
}

function follow(definition: Definition | undefined, names: Set<string>, seen: Set<Statement>): void {
  if (definition) visit(definition.statement, definition.scope.inside(definition.statement), names, seen);
}

function visitType(type: Statement, scope: Scope, names: Set<string>, seen: Set<Statement>): void {
  const name = type.argument as string;
  const path = child(type, 'path');
  if (path) addPrefixes(path.argument as string, scope.unit, names);
  for (const member of type.children) if (member.keyword === 'type') visitType(member, scope, names, seen);
  if (!isBuiltIn(name)) follow(scope.find('typedef', name, type), names, seen);
}

/** The default of an identityref names the module of the identity. */
function addDefault(leaf: Statement, value: Statement, scope: Scope, names: Set<string>): void {
  const type = child(leaf, 'type');
  if (type && /^[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*$/.test(value.argument as string) && isIdentityref(type, scope, 0)) {
    addPrefixes(value.argument as string, scope.unit, names);
  }
}

function isIdentityref(type: Statement, scope: Scope, depth: number): boolean {
  if (type.argument === 'identityref') return true;
  if (depth > 50 || isBuiltIn(type.argument as string)) return false;
  const found = scope.find('typedef', type.argument as string, type);
  const inner = found && child(found.statement, 'type');
  return found !== undefined && inner !== undefined && isIdentityref(inner, found.scope, depth + 1);
}

function addPrefixes(text: string, unit: Unit, names: Set<string>): void {
  for (const match of text.matchAll(PREFIX)) {
    const module = unit.moduleOf(match[1] as string);
    if (module) names.add(module.name);
  }
}
