/** Definitions that no data node uses are checked too, so that a mistake in them is found where it was made. */
import type { Statement } from '../statement/statement.ts';
import type { NodeCompiler } from './compile.ts';
import type { TypeCompiler } from './compile-type.ts';
import { Draft, type Expansion } from './draft.ts';
import type { LoadedModule, Scope } from './module.ts';
import { expandGrouping } from './uses.ts';

/**
 * Compiles typedefs and groupings of the module, and throws away what comes out.
 * @param used groupings that are known to be right
 */
export function checkUnused(
  module: LoadedModule,
  used: ReadonlySet<Statement>,
  expansion: Expansion,
  types: TypeCompiler,
  nodes: NodeCompiler,
): void {
  const visit = (statement: Statement, scope: Scope): void => {
    for (const one of statement.children) {
      if (one.keyword === 'typedef') types.compileTypedef({ statement: one, scope });
      if (one.children.length === 0 || one.keyword === 'type') continue;
      if (one.keyword === 'grouping' && !used.has(one)) {
        const parent = new Draft('container', one.argument as string, module, one, scope, undefined);
        expandGrouping({ statement: one, scope }, parent, { ...expansion, groupings: [one] });
        for (const draft of parent.children) nodes.compileUnused(draft);
      }
      visit(one, scope.inside(one));
    }
  };
  for (const unit of module.units) visit(unit.root, unit.scope);
}
