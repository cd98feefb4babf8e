/** Identities and what is derived from them (RFC 7950 section 7.18). */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { supported } from './feature.ts';
import type { Definition, LoadedModule } from './module.ts';
import type { Identity } from './node.ts';

const MAX_CHAIN = 200;

export class IdentityTable {
  /** By statement: two revisions of a module have an identity each. */
  private readonly known = new Map<Statement, Identity>();
  /** Enabled ones, by `module:name`. */
  readonly byName = new Map<string, Identity>();
  private readonly ancestors = new Map<Identity, ReadonlySet<string>>();

  add(module: LoadedModule): void {
    for (const [name, definition] of module.definitions.identity) {
      const identity = this.identityOf(definition, []);
      if (!supported(definition.statement, definition.scope.unit)) continue;
      const key = `${module.name}:${name}`;
      if (!this.byName.has(key) || module.implemented) this.byName.set(key, identity);
    }
  }

  /** Of a `base` statement. */
  base(statement: Statement, unit: Definition['scope']['unit']): Identity {
    return this.identityOf(this.definitionOf(statement, unit), []);
  }

  /** Whether `identity` is derived from `base` (not: is it). */
  derived(identity: Identity, base: Identity): boolean {
    return this.ancestorsOf(identity).has(`${base.module.name}:${base.name}`);
  }

  /** Names of the identities of implemented modules that are derived from all of the bases. */
  derivedFromAll(bases: readonly Identity[]): ReadonlySet<string> {
    const result = new Set<string>();
    for (const [name, identity] of this.byName) {
      if (identity.module.implemented && bases.every((base) => this.derived(identity, base))) result.add(name);
    }
    return result;
  }

  private ancestorsOf(identity: Identity): ReadonlySet<string> {
    let result = this.ancestors.get(identity);
    if (!result) {
      const all = new Set<string>();
      for (const base of identity.bases) {
        all.add(`${base.module.name}:${base.name}`);
        for (const name of this.ancestorsOf(base)) all.add(name);
      }
      result = all;
      this.ancestors.set(identity, result);
    }
    return result;
  }

  private identityOf({ statement, scope }: Definition, chain: readonly Statement[]): Identity {
    const known = this.known.get(statement);
    if (known) return known;
    if (chain.includes(statement))
      throw new ModuleError(statement, `identity "${statement.argument}" is derived from itself`);
    if (chain.length > MAX_CHAIN)
      throw new ModuleError(statement, `identities are derived more than ${MAX_CHAIN} deep`);
    const bases = statement.children
      .filter(({ keyword }) => keyword === 'base')
      .map((base) => this.identityOf(this.definitionOf(base, scope.unit), [...chain, statement]));
    if (bases.length > 1 && scope.unit.version === '1') throw new ModuleError(statement, 'several bases need YANG 1.1');
    const identity: Identity = { module: scope.unit.module, name: statement.argument as string, bases };
    this.known.set(statement, identity);
    return identity;
  }

  private definitionOf(base: Statement, unit: Definition['scope']['unit']): Definition {
    const { module, name } = unit.resolve(base.argument as string, base);
    const found = unit.definition('identity', module, name);
    if (!found) throw new ModuleError(base, `module "${module.name}" has no identity "${name}"`);
    return found;
  }
}
