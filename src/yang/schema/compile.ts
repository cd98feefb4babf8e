/** Drafts, complete with augments and deviations, to the nodes that the rest of the router sees. */
import { ModuleError } from '../statement/error.ts';
import type { OpenLeafref, TypeCompiler } from './compile-type.ts';
import type { ConstraintCompiler } from './constraint.ts';
import type { Draft } from './draft.ts';
import type { Definition } from './module.ts';
import type {
  AnydataNode,
  CaseNode,
  ChoiceNode,
  Constraint,
  ContainerNode,
  DataSchemaNode,
  LeafListNode,
  LeafNode,
  ListNode,
  OperationNode,
  RpcNode,
  SchemaNode,
} from './node.ts';
import { checkNames, collect, isMandatory } from './siblings.ts';
import { remember } from './written.ts';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A leaf or leaf-list whose leafrefs and defaults wait for the whole schema. */
export interface OpenLeaf {
  readonly node: Mutable<LeafNode> | Mutable<LeafListNode>;
  readonly leafrefs: readonly OpenLeafref[];
  readonly defaults: readonly Definition[];
}

/** What a node inherits from what it stands in. */
interface Surroundings {
  readonly parent: SchemaNode | undefined;
  readonly dataParent: DataSchemaNode | OperationNode | undefined;
  readonly path: string;
  /** Whose module the last step of `path` is in. */
  readonly pathModule: string;
  readonly config: boolean;
  /** `config` is not configuration but part of an operation: it is false and statements about it are ignored. */
  readonly inOperation: boolean;
  /** ordered-by has no meaning in state, output and notifications (section 7.7.7), but in input. */
  readonly inInput: boolean;
  /** Why there can be no action or notification here (sections 7.15 and 7.16). */
  readonly noOperations: string | undefined;
  readonly status: SchemaNode['status'];
  /** `when`s of the choices and cases around it. */
  readonly whens: readonly Constraint[];
}

const TOP: Surroundings = {
  parent: undefined,
  dataParent: undefined,
  path: '',
  pathModule: '',
  config: true,
  inOperation: false,
  inInput: false,
  noOperations: undefined,
  status: 'current',
  whens: [],
};

const STATUS_ORDER: readonly SchemaNode['status'][] = ['current', 'deprecated', 'obsolete'];
const NO_EXTENSIONS: ReadonlyMap<string, string> = new Map();

export class NodeCompiler {
  readonly nodes: DataSchemaNode[] = [];
  readonly leaves: OpenLeaf[] = [];
  /** Lists in the order met, with their `unique` statements still to resolve. */
  readonly lists: { readonly node: Mutable<ListNode>; readonly uniques: readonly Definition[] }[] = [];
  private readonly types: TypeCompiler;
  private readonly constraints: ConstraintCompiler;

  constructor(types: TypeCompiler, constraints: ConstraintCompiler) {
    this.types = types;
    this.constraints = constraints;
  }

  /** A top-level draft; undefined where an if-feature removed it. */
  compileTop(draft: Draft): SchemaNode | undefined {
    return this.compile(draft, TOP);
  }

  /** A node of a grouping that nothing uses: only its own faults count, not those of where it might be. */
  compileUnused(draft: Draft): void {
    this.compile(draft, { ...TOP, inOperation: true, config: false });
  }

  private compile(draft: Draft, around: Surroundings): SchemaNode | undefined {
    if (draft.disabled) return undefined;
    switch (draft.kind) {
      case 'container':
        return this.container(draft, around);
      case 'list':
        return this.list(draft, around);
      case 'leaf':
        return this.leaf(draft, around);
      case 'leaf-list':
        return this.leafList(draft, around);
      case 'anydata':
      case 'anyxml':
        return this.anydata(draft, around);
      case 'choice':
        return this.choice(draft, around);
      case 'case':
        return this.case(draft, around);
      case 'rpc':
      case 'action':
        return this.rpc(draft, around);
      default:
        return this.operation(draft, around);
    }
  }

  private base(draft: Draft, around: Surroundings) {
    const { name, module, origin } = draft;
    const path = module.name === around.pathModule ? `${around.path}/${name}` : `${around.path}/${module.name}:${name}`;
    return {
      name,
      module,
      parent: around.parent,
      path,
      config: this.config(draft, around),
      status: statusOf(draft, around),
      description: draft.property('description')?.statement.argument ?? '',
      origin,
      extensions: extensionsOf(draft),
    };
  }

