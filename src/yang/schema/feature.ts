/** Features and `if-feature` expressions (RFC 7950 sections 7.20.1 and 7.20.2). */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import type { LoadedModule, Unit } from './module.ts';

const MAX_CHAIN = 200;

/** Whether all `if-feature` substatements hold. */
export function supported(statement: Statement, unit: Unit): boolean {
  for (const one of statement.children) if (one.keyword === 'if-feature' && !evaluate(one, unit)) return false;
  return true;
}

/** Value of one `if-feature` statement. */
export function evaluate(statement: Statement, unit: Unit): boolean {
  return new IfFeature(statement, unit, (module, name) => module.features.has(name)).value();
}

/**
 * Sets the features of a module: those asked for, or all whose own `if-feature`s hold. Features of the modules that it
 * imports must be set before.
 */
export function enableFeatures(module: LoadedModule, wanted: readonly string[] | 'all', place: Statement): void {
  const defined = module.definitions.feature;
  for (const name of wanted === 'all' ? [] : wanted) {
    if (!defined.has(name)) throw new ModuleError(place, `module "${module.name}" has no feature "${name}"`);
  }
  checkCircles(module);
  module.features = new Set(wanted === 'all' ? defined.keys() : wanted);
  for (let changed = true; changed; ) {
    changed = false;
    for (const name of module.features) {
      const { statement, scope } = defined.get(name) as { statement: Statement; scope: { unit: Unit } };
      if (supported(statement, scope.unit)) continue;
      if (wanted !== 'all') throw new ModuleError(statement, `feature "${name}" needs another one that is not enabled`);
      module.features.delete(name);
      changed = true;
    }
  }
}

/** Also checks the expressions of features that are not enabled. */
function checkCircles(module: LoadedModule): void {
  const done = new Set<string>();
  const visit = (name: string, chain: readonly string[]): void => {
    if (done.has(name)) return;
    const { statement, scope } = module.definitions.feature.get(name) as {
      statement: Statement;
      scope: { unit: Unit };
    };
    if (chain.length > MAX_CHAIN)
      throw new ModuleError(statement, `features need each other more than ${MAX_CHAIN} deep`);
    if (chain.includes(name)) throw new ModuleError(statement, `feature "${name}" depends on itself`);
    for (const one of statement.children) {
      if (one.keyword !== 'if-feature') continue;
      new IfFeature(one, scope.unit, (owner, inner) => {
        if (owner === module) visit(inner, [...chain, name]);
        return true;
      }).value();
    }
    done.add(name);
  };
  for (const name of module.definitions.feature.keys()) visit(name, []);
}

/**
 * if-feature-expr = term "or" …, term = factor "and" …, factor = "not" factor / "(" expr ")" / name. All names are
 * looked up, also where the value is already known, so that unknown ones are found.
 */
class IfFeature {
  private readonly statement: Statement;
  private readonly unit: Unit;
  private readonly has: (module: LoadedModule, name: string) => boolean;
  private readonly tokens: readonly string[];
  private position = 0;

  constructor(statement: Statement, unit: Unit, has: (module: LoadedModule, name: string) => boolean) {
    this.statement = statement;
    this.unit = unit;
    this.has = has;
    this.tokens = (statement.argument as string).match(/[()]|[^\s()]+/g) ?? [];
  }

  value(): boolean {
    if (this.unit.version === '1' && this.tokens.length !== 1) {
      throw new ModuleError(this.statement, 'an if-feature with operators needs YANG 1.1');
    }
    const value = this.expression(0);
    if (this.position < this.tokens.length) throw this.unexpected();
    return value;
  }

  private expression(depth: number): boolean {
    let value = this.term(depth);
    while (this.take('or')) value = this.term(depth) || value;
    return value;
  }

  private term(depth: number): boolean {
    let value = this.factor(depth);
    while (this.take('and')) value = this.factor(depth) && value;
    return value;
  }

  private factor(depth: number): boolean {
    if (depth > 100) throw new ModuleError(this.statement, 'the if-feature is nested too deep');
    if (this.take('not')) return !this.factor(depth + 1);
    if (this.take('(')) {
      const value = this.expression(depth + 1);
      if (!this.take(')')) throw this.unexpected();
      return value;
    }
    const token = this.tokens[this.position];
    if (token === undefined || /^(?:and|or|not|\))$/.test(token)) throw this.unexpected();
    this.position++;
    const { module, name } = this.unit.resolve(token, this.statement);
    if (!this.unit.definition('feature', module, name)) {
      throw new ModuleError(this.statement, `module "${module.name}" has no feature "${name}"`);
    }
    return this.has(module, name);
  }

  private take(token: string): boolean {
    if (this.tokens[this.position] !== token) return false;
    this.position++;
    return true;
  }

  private unexpected(): ModuleError {
    const token = this.tokens[this.position];
    return new ModuleError(
      this.statement,
      `the if-feature expression has an unexpected ${token === undefined ? 'end' : `"${token}"`}`,
    );
  }
}
