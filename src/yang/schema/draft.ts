/**
 * A schema node on its way: groupings are expanded, and refines, augments and deviations change it. Its
 * substatements are kept as properties, each with the scope of the file that wrote it, until compile.ts reads them.
 */
import { ModuleError } from '../statement/error.ts';
import type { Statement } from '../statement/statement.ts';
import { evaluate, supported } from './feature.ts';
import type { Definition, LoadedModule, Scope } from './module.ts';
import type { SchemaNode } from './node.ts';

export type DraftKind = SchemaNode['kind'];

/** Statements that make schema nodes. */
export const NODE_KEYWORDS: ReadonlySet<string> = new Set<DraftKind>([
  'container',
  'list',
  'leaf',
  'leaf-list',
  'anydata',
  'anyxml',
  'choice',
  'case',
  'rpc',
  'action',
  'input',
  'output',
  'notification',
]);

/** Deepest schema tree: groupings can multiply what is nested in the text. */
const MAX_DEPTH = 400;
/** Groupings that use others twice, level by level, would make any number. */
export const MAX_NODES = 500_000;

export class Draft {
  readonly kind: DraftKind;
  readonly name: string;
  /** Whose namespace it is in. */
  readonly module: LoadedModule;
  readonly origin: Statement;
  /** Scope of its substatements. */
  readonly scope: Scope;
  readonly parent: Draft | undefined;
  children: Draft[] = [];
  properties: Definition[] = [];
  /** `when`s of uses and augments, whose context is the data parent. */
  readonly whens: Definition[] = [];
  /** `status` of uses and augments that brought it. */
  readonly statuses: Statement[] = [];
  /** An if-feature does not hold. It stays until the end: augments, deviations and refines may name it. */
  disabled = false;

  constructor(
    kind: DraftKind,
    name: string,
    module: LoadedModule,
    origin: Statement,
    scope: Scope,
    parent: Draft | undefined,
  ) {
    this.kind = kind;
    this.name = name;
    this.module = module;
    this.origin = origin;
    this.scope = scope;
    this.parent = parent;
    if (parent && depthOf(parent) > MAX_DEPTH)
      throw new ModuleError(origin, `schema nodes are nested more than ${MAX_DEPTH} deep`);
  }

  /** Its first property of this keyword. */
  property(keyword: string): Definition | undefined {
    for (const one of this.properties) if (one.statement.keyword === keyword) return one;
    return undefined;
  }

  propertiesOf(keyword: string): Definition[] {
    return this.properties.filter(({ statement }) => statement.keyword === keyword);
  }

  child(module: LoadedModule, name: string): Draft | undefined {
    return this.children.find((one) => one.name === name && one.module.name === module.name);
  }
}

function depthOf(draft: Draft): number {
  let depth = 0;
  for (let one: Draft | undefined = draft; one; one = one.parent) depth++;
  return depth;
}

/** What expansion needs to know while it goes down. */
export interface Expansion {
  readonly module: LoadedModule;
  /** Groupings being expanded, outermost first. */
  readonly groupings: readonly Statement[];
  /** Nodes that may still be made. */
  readonly budget: { left: number };
  /** Collects the groupings that were expanded. */
  readonly used: Set<Statement>;
  readonly expandUses: (uses: Statement, scope: Scope, parent: Draft, expansion: Expansion) => void;
}

/** Makes the node of `statement` with all below it and puts it into `parent`. */
export function expand(statement: Statement, scope: Scope, parent: Draft, expansion: Expansion): Draft {
  const { module } = expansion;
  if (--expansion.budget.left < 0) throw new ModuleError(statement, `the schema has more than ${MAX_NODES} nodes`);
  const kind = statement.keyword as DraftKind;
  const isImplicitCase = parent.kind === 'choice' && kind !== 'case';
  const owner = isImplicitCase
    ? new Draft('case', statement.argument as string, module, statement, scope, parent)
    : parent;
  if (isImplicitCase) parent.children.push(owner);
  const draft = new Draft(kind, statement.argument ?? kind, module, statement, scope.inside(statement), owner);
  owner.children.push(draft);
  draft.disabled = !supported(statement, scope.unit);
  expandChildren(statement, draft, expansion);
  if (kind === 'rpc' || kind === 'action') completeOperation(draft);
  return isImplicitCase ? owner : draft;
}

/** Puts the substatements of `statement` into `draft`: nodes as children, the others as properties. */
export function expandChildren(statement: Statement, draft: Draft, expansion: Expansion): void {
  const { scope } = draft;
  for (const child of statement.children) {
    if (NODE_KEYWORDS.has(child.keyword)) expand(child, scope, draft, expansion);
    else if (child.keyword === 'uses') expansion.expandUses(child, scope, draft, expansion);
    else if (child.keyword !== 'typedef' && child.keyword !== 'grouping')
      draft.properties.push({ statement: child, scope });
  }
}

/** rpc and action have an input and an output even where none is written (RFC 7950 sections 7.14.2 and 7.14.3). */
function completeOperation(draft: Draft): void {
  for (const kind of ['input', 'output'] as const) {
    if (draft.children.some((one) => one.kind === kind)) continue;
    draft.children.push(new Draft(kind, kind, draft.module, draft.origin, draft.scope, draft));
  }
  draft.children.sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'input' ? -1 : 1));
}

/** Marks the draft as brought by `by` (uses or augment), whose `when`, `status` and `if-feature`s then also apply to it. */
export function bring(draft: Draft, by: Statement, scope: Scope): void {
  for (const statement of by.children) {
    if (statement.keyword === 'when') draft.whens.push({ statement, scope });
    else if (statement.keyword === 'status') draft.statuses.push(statement);
    else if (statement.keyword === 'if-feature' && !evaluate(statement, scope.unit)) draft.disabled = true;
  }
}