  private dataBase(draft: Draft, around: Surroundings) {
    const whens = [
      ...around.whens,
      ...draft.whens.map((when) => this.constraints.when(when, draft.module, 'parent')),
      ...draft.propertiesOf('when').map((when) => this.constraints.when(when, draft.module, 'self')),
    ];
    return { ...this.base(draft, around), index: this.nodes.length, dataParent: around.dataParent, whens };
  }

  private musts(draft: Draft): Constraint[] {
    return draft.propertiesOf('must').map((must) => this.constraints.must(must, draft.module));
  }

  private config(draft: Draft, around: Surroundings): boolean {
    if (around.inOperation) return false;
    const stated = draft.property('config')?.statement;
    if (!stated) return around.config;
    if (stated.argument === 'true' && !around.config)
      throw new ModuleError(stated, `"${draft.name}" is configuration inside of state`);
    return stated.argument === 'true';
  }

  private register<T extends DataSchemaNode>(node: T, draft: Draft): T {
    this.nodes.push(node);
    remember(node, draft.properties);
    return node;
  }

  /** Compiles what is in a node and puts the data nodes, those in choices too, into its map. */
  private fill(
    draft: Draft,
    node: { children: SchemaNode[]; dataChildren: Map<string, DataSchemaNode> } & (
      | ContainerNode
      | ListNode
      | OperationNode
    ),
    around: Surroundings,
  ): void {
    const inside: Surroundings = {
      ...around,
      parent: node,
      dataParent: node,
      path: node.path,
      pathModule: node.module.name,
      config: node.config,
      status: node.status,
      whens: [],
      noOperations:
        around.noOperations ?? (draft.kind === 'list' && !draft.property('key') ? 'a list without a key' : undefined),
    };
    for (const child of draft.children) {
      const compiled = this.compile(child, inside);
      if (compiled) node.children.push(compiled);
    }
    collect(node.children, node.dataChildren);
    checkNames(node.children);
  }

  private container(draft: Draft, around: Surroundings): ContainerNode {
    const node = this.register(
      {
        kind: 'container' as const,
        ...this.dataBase(draft, around),
        presence: draft.property('presence') !== undefined,
        musts: this.musts(draft),
        children: [] as SchemaNode[],
        dataChildren: new Map<string, DataSchemaNode>(),
      },
      draft,
    );
    this.fill(draft, node, around);
    return node;
  }

  private list(draft: Draft, around: Surroundings): ListNode {
    const node = this.register(
      {
        kind: 'list' as const,
        ...this.dataBase(draft, around),
        ...this.cardinality(draft),
        keys: [] as LeafNode[],
        uniques: [],
        musts: this.musts(draft),
        children: [] as SchemaNode[],
        dataChildren: new Map<string, DataSchemaNode>(),
      },
      draft,
    );
    this.fill(draft, node, around);
    this.keys(draft, node);
    if (!node.config && !around.inInput) node.orderedByUser = false;
    this.lists.push({ node, uniques: draft.propertiesOf('unique') });
    return node;
  }

  private keys(
    draft: Draft,
    list: { keys: LeafNode[]; children: SchemaNode[]; dataChildren: Map<string, DataSchemaNode> } & ListNode,
  ): void {
    const key = draft.property('key')?.statement;
    if (!key) {
      if (list.config) throw new ModuleError(draft.origin, `list "${list.name}" is configuration and has no key`);
      return;
    }
    for (const written of (key.argument as string).trim().split(/\s+/)) {
      const { name } = draft.scope.unit.resolve(written, key);
      const found = list.children.find(
        (one) => one.name === name && one.module === list.module && one.kind === 'leaf',
      ) as Mutable<LeafNode> | undefined;
      if (!found) throw new ModuleError(key, `list "${list.name}" has no leaf "${name}" to be its key`);
      if (list.keys.includes(found)) throw new ModuleError(key, `the key leaf "${name}" is there twice`);
      if (found.config !== list.config)
        throw new ModuleError(key, `the key leaf "${name}" and its list differ in "config"`);
      if (found.type.base === 'empty' && draft.scope.unit.version === '1')
        throw new ModuleError(key, `the key leaf "${name}" is of type empty`);
      if (draft.scope.unit.version === '1.1' && found.whens.some((when) => when.context === 'self'))
        throw new ModuleError(found.origin, `the key leaf "${name}" has a "when"`);
      found.isKey = true;
      list.keys.push(found);
    }
    const rest = list.children.filter((one) => !list.keys.includes(one as LeafNode));
    list.children.splice(0, list.children.length, ...list.keys, ...rest);
    list.dataChildren.clear();
    collect(list.children, list.dataChildren);
  }

