/**
 * Modules to a schema. The way there:
 *
 *   files ─parse─► statements ─link─► modules ─features, identities─► drafts ─augment, deviate─► nodes ─leafrefs, defaults─► Schema
 */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { augmentDraft, topAugments } from './augment.ts';
import { NodeCompiler } from './compile.ts';
import { TypeCompiler } from './compile-type.ts';
import { CompiledSchema } from './compiled-schema.ts';
import { ConstraintCompiler } from './constraint.ts';
import { deviate } from './deviate.ts';
import { Draft, type Expansion, expand, MAX_NODES, NODE_KEYWORDS } from './draft.ts';
import { checkExtensions } from './extension.ts';
import { enableFeatures } from './feature.ts';
import { resolveUniques, setDefaults } from './finish.ts';
import { IdentityTable } from './identity.ts';
import { LeafrefResolver } from './leafref.ts';
import type { LoadedModule } from './module.ts';
import { ModuleSet } from './module-set.ts';
import type { Schema, SchemaNode } from './node.ts';
import { findDraft } from './node-identifier.ts';
import { referencedModules } from './referenced.ts';
import { SearchPath } from './search-path.ts';
import { checkNames } from './siblings.ts';
import { draftStructures } from './structure.ts';
import { checkUnused } from './unused.ts';
import { expandUses } from './uses.ts';

export interface ModuleRequest {
  readonly name: string;
  /** Newest of the first folder that has the module where left out. */
  readonly revision?: string;
  /** None where left out. */
  readonly features?: readonly string[] | 'all';
}

export interface SchemaRequest {
  /** Folders with modules; the first that has one wins. */
  readonly paths: readonly string[];
  /** Modules to implement. What they import is found by itself. */
  readonly modules: readonly ModuleRequest[];
}

/**
 * Loads and compiles the modules. A module that is only imported is not implemented, unless an implemented one
 * augments or deviates it, or a leafref or an identityref's default of one needs its nodes or identities
 * (RFC 7950 section 5.6.5). Throws ModuleError with the place of the first fault.
 */
export function loadSchema(request: SchemaRequest): Schema {
  const set = new ModuleSet(new SearchPath(request.paths));
  const wanted = request.modules.map(({ name, revision, features }) => ({
    module: set.request(name, revision, undefined),
    features: features ?? [],
  }));
  checkRevisions(wanted.map(({ module }) => module));
  for (const { module } of wanted) set.link(module);
  for (const { module } of wanted) module.implemented = true;
  checkNamespaces(set);
  for (const module of set.all) for (const unit of module.units) checkExtensions(unit.root, unit);
  setFeatures(set, wanted);
  implementReferenced(set);

  const identities = new IdentityTable();
  for (const module of set.all) identities.add(module);
  const schema = new CompiledSchema([...set.all], identities);
  const shared = { groupings: [], used: new Set<Statement>(), budget: { left: MAX_NODES }, expandUses };
  const root = draftAll(set, shared);

  const constraints = new ConstraintCompiler();
  const types = new TypeCompiler(identities, () => schema);
  const compiler = new NodeCompiler(types, constraints);
  const top: SchemaNode[] = [];
  for (const draft of root.children) {
    const node = compiler.compileTop(draft);
    if (node) top.push(node);
  }
  checkNames(top);
  const structures = structuresOf(set, shared).flatMap((draft) => compiler.compileTop(draft) ?? []);
  schema.complete(top, compiler.nodes, structures);
  new LeafrefResolver(schema, constraints, compiler.leaves).resolveAll();
  resolveUniques(compiler);
  setDefaults(compiler.leaves);
  for (const module of set.all) {
    if (!module.implemented) continue;
    checkUnused(module, shared.used, { ...shared, module }, types, new NodeCompiler(types, constraints));
  }
  return schema;
}

function checkRevisions(modules: readonly LoadedModule[]): void {
  const seen = new Map<string, LoadedModule>();
  for (const module of modules) {
    const other = seen.get(module.name);
    if (other && other !== module) {
      throw new ModuleError(module.main.root, `two revisions of "${module.name}" cannot both be implemented`);
    }
    seen.set(module.name, module);
  }
}

