/** `uses` with refines and augments (RFC 7950 sections 7.13 and 7.17). */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { augmentDraft } from './augment.ts';
import { bring, Draft, type DraftKind, type Expansion, expand, NODE_KEYWORDS } from './draft.ts';
import { evaluate } from './feature.ts';
import type { Definition, Scope } from './module.ts';
import { findDraft } from './node-identifier.ts';

const MAX_CHAIN = 200;

/** Puts copies of the grouping's nodes into `parent`. */
export function expandUses(uses: Statement, scope: Scope, parent: Draft, expansion: Expansion): void {
  const name = uses.argument as string;
  const grouping = scope.find('grouping', name, uses);
  if (!grouping) throw new ModuleError(uses, `there is no grouping "${name}"`);
  if (expansion.groupings.includes(grouping.statement)) {
    throw new ModuleError(uses, `grouping "${grouping.statement.argument}" uses itself`);
  }
  if (expansion.groupings.length > MAX_CHAIN)
    throw new ModuleError(uses, `groupings use each other more than ${MAX_CHAIN} deep`);
  checkStatus(uses, grouping, parent);
  expansion.used.add(grouping.statement);
  const before = parent.children.length;
  expandGrouping(grouping, parent, { ...expansion, groupings: [...expansion.groupings, grouping.statement] });
  const added = parent.children.slice(before);
  for (const draft of added) bring(draft, uses, scope);
  // Refines and augments reach only what this uses brought: a view of the parent that holds nothing else.
  const view = new Draft(parent.kind, parent.name, parent.module, parent.origin, parent.scope, parent.parent);
  view.children = added;
  for (const child of uses.children) {
    if (child.keyword === 'refine') refine(child, scope, view, expansion);
    else if (child.keyword === 'augment') {
      const target = findDraft(view, child.argument as string, scope.unit, expansion.module, child);
      if (!target) throw new ModuleError(child, `the grouping "${name}" has no node "${child.argument}" to augment`);
      augmentDraft(child, scope, target, expansion);
    }
  }
}

/** Puts the nodes of a grouping into `parent`. */
export function expandGrouping({ statement, scope }: Definition, parent: Draft, expansion: Expansion): void {
  const inside = scope.inside(statement);
  for (const child of statement.children) {
    if (NODE_KEYWORDS.has(child.keyword)) expand(child, inside, parent, expansion);
    else if (child.keyword === 'uses') expandUses(child, inside, parent, expansion);
  }
}

/** A current definition does not use a deprecated or obsolete one of its own module (section 7.21.2). */
function checkStatus(uses: Statement, { statement, scope }: Definition, parent: Draft): void {
  const status = argumentOf(statement, 'status') ?? 'current';
  if (status === 'current' || scope.unit.module !== parent.module || argumentOf(uses, 'status')) return;
  for (let one: Draft | undefined = parent; one; one = one.parent) {
    if (one.statuses.length > 0 || (one.property('status') ?? argumentOf(one.origin, 'status'))) return;
  }
  throw new ModuleError(uses, `a current definition uses the grouping "${statement.argument}", which is ${status}`);
}

function argumentOf(statement: Statement, keyword: string): string | undefined {
  return statement.children.find((one) => one.keyword === keyword)?.argument;
}

/** What a refine may state, by kind of node (section 7.13.2); description, reference, if-feature and extensions: any. */
const REFINABLE: Readonly<Record<string, readonly DraftKind[]>> = {
  default: ['leaf', 'leaf-list', 'choice'],
  config: ['container', 'list', 'leaf', 'leaf-list', 'anydata', 'anyxml', 'choice'],
  mandatory: ['leaf', 'anydata', 'anyxml', 'choice'],
  presence: ['container'],
  must: ['container', 'list', 'leaf', 'leaf-list', 'anydata', 'anyxml'],
  'min-elements': ['list', 'leaf-list'],
  'max-elements': ['list', 'leaf-list'],
};

function refine(statement: Statement, scope: Scope, view: Draft, expansion: Expansion): void {
  const target = findDraft(view, statement.argument as string, scope.unit, expansion.module, statement);
  if (!target) throw new ModuleError(statement, `the grouping has no node "${statement.argument}" to refine`);
  for (const child of statement.children) {
    const { keyword } = child;
    const kinds = REFINABLE[keyword];
    if (keyword === 'default' && target.kind === 'leaf-list' && scope.unit.version === '1') {
      throw new ModuleError(child, 'the default of a leaf-list needs YANG 1.1');
    }
    if (kinds && !kinds.includes(target.kind))
      throw new ModuleError(child, `"${keyword}" cannot refine a ${target.kind}`);
    // Several defaults of a leaf-list replace the old ones together.
    const isAdded = keyword === 'must' || keyword === 'if-feature' || keyword.includes(':');
    if (!isAdded) {
      target.properties = target.properties.filter(
        (one) => one.statement.keyword !== keyword || statement.children.includes(one.statement),
      );
    }
    target.properties.push({ statement: child, scope });
    if (keyword === 'if-feature' && !evaluate(child, scope.unit)) target.disabled = true;
  }
}