  private cardinality(draft: Draft): { minElements: number; maxElements: number; orderedByUser: boolean } {
    const minimum = draft.property('min-elements')?.statement;
    const maximum = draft.property('max-elements')?.statement;
    const minElements = Number(minimum?.argument ?? 0);
    const isBounded = maximum && maximum.argument !== 'unbounded';
    const maxElements = isBounded ? Number(maximum.argument) : Number.POSITIVE_INFINITY;
    if (minElements > maxElements)
      throw new ModuleError(maximum ?? draft.origin, `"${draft.name}" has min-elements above max-elements`);
    return { minElements, maxElements, orderedByUser: draft.property('ordered-by')?.statement.argument === 'user' };
  }

  private leaf(draft: Draft, around: Surroundings): LeafNode {
    const { type, units, defaults, leafrefs } = this.typeOf(draft, statusOf(draft, around));
    const mandatory = isTrue(draft.property('mandatory'));
    const own = draft.property('default');
    if (mandatory && own) throw new ModuleError(own.statement, `leaf "${draft.name}" is mandatory and has a default`);
    const node: Mutable<LeafNode> = this.register(
      {
        kind: 'leaf' as const,
        ...this.dataBase(draft, around),
        type,
        units,
        default: undefined,
        mandatory,
        isKey: false,
        musts: this.musts(draft),
      },
      draft,
    );
    this.leaves.push({ node, leafrefs, defaults: mandatory ? [] : defaults });
    return node;
  }

  private leafList(draft: Draft, around: Surroundings): LeafListNode {
    const { type, units, defaults, leafrefs } = this.typeOf(draft, statusOf(draft, around));
    const cardinality = this.cardinality(draft);
    const own = draft.property('default');
    if (cardinality.minElements > 0 && own)
      throw new ModuleError(own.statement, `leaf-list "${draft.name}" has min-elements and a default`);
    const node: Mutable<LeafListNode> = this.register(
      {
        kind: 'leaf-list' as const,
        ...this.dataBase(draft, around),
        type,
        units,
        defaults: [],
        ...cardinality,
        musts: this.musts(draft),
      },
      draft,
    );
    if (!node.config && !around.inInput) node.orderedByUser = false;
    // A type's default is one of a leaf-list only since YANG 1.1.
    const applies = cardinality.minElements === 0 && draft.scope.unit.version === '1.1';
    this.leaves.push({ node, leafrefs, defaults: own || applies ? defaults : [] });
    return node;
  }

  private typeOf(draft: Draft, status: SchemaNode['status']) {
    const property = draft.property('type') as Definition;
    const compiled = this.types.compile(property.statement, property.scope);
    if (status === 'current') this.types.checkStatus(property.statement, property.scope);
    const own = draft.propertiesOf('default');
    return {
      type: compiled.type,
      units: draft.property('units')?.statement.argument ?? compiled.units,
      defaults: own.length > 0 ? own : compiled.default ? [compiled.default] : [],
      leafrefs: compiled.leafrefs,
    };
  }

  private anydata(draft: Draft, around: Surroundings): AnydataNode {
    const kind = draft.kind as 'anydata' | 'anyxml';
    const mandatory = isTrue(draft.property('mandatory'));
    return this.register({ kind, ...this.dataBase(draft, around), mandatory, musts: this.musts(draft) }, draft);
  }

