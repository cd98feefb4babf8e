/**
 * Data that is in no datastore, message or notification of its own: `rc:yang-data` (RFC 8040 section 8) and `sx:structure`
 * with `sx:augment-structure` (RFC 8791). It stands in error-info, in files, in anydata.
 */
import { checkStructure } from '../statement/check.ts';
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { augmentDraft } from './augment.ts';
import { Draft, type Expansion, expandChildren } from './draft.ts';
import type { LoadedModule, Unit } from './module.ts';
import { findDraft } from './node-identifier.ts';

const STRUCTURES: ReadonlySet<string> = new Set(['ietf-restconf:yang-data', 'ietf-yang-structure-ext:structure']);
const AUGMENTS: ReadonlySet<string> = new Set(['ietf-yang-structure-ext:augment-structure']);

/** Puts the structures of the modules into `root`, then what augments them. */
export function draftStructures(
  modules: readonly LoadedModule[],
  root: Draft,
  shared: Omit<Expansion, 'module'>,
): void {
  const each = (
    which: ReadonlySet<string>,
    visit: (statement: Statement, unit: Unit, module: LoadedModule) => void,
  ) => {
    for (const module of modules) {
      for (const unit of module.units) {
        for (const statement of unit.root.children) if (isOf(which, statement, unit)) visit(statement, unit, module);
      }
    }
  };
  each(STRUCTURES, (statement, unit, module) => {
    checkStructure(statement, 'container', unit.version);
    const name = statement.argument as string;
    if (root.child(module, name)) throw new ModuleError(statement, `a second structure "${name}"`);
    const draft = new Draft('structure', name, module, statement, unit.scope.inside(statement), root);
    root.children.push(draft);
    expandChildren(statement, draft, { ...shared, module });
  });
  each(AUGMENTS, (statement, unit, module) => {
    checkStructure(statement, 'augment', unit.version);
    const target = findDraft(root, statement.argument as string, unit, module, statement);
    if (!target) throw new ModuleError(statement, `there is no structure "${statement.argument}" to augment`);
    augmentDraft(statement, unit.scope, target, { ...shared, module });
  });
}

function isOf(which: ReadonlySet<string>, statement: Statement, unit: Unit): boolean {
  if (!statement.keyword.includes(':')) return false;
  const { module, name } = unit.resolve(statement.keyword, statement);
  return which.has(`${module.name}:${name}`);
}