function checkNamespaces(set: ModuleSet): void {
  const owners = new Map<string, string>();
  for (const { name, namespace, main } of set.all) {
    const other = owners.get(namespace) ?? name;
    if (other !== name) throw new ModuleError(main.root, `"${name}" has the namespace of "${other}"`);
    owners.set(namespace, name);
  }
}

/** Imported modules first: features may depend on those of imports. */
function setFeatures(
  set: ModuleSet,
  wanted: readonly { module: LoadedModule; features: readonly string[] | 'all' }[],
): void {
  const done = new Set<LoadedModule>();
  const visit = (module: LoadedModule): void => {
    if (done.has(module)) return;
    done.add(module);
    for (const unit of module.units) for (const imported of unit.imports.values()) visit(imported);
    const features = wanted.find((one) => one.module === module)?.features ?? [];
    enableFeatures(module, features, module.main.root);
  };
  for (const module of set.all) visit(module);
}

/** Adds what implemented modules need of others, and what that needs. */
function implementReferenced(set: ModuleSet): void {
  const queue = [...set.all].filter((module) => module.implemented);
  for (let module = queue.shift(); module; module = queue.shift()) {
    for (const name of referencedModules(module)) {
      const other = set.preferredOf(name);
      if (!other || other.implemented) continue;
      other.implemented = true;
      queue.push(other);
    }
  }
}

/** All top-level nodes of implemented modules, augmented and deviated. */
function draftAll(set: ModuleSet, shared: Omit<Expansion, 'module'>): Draft {
  const modules = [...set.all].filter((module) => module.implemented);
  const [first] = modules;
  if (!first) throw new Error('no module to load');
  const root = new Draft('container', '', first, first.main.root, first.main.scope, undefined);
  for (const module of modules) {
    const expansion: Expansion = { ...shared, module };
    for (const unit of module.units) {
      for (const statement of unit.root.children) {
        if (NODE_KEYWORDS.has(statement.keyword)) expand(statement, unit.scope, root, expansion);
        else if (statement.keyword === 'uses') expandUses(statement, unit.scope, root, expansion);
      }
    }
  }
  augmentAll(modules, root, shared);
  deviateAll(modules, root);
  return root;
}

function structuresOf(set: ModuleSet, shared: Omit<Expansion, 'module'>): readonly Draft[] {
  const modules = [...set.all].filter((module) => module.implemented);
  const [first] = modules;
  if (!first) return [];
  const root = new Draft('container', '', first, first.main.root, first.main.scope, undefined);
  draftStructures(modules, root, shared);
  return root.children;
}

/** In any order: an augment may go into what another one adds. */
function augmentAll(modules: readonly LoadedModule[], root: Draft, shared: Omit<Expansion, 'module'>): void {
  let open = modules.flatMap((module) => topAugments(module));
  while (open.length > 0) {
    const left = open.filter(({ statement, unit }) => {
      const path = absolute(statement);
      const target = findDraft(root, path, unit, unit.module, statement);
      const expansion: Expansion = { ...shared, module: unit.module };
      if (target) augmentDraft(statement, unit.scope, target, expansion);
      return !target;
    });
    const [lost] = left;
    if (lost && left.length === open.length) {
      throw new ModuleError(lost.statement, `there is no node "${lost.statement.argument}" to augment`);
    }
    open = left;
  }
}

function deviateAll(modules: readonly LoadedModule[], root: Draft): void {
  for (const module of modules) {
    for (const unit of module.units) {
      for (const statement of unit.root.children) {
        if (statement.keyword !== 'deviation') continue;
        const target = findDraft(root, absolute(statement), unit, unit.module, statement);
        if (!target) throw new ModuleError(statement, `there is no node "${statement.argument}" to deviate`);
        if (target.module.name !== module.name && !target.module.deviatedBy.includes(module.name)) {
          target.module.deviatedBy.push(module.name);
        }
        deviate(statement, unit.scope, target);
      }
    }
  }
}

function absolute(statement: Statement): string {
  const path = statement.argument as string;
  if (!path.startsWith('/')) throw new ModuleError(statement, `"${path}" is not an absolute schema node identifier`);
  return path;
}