  private choice(draft: Draft, around: Surroundings): ChoiceNode {
    const base = this.base(draft, around);
    const mandatory = isTrue(draft.property('mandatory'));
    const node: Mutable<ChoiceNode> & { cases: CaseNode[] } = {
      kind: 'choice',
      ...base,
      cases: [],
      mandatory,
      defaultCase: undefined,
    };
    remember(node, draft.properties);
    const inside = {
      ...around,
      parent: node,
      config: node.config,
      status: node.status,
      whens: this.whensAround(draft, around),
    };
    for (const child of draft.children) {
      const compiled = this.compile(child, inside) as CaseNode | undefined;
      // The case of a shorthand goes with its node.
      const isShorthandOfNothing =
        child.kind === 'case' && child.origin.keyword !== 'case' && compiled?.children.length === 0;
      if (compiled && !isShorthandOfNothing) node.cases.push(compiled);
    }
    const property = draft.property('default');
    if (property) {
      if (mandatory) throw new ModuleError(property.statement, `choice "${draft.name}" is mandatory and has a default`);
      const { name } = property.scope.unit.resolve(property.statement.argument as string, property.statement);
      const known = draft.children.find((one) => one.name === name);
      if (!known) throw new ModuleError(property.statement, `choice "${draft.name}" has no case "${name}"`);
      node.defaultCase = node.cases.find((one) => one.name === name);
      if (node.defaultCase?.children.some(isMandatory)) {
        throw new ModuleError(
          property.statement,
          `the default case "${name}" of choice "${draft.name}" has a mandatory node`,
        );
      }
    }
    return node;
  }

  private case(draft: Draft, around: Surroundings): CaseNode {
    const node: CaseNode & { children: SchemaNode[] } = { kind: 'case', ...this.base(draft, around), children: [] };
    remember(node, draft.properties);
    const inside = {
      ...around,
      parent: node,
      config: node.config,
      status: node.status,
      whens: this.whensAround(draft, around),
    };
    for (const child of draft.children) {
      const compiled = this.compile(child, inside);
      if (compiled) node.children.push(compiled);
    }
    return node;
  }

  /** The conditions of a choice or case and of those around it; all are evaluated at the data parent. */
  private whensAround(draft: Draft, around: Surroundings): readonly Constraint[] {
    return [
      ...around.whens,
      ...draft.whens.map((when) => this.constraints.when(when, draft.module, 'parent')),
      ...draft.propertiesOf('when').map((when) => this.constraints.when(when, draft.module, 'parent')),
    ];
  }

  private rpc(draft: Draft, around: Surroundings): RpcNode {
    // `input` and `output` are always there (draft.ts) and need the node as their parent.
    const node = {
      kind: draft.kind,
      ...this.base(draft, { ...around, inOperation: true }),
    } as unknown as Mutable<RpcNode>;
    remember(node, draft.properties);
    checkPlace(draft, around);
    const inside = { ...around, parent: node, path: node.path, pathModule: draft.module.name, status: node.status };
    for (const child of draft.children) {
      if (child.kind === 'input' || child.kind === 'output') node[child.kind] = this.operation(child, inside);
    }
    return node;
  }

  private operation(draft: Draft, around: Surroundings): OperationNode {
    if (draft.kind === 'notification') checkPlace(draft, around);
    const what = draft.kind === 'notification' || draft.kind === 'structure' ? `a ${draft.kind}` : 'an rpc or action';
    const inside = { ...around, inOperation: true, inInput: draft.kind === 'input', noOperations: what };
    const node = {
      kind: draft.kind as OperationNode['kind'],
      ...this.base(draft, inside),
      musts: this.musts(draft),
      children: [] as SchemaNode[],
      dataChildren: new Map<string, DataSchemaNode>(),
    };
    remember(node, draft.properties);
    this.fill(draft, node, inside);
    return node;
  }
}

function checkPlace(draft: Draft, around: Surroundings): void {
  if (!around.noOperations) return;
  throw new ModuleError(draft.origin, `${draft.kind} "${draft.name}" is inside of ${around.noOperations}`);
}

function isTrue(property: Definition | undefined): boolean {
  return property?.statement.argument === 'true';
}

/** Below what is deprecated or obsolete nothing is better than that. */
function statusOf(draft: Draft, around: Surroundings): SchemaNode['status'] {
  const stated = [draft.property('status')?.statement, ...draft.statuses].map((one) => one?.argument ?? 'current');
  const worst = Math.max(...[around.status, ...stated].map((one) => STATUS_ORDER.indexOf(one as SchemaNode['status'])));
  return STATUS_ORDER[worst] ?? 'current';
}

function extensionsOf(draft: Draft): ReadonlyMap<string, string> {
  let result: Map<string, string> | undefined;
  for (const { statement, scope } of draft.properties) {
    if (!statement.keyword.includes(':')) continue;
    const { module, name } = scope.unit.resolve(statement.keyword, statement);
    result ??= new Map();
    const key = `${module.name}:${name}`;
    if (!result.has(key)) result.set(key, statement.argument ?? '');
  }
  return result ?? NO_EXTENSIONS;
}
