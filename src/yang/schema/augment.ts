/** Augments (RFC 7950 section 7.17), of `uses` and of whole modules. */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { bring, type Draft, type DraftKind, type Expansion, expand, NODE_KEYWORDS } from './draft.ts';
import type { LoadedModule, Scope, Unit } from './module.ts';

const TARGETS: readonly DraftKind[] = [
  'container',
  'list',
  'choice',
  'case',
  'input',
  'output',
  'notification',
  'structure',
];
const CASES: ReadonlySet<string> = new Set([
  'case',
  'choice',
  'container',
  'leaf',
  'leaf-list',
  'list',
  'anydata',
  'anyxml',
]);

/** Adds the nodes of `statement` to `target`. */
export function augmentDraft(statement: Statement, scope: Scope, target: Draft, expansion: Expansion): void {
  if (!TARGETS.includes(target.kind)) throw new ModuleError(statement, `a ${target.kind} cannot be augmented`);
  const before = target.children.length;
  for (const child of statement.children) {
    const { keyword } = child;
    if (!NODE_KEYWORDS.has(keyword) && keyword !== 'uses') continue;
    checkFits(child, target);
    if (keyword === 'uses') expansion.expandUses(child, scope, target, expansion);
    else expand(child, scope, target, expansion);
  }
  const added = target.children.slice(before);
  for (const draft of added) bring(draft, statement, scope);
  const isConditional = statement.children.some(({ keyword }) => keyword === 'when');
  if (target.module.name === expansion.module.name || isConditional) return;
  for (const draft of added) {
    const mandatory = mandatoryNode(draft);
    if (mandatory && isConfiguration(target)) {
      const reason = `the augment of another module's nodes adds the mandatory node "${mandatory.name}" without a "when"`;
      throw new ModuleError(statement, `${reason} (RFC 7950 section 7.17)`);
    }
  }
}

function checkFits(child: Statement, target: Draft): void {
  const { keyword } = child;
  const isOperation = keyword === 'action' || keyword === 'notification';
  const fits =
    target.kind === 'choice'
      ? CASES.has(keyword)
      : keyword !== 'case' && (!isOperation || target.kind === 'container' || target.kind === 'list');
  if (!fits) throw new ModuleError(child, `a ${target.kind} cannot be augmented with a ${keyword}`);
}

/** The mandatory node (RFC 7950 section 3) that the draft is or that exists wherever it does. */
function mandatoryNode(draft: Draft): Draft | undefined {
  if (draft.disabled || draft.whens.length > 0 || draft.property('when')) return undefined;
  if (draft.property('config')?.statement.argument === 'false') return undefined;
  switch (draft.kind) {
    case 'leaf':
    case 'choice':
    case 'anydata':
    case 'anyxml':
      return draft.property('mandatory')?.statement.argument === 'true' ? draft : undefined;
    case 'list':
    case 'leaf-list': {
      const minimum = draft.property('min-elements')?.statement.argument ?? '0';
      return minimum !== '0' ? draft : undefined;
    }
    case 'container': {
      if (draft.property('presence')) return undefined;
      for (const child of draft.children) {
        const found = mandatoryNode(child);
        if (found) return found;
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

function isConfiguration(draft: Draft): boolean {
  for (let one: Draft | undefined = draft; one; one = one.parent) {
    if (one.kind === 'input' || one.kind === 'output' || one.kind === 'notification' || one.kind === 'structure')
      return false;
    if (one.property('config')?.statement.argument === 'false') return false;
  }
  return true;
}

/** An `augment` at the top of a file. */
export interface TopAugment {
  readonly statement: Statement;
  readonly unit: Unit;
}

/** The augments of a module and its submodules. */
export function topAugments(module: LoadedModule): TopAugment[] {
  return module.units.flatMap((unit) =>
    unit.root.children.filter(({ keyword }) => keyword === 'augment').map((statement) => ({ statement, unit })),
  );
}
