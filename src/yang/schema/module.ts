/** Loaded files and modules while a schema is compiled: what names mean in them (RFC 7950 sections 5.5 and 6.2). */
import { at, ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { isBuiltIn } from '../type/built-in.ts';
import type { Module } from './node.ts';

/** A module's or submodule's file. */
export class Unit {
  readonly root: Statement;
  readonly version: '1' | '1.1';
  readonly source: string;
  readonly revision: string;
  /** Own prefix, or that of `belongs-to`. */
  readonly prefix: string;
  /** Set when it joins its module. */
  module!: LoadedModule;
  readonly imports = new Map<string, LoadedModule>();
  /** Submodules that this file includes, directly or through others. */
  readonly included = new Set<Unit>();
  readonly scope: Scope;
  readonly scopes = new Map<Statement, Scope>();

  constructor(root: Statement, version: '1' | '1.1', source: string) {
    this.root = root;
    this.version = version;
    this.source = source;
    this.revision = newestRevision(root);
    const owner = root.keyword === 'module' ? root : (child(root, 'belongs-to') as Statement);
    this.prefix = child(owner, 'prefix')?.argument as string;
    this.scope = new Scope(this, undefined, root);
  }

  get name(): string {
    return this.root.argument as string;
  }

  /** The module that a prefix stands for in this file; without prefix its own. */
  moduleOf(prefix: string): LoadedModule | undefined {
    return prefix === '' || prefix === this.prefix ? this.module : this.imports.get(prefix);
  }

  /** Splits a name with an optional prefix. */
  resolve(name: string, place: Statement): { module: LoadedModule; name: string } {
    const colon = name.indexOf(':');
    const module = colon < 0 ? this.module : this.moduleOf(name.slice(0, colon));
    if (!module) throw new ModuleError(place, `the prefix of "${name}" belongs to no import`);
    return { module, name: colon < 0 ? name : name.slice(colon + 1) };
  }

  /** What stands at the top of a module, if this file may see it: a YANG 1 submodule sees only what it includes. */
  definition(kind: DefinitionKind, module: LoadedModule, name: string): Definition | undefined {
    const found = module.definitions[kind].get(name);
    if (!found || module !== this.module || this.version === '1.1' || this.root.keyword === 'module') return found;
    const { unit } = found.scope;
    return unit === this || this.included.has(unit) ? found : undefined;
  }
}

export const DEFINITION_KINDS = ['typedef', 'grouping', 'feature', 'identity', 'extension'] as const;
export type DefinitionKind = (typeof DEFINITION_KINDS)[number];

/** A statement with the scope in which its names are to be read. */
export interface Definition {
  readonly statement: Statement;
  readonly scope: Scope;
}

export class LoadedModule implements Module {
  readonly main: Unit;
  readonly units: Unit[];
  implemented = false;
  features: Set<string> = new Set();
  readonly deviatedBy: string[] = [];
  readonly definitions: Readonly<Record<DefinitionKind, Map<string, Definition>>> = {
    typedef: new Map(),
    grouping: new Map(),
    feature: new Map(),
    identity: new Map(),
    extension: new Map(),
  };

  constructor(main: Unit) {
    this.main = main;
    this.units = [main];
    main.module = this;
  }

  get name(): string {
    return this.main.name;
  }
  get namespace(): string {
    return child(this.main.root, 'namespace')?.argument as string;
  }
  get prefix(): string {
    return this.main.prefix;
  }
  get revision(): string {
    return this.main.revision;
  }
  get yangVersion(): '1' | '1.1' {
    return this.main.version;
  }
  get source(): string {
    return this.main.source;
  }
  get submodules(): readonly { readonly name: string; readonly revision: string; readonly source: string }[] {
    return this.units.slice(1).map(({ name, revision, source }) => ({ name, revision, source }));
  }

  /** Collects the definitions at the top of all its files; to be called once, when all are there. */
  define(): void {
    for (const unit of this.units) {
      for (const statement of unit.root.children) {
        const kind = DEFINITION_KINDS.find((one) => one === statement.keyword);
        if (!kind) continue;
        if (kind === 'typedef') checkTypeName(statement);
        const known = this.definitions[kind].get(statement.argument as string);
        if (known) {
          throw new ModuleError(
            statement,
            `${kind} "${statement.argument}" is already defined at ${at(known.statement)}`,
          );
        }
        this.definitions[kind].set(statement.argument as string, { statement, scope: unit.scope });
      }
    }
  }
}

/** Typedefs and groupings are visible below the statement that holds them (section 6.2.1). */
export class Scope {
  readonly unit: Unit;
  readonly parent: Scope | undefined;
  private readonly typedefs = new Map<string, Definition>();
  private readonly groupings = new Map<string, Definition>();

  constructor(unit: Unit, parent: Scope | undefined, statement: Statement) {
    this.unit = unit;
    this.parent = parent;
    // Those at the top are in LoadedModule.definitions.
    if (!parent) return;
    for (const inner of statement.children) {
      if (inner.keyword !== 'typedef' && inner.keyword !== 'grouping') continue;
      if (inner.keyword === 'typedef') checkTypeName(inner);
      const known =
        this.local(inner.keyword, inner.argument as string) ??
        unit.definition(inner.keyword, unit.module, inner.argument as string);
      if (known) {
        throw new ModuleError(
          inner,
          `${inner.keyword} "${inner.argument}" is already defined at ${at(known.statement)}`,
        );
      }
      (inner.keyword === 'typedef' ? this.typedefs : this.groupings).set(inner.argument as string, {
        statement: inner,
        scope: this,
      });
    }
  }

  /** The scope for the substatements of `statement`, which stands in this one. */
  inside(statement: Statement): Scope {
    const known = this.unit.scopes.get(statement);
    if (known) return known;
    const opens = statement.children.some(({ keyword }) => keyword === 'typedef' || keyword === 'grouping');
    const scope = opens ? new Scope(this.unit, this, statement) : this;
    this.unit.scopes.set(statement, scope);
    return scope;
  }

  find(kind: 'typedef' | 'grouping', name: string, place: Statement): Definition | undefined {
    const target = this.unit.resolve(name, place);
    if (target.module !== this.unit.module) return target.module.definitions[kind].get(target.name);
    return this.local(kind, target.name) ?? this.unit.definition(kind, target.module, target.name);
  }

  private local(kind: 'typedef' | 'grouping', name: string): Definition | undefined {
    const here = (kind === 'typedef' ? this.typedefs : this.groupings).get(name);
    return here ?? this.parent?.local(kind, name);
  }
}

function checkTypeName(typedef: Statement): void {
  if (isBuiltIn(typedef.argument as string)) throw new ModuleError(typedef, `"${typedef.argument}" is a built-in type`);
}

export function child(statement: Statement, keyword: string): Statement | undefined {
  for (const one of statement.children) if (one.keyword === keyword) return one;
  return undefined;
}

function newestRevision(root: Statement): string {
  let newest = '';
  for (const { keyword, argument } of root.children) {
    if (keyword === 'revision' && argument !== undefined && argument > newest) newest = argument;
  }
  return newest;
}
