/** All modules of a schema with their submodules and imports (RFC 7950 sections 5.1 and 7.1.5 to 7.1.6). */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { child, LoadedModule, type Unit } from './module.ts';
import { parseUnit, type SearchPath } from './search-path.ts';

export class ModuleSet {
  private readonly path: SearchPath;
  private readonly byRevision = new Map<string, LoadedModule>();
  /** The revision of each module that imports without a revision get. */
  private readonly preferred = new Map<string, LoadedModule>();
  private readonly importing: LoadedModule[] = [];
  private readonly linked = new Set<LoadedModule>();

  constructor(path: SearchPath) {
    this.path = path;
  }

  get all(): Iterable<LoadedModule> {
    return this.byRevision.values();
  }

  /** A module that was asked for by name: it is preferred wherever it is imported without a revision. */
  request(name: string, revision: string | undefined, place: Statement | undefined): LoadedModule {
    const unit = this.path.find(name, revision);
    if (!unit) throw notFound(name, revision, place);
    if (unit.root.keyword !== 'module') throw new ModuleError(unit.root, `"${name}" is a submodule, expected a module`);
    const key = `${name}@${unit.revision}`;
    const known = this.byRevision.get(key);
    if (known) return known;
    const module = new LoadedModule(unit);
    this.byRevision.set(key, module);
    if (!this.preferred.has(name)) this.preferred.set(name, module);
    return module;
  }

  /** Loads submodules and imports of the module, and theirs. */
  link(module: LoadedModule): void {
    if (this.linked.has(module)) return;
    this.linked.add(module);
    this.importing.push(module);
    this.include(module.main, module, []);
    module.define();
    for (const unit of module.units) this.import(unit);
    this.importing.pop();
  }

  /** The module of this name that has data in the schema, or would have. */
  preferredOf(name: string): LoadedModule | undefined {
    return this.preferred.get(name);
  }

  private include(unit: Unit, module: LoadedModule, chain: readonly Unit[]): void {
    for (const statement of unit.root.children) {
      if (statement.keyword !== 'include') continue;
      const revision = child(statement, 'revision-date')?.argument;
      const name = statement.argument as string;
      const found =
        module.units.find((one) => one.name === name && one !== module.main) ?? this.path.find(name, revision);
      if (!found) throw notFound(name, revision, statement);
      if (found.root.keyword !== 'submodule')
        throw new ModuleError(statement, `"${name}" is a module, expected a submodule`);
      const owner = child(found.root, 'belongs-to') as Statement;
      if (owner.argument !== module.name)
        throw new ModuleError(
          owner,
          `the submodule belongs to "${owner.argument}" but is included by "${module.name}"`,
        );
      if (found === unit || chain.includes(found))
        throw new ModuleError(statement, `"${name}" includes itself through ${unit.name}`);
      if (revision !== undefined && found.revision !== revision) {
        throw new ModuleError(statement, `"${name}" is already included with revision ${found.revision || 'unknown'}`);
      }
      if (found.version !== module.main.version) {
        throw new ModuleError(
          statement,
          `"${name}" is of YANG version ${found.version}, its module of ${module.main.version}`,
        );
      }
      this.join(unit, found, module, chain);
    }
  }

  private join(unit: Unit, found: Unit, module: LoadedModule, chain: readonly Unit[]): void {
    // Two revisions of one module may include the same submodule: each gets its own.
    const taken = found.module !== undefined && found.module !== module;
    const submodule = taken ? parseUnit(found.source, found.root.file) : found;
    if (!module.units.includes(submodule)) {
      submodule.module = module;
      module.units.push(submodule);
    }
    if (!unit.included.has(submodule)) this.include(submodule, module, [...chain, unit]);
    unit.included.add(submodule);
    for (const inner of submodule.included) unit.included.add(inner);
  }

  private import(unit: Unit): void {
    for (const statement of unit.root.children) {
      if (statement.keyword !== 'import') continue;
      const name = statement.argument as string;
      const prefix = child(statement, 'prefix')?.argument as string;
      if (prefix === unit.prefix || unit.imports.has(prefix))
        throw new ModuleError(statement, `the prefix "${prefix}" is already used`);
      const revision = child(statement, 'revision-date')?.argument;
      const preferred = this.preferred.get(name);
      const module =
        preferred && (revision === undefined || preferred.revision === revision)
          ? preferred
          : this.request(name, revision, statement);
      if (module === unit.module) throw new ModuleError(statement, `"${name}" imports itself`);
      const circle = this.importing.indexOf(module);
      if (circle >= 0) {
        const names = [...this.importing.slice(circle), module].map((one) => one.name);
        throw new ModuleError(statement, `circular import: ${names.join(' → ')}`);
      }
      unit.imports.set(prefix, module);
      this.link(module);
    }
  }
}

function notFound(name: string, revision: string | undefined, place: Statement | undefined): Error {
  const what = revision === undefined ? `"${name}"` : `"${name}" of revision ${revision}`;
  const reason = `the module ${what} is in no folder of the module path`;
  return place ? new ModuleError(place, reason) : new ModuleError({ file: `${name}.yang`, line: 1, column: 1 }, reason);
}
